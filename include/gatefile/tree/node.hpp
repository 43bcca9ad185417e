// SPDX-License-Identifier: Apache-2.0
//
// A neutral document: what YAML and JSON have in common, every node with its place in the text.
// Nodes are small trivially copyable handles into an Arena; a Document keeps its Arena alive. No
// node knows a field name of Kubernetes or Traefik. Maps keep the order of the source and have
// unique string keys (the readers refuse duplicates).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::tree {

/// 1-based; 0 means unknown (made by us, or from an API server).
struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    auto operator<=>(const Position&) const = default;
};

enum class Kind : std::uint8_t { Null, Bool, Int, Float, String, List, Map };

/// "null", "boolean", "integer", "number", "string", "array", "object": the API server's words.
std::string_view kind_name(Kind kind);

struct Entry;

class Node {
public:
    Node() = default;

    Kind kind() const { return kind_; }
    Position position() const { return position_; }
    bool is_null() const { return kind_ == Kind::Null; }
    bool is_bool() const { return kind_ == Kind::Bool; }
    bool is_int() const { return kind_ == Kind::Int; }
    bool is_float() const { return kind_ == Kind::Float; }
    bool is_string() const { return kind_ == Kind::String; }
    bool is_list() const { return kind_ == Kind::List; }
    bool is_map() const { return kind_ == Kind::Map; }

    /// Each may be called only on its kind (checked).
    bool as_bool() const {
        GATEFILE_CHECK(is_bool());
        return boolean_;
    }
    std::int64_t as_int() const {
        GATEFILE_CHECK(is_int());
        return integer_;
    }
    double as_float() const {
        GATEFILE_CHECK(is_float());
        return floating_;
    }
    std::string_view as_string() const {
        GATEFILE_CHECK(is_string());
        return {bytes_, size_};
    }
    std::span<const Node> items() const {
        GATEFILE_CHECK(is_list());
        return {items_, size_};
    }
    std::span<const Entry> entries() const;

    /// The value of a map's key; null when this is no map or has no such key.
    const Node* find(std::string_view key) const;

    static Node null(Position at = {}) { return Node(Kind::Null, at); }
    static Node boolean(bool value, Position at = {});
    static Node integer(std::int64_t value, Position at = {});
    static Node floating(double value, Position at = {});
    /// The bytes must outlive the node: take them from Arena::copy or from static storage.
    static Node string(std::string_view stored, Position at = {});
    static Node list(std::span<const Node> stored, Position at = {});
    static Node map(std::span<const Entry> stored, Position at = {});

private:
    Node(Kind kind, Position at) : kind_(kind), position_(at) {}

    Kind kind_ = Kind::Null;
    std::uint32_t size_ = 0;
    Position position_;
    union {
        bool boolean_;
        std::int64_t integer_;
        double floating_;
        const char* bytes_;
        const Node* items_;
        const Entry* entries_ = nullptr;
    };
};

struct Entry {
    std::string_view key;
    Position key_position;
    Node value;
};

inline std::span<const Entry> Node::entries() const {
    GATEFILE_CHECK(is_map());
    return {entries_, size_};
}

/// Same kinds, same values, same order of items; maps are equal whatever the order of their keys.
/// Positions do not count. An integer equals the floating number of the same value, because the
/// readers make no difference either (1.0 is read as 1).
bool equal(const Node& a, const Node& b);

/// Storage for the nodes and bytes of one or more documents; grows only, freed as a whole.
class Arena {
public:
    Arena();
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    std::string_view copy(std::string_view bytes);
    std::span<const Node> copy(std::span<const Node> nodes);
    std::span<const Entry> copy(std::span<const Entry> entries);
    std::size_t allocated_bytes() const;

private:
    void* allocate(std::size_t size, std::size_t alignment);

    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t allocated_ = 0;
};

/// One document of a source.
struct Document {
    std::shared_ptr<const std::string> source;  ///< file name as given, or "-"; for messages
    std::shared_ptr<Arena> arena;
    Node root;
};

}  // namespace gatefile::tree
