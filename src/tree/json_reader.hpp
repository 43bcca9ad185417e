// SPDX-License-Identifier: Apache-2.0
//
// JSON by RapidJSON's SAX reader. The text must be UTF-8 without NUL.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/tree/node.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::tree {

struct JsonValues {
    std::vector<Node> values;
    std::vector<Fault> faults;
    /// The fault is one of syntax, in the first value: it may be YAML's flow style.
    bool may_be_yaml = false;
};

/// All values of a stream (`{...} {...}`), up to the first one that is not well-formed.
JsonValues read_json_values(std::string_view text,
                            std::uint32_t first_line,
                            Arena& arena,
                            const Limits& limits);

}  // namespace gatefile::tree
