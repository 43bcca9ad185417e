// SPDX-License-Identifier: Apache-2.0
//
// Bytes to documents, as kubectl reads them (cli-runtime, apimachinery's util/yaml): documents are
// split textually at `---` lines, JSON is told by a leading `{` and may be a stream, empty and null
// documents are skipped, types follow YAML 1.1 as sigs.k8s.io/yaml has it. One bad document becomes
// one or more Faults and does not hide the others. All strings and keys are UTF-8; a whole number
// that fits into 64 bits is an Int however it was written (80.0, 1e3), any other a finite Float.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::tree {

struct Limits {
    /// Of one document's text. `kubectl get -A -o yaml` prints one with all objects of a cluster.
    std::size_t document_bytes = 256u << 20;
    std::size_t depth = 200;
    std::size_t nodes = 32'000'000;  ///< after aliases were expanded, per document
};

struct Fault {
    Position position;
    std::string text;  ///< a clause; bytes from the input are quoted with base::quote_for_message
};

struct ReadResult {
    std::vector<Document> documents;
    std::vector<Fault> faults;
};

/// Never fails as a whole: what cannot be read is a fault. `source` is only carried along.
ReadResult
read(std::string_view bytes, std::shared_ptr<const std::string> source, const Limits& limits = {});

/// One JSON value and nothing behind it; for what an API or we ourselves wrote. Reading uses no
/// stack for depth, but who is given more than Limits has must not recurse over it.
base::Result<Document> read_json(std::string_view bytes, std::size_t depth = Limits{}.depth);
/// Whether that would succeed, but for limits of size; builds nothing.
base::Result<void> check_json(std::string_view bytes);
/// One YAML document without the limits of `---`; for what we ourselves wrote.
base::Result<Document> read_yaml(std::string_view bytes);

}  // namespace gatefile::tree
