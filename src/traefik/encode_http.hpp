// SPDX-License-Identifier: Apache-2.0
//
// The `http` section, and the small builders that all sections use.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/encode.hpp"
#include "gatefile/traefik/static_config.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

/// The entries of a map that is being made; keys are static or in the arena.
class Fields {
public:
    void add(std::string_view key, tree::Node value) {
        if (entries_.empty()) entries_.reserve(8);
        entries_.push_back({key, {}, value});
    }
    bool empty() const { return entries_.empty(); }
    std::span<const tree::Entry> entries() const { return entries_; }

private:
    std::vector<tree::Entry> entries_;
};

class NodeBuilder {
public:
    explicit NodeBuilder(tree::Arena& arena) : arena_(arena) {}

    std::string_view copy(std::string_view bytes) { return arena_.copy(bytes); }
    tree::Node string(std::string_view bytes) { return tree::Node::string(arena_.copy(bytes)); }
    tree::Node strings(std::span<const std::string> items);
    /// Of what outlives the tree, as the Dynamic does: not copied.
    tree::Node stored(const std::string& text) { return tree::Node::string(text); }
    tree::Node stored(std::string&&) = delete;
    tree::Node all_stored(const std::vector<std::string>& items);
    tree::Node all_stored(std::vector<std::string>&&) = delete;
    tree::Node list(std::span<const tree::Node> items) {
        return tree::Node::list(arena_.copy(items));
    }
    tree::Node map(std::span<const tree::Entry> entries) {
        return tree::Node::map(arena_.copy(entries));
    }
    tree::Node map(const Fields& fields) { return map(fields.entries()); }

    tree::Node value(const tree::Value& tree, tree::Secrets secrets) {
        return tree::to_node(tree, secrets, arena_);
    }

    struct Field {
        std::string_view key;
        tree::Node value;
    };
    tree::Node map(std::initializer_list<Field> fields);

private:
    tree::Arena& arena_;
};

/// A map of what has names, which outlives the tree; left out when there is nothing.
template <typename Named, typename Encode>
void add_section(Fields& fields,
                 std::string_view section,
                 const std::vector<Named>& items,
                 NodeBuilder& build,
                 Encode encode_one) {
    if (items.empty()) return;
    std::vector<tree::Entry> entries;
    entries.reserve(items.size());
    for (const Named& item : items) {
        entries.push_back({item.name, {}, encode_one(item, build)});
    }
    fields.add(section, build.map(std::span<const tree::Entry>(entries)));
}

/// The response header of the middleware that carries the generation.
inline constexpr std::string_view generation_header = "X-Gatefile-Generation";

/// An empty map when there is nothing. `generation`, if any, is put among the middlewares.
tree::Node http_node(const Dynamic& dynamic,
                     Format format,
                     const KeyPlacement& keys,
                     NodeBuilder& build,
                     const Middleware* generation);

}  // namespace gatefile::traefik
