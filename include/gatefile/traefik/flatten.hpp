// SPDX-License-Identifier: Apache-2.0
//
// The dynamic configuration as Traefik's key-value providers read it: one key for each value, the
// path below the root key, `http/routers/NAME/rule` (paerser and pkg/config/kv of Traefik 3.7).
// What is known in YAML is known there, too, and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

struct Flat {
    std::vector<std::pair<std::string, std::string>> pairs;  ///< by key
    /// Middlewares and services that cannot be said in keys: who comes to one gets 500 or 503.
    std::vector<std::string> refused;
};

/// Traefik's client for Redis passes empty values over.
enum class EmptyValues : std::uint8_t { Lost, Kept };

/// `root` is what encode() gives for Format::File. Refused is what has a list with a comma in an
/// item, a map with a key that is a number, empty, or has a slash, or takes headers away: that needs
/// an empty value, and none is made where they are lost.
Flat flatten(const tree::Node& root, EmptyValues empties);

}  // namespace gatefile::traefik
