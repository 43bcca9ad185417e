// SPDX-License-Identifier: Apache-2.0
//
// Requests that matches take.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diff_view.hpp"

namespace gatefile::analysis {

/// Requests that the match takes: for a prefix the path itself and one below it, for patterns a few
/// examples. None when a pattern has no example. `host` and door are filled in.
std::vector<ir::Request>
witnesses(const ir::Match& match, const Door& door, const std::string& host);

/// One that both take, when neither takes all that the other does; nothing when they are seen not
/// to meet. For patterns it is a try: ask to know.
std::optional<ir::Request> meeting(const ir::Request& a,
                                   const ir::Match& a_match,
                                   const ir::Request& b,
                                   const ir::Match& b_match);

/// Whether it asks for more than a path.
bool has_conditions(const ir::Match& match);
bool has_pattern(const ir::Match& match);

/// "http://shop.example.com:8080/cart/..." and conditions, quoted where foreign.
std::string
subject_of(const ir::Match& match, const Door& door, std::string_view host, std::uint16_t port);
/// The same of one request.
std::string subject_of(const ir::Request& request, std::string_view host, std::uint16_t port);
/// "http://*.example.com"
std::string host_text(const Door& door, std::string_view host, std::uint16_t port);

}  // namespace gatefile::analysis
