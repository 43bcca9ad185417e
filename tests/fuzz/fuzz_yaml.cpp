// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a file of manifests: documents or faults come out, never a crash; what we write of a
// document is read back as the same, and holds nothing that a template engine would run.
#include <cstddef>
#include <cstdint>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace tree = gatefile::tree;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const tree::ReadResult result = tree::read(bytes, nullptr);
    for (const tree::Fault& fault : result.faults)
        GATEFILE_CHECK(fault.position.line > 0 && !fault.text.empty());
    for (const tree::Document& document : result.documents) {
        const std::string yaml = tree::write_yaml(document.root, tree::Templates::Neutralised);
        GATEFILE_CHECK(yaml.find("{{") == std::string::npos);
        const auto from_yaml = tree::read_yaml(yaml);
        GATEFILE_CHECK(from_yaml && tree::equal(from_yaml->root, document.root));
        const auto from_json =
            tree::read_json(tree::write_json(document.root, tree::JsonStyle::Compact));
        GATEFILE_CHECK(from_json && tree::equal(from_json->root, document.root));
    }
    return 0;
}
