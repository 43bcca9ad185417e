// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as one JSON value: a document or an error comes out; both styles of writing it are read
// back as the same; what is JSON is read the same way among manifests, where it is an object.
#include <cstddef>
#include <cstdint>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace tree = gatefile::tree;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto document = tree::read_json(bytes);
    if (!document) return 0;
    for (const tree::JsonStyle style : {tree::JsonStyle::Compact, tree::JsonStyle::Indented}) {
        const auto again = tree::read_json(tree::write_json(document->root, style));
        GATEFILE_CHECK(again && tree::equal(again->root, document->root));
    }
    if (!document->root.is_map()) return 0;
    const tree::ReadResult result = tree::read(bytes, nullptr);
    GATEFILE_CHECK(result.faults.empty() && result.documents.size() == 1);
    GATEFILE_CHECK(tree::equal(result.documents.front().root, document->root));
    return 0;
}
