// SPDX-License-Identifier: Apache-2.0
//
// IP addresses, and those of endpoints: what an EndpointSlice may hold (k8s.io/kubernetes,
// pkg/apis/core/validation, ValidateEndpointIP).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "names.hpp"

namespace gatefile::api::schema {

struct Address {
    bool is_v4 = false;
    std::array<std::uint8_t, 16> bytes{};  ///< the first four of an IPv4 address
};

/// Dotted decimal without leading zeros, or IPv6 without a zone.
std::optional<Address> parse_address(std::string_view text);

/// Empty when the address is one of `type` (IPv4, IPv6, FQDN) that an endpoint may have.
Reasons address_reasons(std::string_view text, std::string_view type);

}  // namespace gatefile::api::schema
