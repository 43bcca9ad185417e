// SPDX-License-Identifier: Apache-2.0
//
// IP addresses and DNS names in foreign text. What passes here goes into URLs unquoted.
#pragma once

#include <string_view>

namespace gatefile::graph {

bool is_ip_address(std::string_view text);

/// A DNS name of letters, digits, hyphens and underscores, at most 253 bytes, that is no IP
/// address.
bool is_dns_name(std::string_view text);

/// Loopback, link-local, unspecified and multicast addresses, IPv4 inside IPv6 included, and the
/// names under "localhost".
bool is_local_address(std::string_view text);

/// Equal as text, or two spellings of one IP address.
bool same_address(std::string_view a, std::string_view b);

}  // namespace gatefile::graph
