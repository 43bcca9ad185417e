// SPDX-License-Identifier: Apache-2.0
//
// Nodes to text. Strings must be UTF-8 (checked: the environment is at fault if they are not).
// YAML strings are always double-quoted; NaN and infinities do not occur.
#pragma once

#include <cstddef>
#include <string>

#include "gatefile/tree/node.hpp"

namespace gatefile::tree {

enum class JsonStyle { Compact, Indented };

/// How to write a `{` that stands next to another `{` in a YAML string: as it is, or as \x7B so
/// that a Go template engine which runs over the text first (Traefik's file provider) sees no
/// action.
enum class Templates { Plain, Neutralised };

/// Ends with a newline. `expected`: bytes for which room is made at once.
std::string write_json(const Node& node, JsonStyle style, std::size_t expected = 0);
std::string write_yaml(const Node& node, Templates templates);

}  // namespace gatefile::tree
