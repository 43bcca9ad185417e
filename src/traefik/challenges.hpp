// SPDX-License-Identifier: Apache-2.0
//
// ACME's HTTP-01: whoever obtains a certificate makes an Ingress or an HTTPRoute for one path,
// which has to be answered beside whatever else has the host.
#pragma once

#include <span>
#include <string_view>

#include "gatefile/ir/ir.hpp"

namespace gatefile::traefik {

inline constexpr std::string_view challenge_prefix = "/.well-known/acme-challenge/";

/// The entries of a host that are for one challenge each. Only such that no other entry of the host
/// and no narrower listener of the same entry point goes before.
std::span<const ir::Entry>
challenges_of(const ir::Config& config, const ir::Listener& listener, const ir::Host& host);

}  // namespace gatefile::traefik
