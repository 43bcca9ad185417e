// SPDX-License-Identifier: Apache-2.0
//
// Typed fields out of a document that may hold secrets: a fault names the place and the kind of
// what stands there, never the value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::source {

/// A map in a file. The first fault is kept, what is asked for afterwards is empty; so ask for all,
/// then look at the fault.
class Fields {
public:
    struct Fault {
        tree::Position position;
        std::string text;
    };
    /// `path` is how the map is called in messages: "users[0].user".
    Fields(const tree::Node& map, std::string path, std::optional<Fault>& fault)
        : map_(map), path_(std::move(path)), fault_(fault) {}

    /// Absent and null are empty.
    std::string string(std::string_view name) const;
    base::SecretBytes secret(std::string_view name) const;
    bool boolean(std::string_view name) const;
    std::vector<std::string> strings(std::string_view name) const;
    /// base64
    std::string data(std::string_view name) const;

    /// A map; nothing when absent or null.
    std::optional<Fields> fields(std::string_view name) const;
    /// Every item of a list of maps.
    std::vector<Fields> list(std::string_view name) const;
    /// A map from strings to lists of strings.
    std::map<std::string, std::vector<std::string>> string_lists(std::string_view name) const;

    const tree::Node* node(std::string_view name) const;
    void refuse(std::string_view name, std::string why) const;

private:
    std::string path_to(std::string_view name) const;
    const tree::Node* find(std::string_view name, tree::Kind kind) const;
    std::vector<std::string> strings_of(const tree::Node& list, const std::string& path) const;
    void wrong_kind(const tree::Node& node, const std::string& path, tree::Kind wanted) const;

    tree::Node map_;
    std::string path_;
    std::optional<Fault>& fault_;
};

}  // namespace gatefile::source
