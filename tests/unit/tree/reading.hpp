// SPDX-License-Identifier: Apache-2.0
//
// Short ways to say what a text is read as.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::tree {

inline ReadResult read_text(std::string_view text, const Limits& limits = {}) {
    return read(text, std::make_shared<const std::string>("test.yaml"), limits);
}

/// The documents as compact JSON, one a line; faults as "line:column text".
inline std::string outcome(std::string_view text, const Limits& limits = {}) {
    const ReadResult result = read_text(text, limits);
    std::string out;
    for (const Document& document : result.documents)
        out += write_json(document.root, JsonStyle::Compact);
    for (const Fault& fault : result.faults)
        out += std::to_string(fault.position.line) + ':' + std::to_string(fault.position.column) +
               ' ' + fault.text + '\n';
    return out;
}

}  // namespace gatefile::tree
