// SPDX-License-Identifier: Apache-2.0
//
// One YAML document by libyaml's events. The text must be UTF-8 without NUL.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "gatefile/tree/node.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::tree {

struct YamlValue {
    std::optional<Node> root;  ///< nothing when the text holds no document, or with faults
    std::vector<Fault> faults;
};

YamlValue read_yaml_document(std::string_view text,
                             std::uint32_t first_line,
                             Arena& arena,
                             const Limits& limits);

}  // namespace gatefile::tree
