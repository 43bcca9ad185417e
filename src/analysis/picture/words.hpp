// SPDX-License-Identifier: Apache-2.0
//
// What the parts of a picture are called, and which of them a diagnostic is about.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/analysis/picture.hpp"

namespace gatefile::analysis {

/// One for each match, never none: "GET /cart* with header x-canary".
std::vector<std::string> match_words(const graph::Rule& rule, MatchValues values);
std::string filter_words(const api::HttpFilter& filter);
std::string_view protocol_word(graph::BackendProtocol protocol);
std::string address_words(const graph::Endpoint& endpoint);

/// Puts each at the smallest part that it is about.
void add_diagnostics(Picture& picture, const diag::Diagnostics& diagnostics);

/// As it is, or with bytes that are no UTF-8 as \xNN.
std::string as_utf8(std::string_view text);

/// As Traefik has it: "weighted".
std::string composite_words(api::TraefikService::Type type);

}  // namespace gatefile::analysis
