// SPDX-License-Identifier: Apache-2.0
//
// Which value a YAML 1.1 scalar stands for, as go-yaml v2 (under sigs.k8s.io/yaml) decides it.
#pragma once

#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::tree {

struct Scalar {
    std::string_view text;
    std::string_view tag;   ///< as libyaml expands it; empty when there is none
    bool is_plain = false;  ///< neither quoted nor a block
};

/// The value; strings are copied into the arena. An Error's text says why there is none.
base::Result<Node> resolve_scalar(const Scalar& scalar, Position at, Arena& arena);

/// A map's key as sigs.k8s.io/yaml makes a string of it: 0x10 is "16", `on` is "true".
base::Result<std::string_view> key_text(const Node& key, Arena& arena);

}  // namespace gatefile::tree
