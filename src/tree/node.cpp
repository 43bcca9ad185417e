// SPDX-License-Identifier: Apache-2.0
#include "gatefile/tree/node.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "gatefile/base/result.hpp"
#include "gatefile/base/same_text.hpp"

namespace gatefile::tree {
namespace {

// A file may hold thousands of small documents, or one object only: the first block costs little,
// and doubling keeps the number of blocks logarithmic until they are big enough.
constexpr std::size_t first_block = 1024;
constexpr std::size_t largest_block = 256 * 1024;

static_assert(std::is_trivially_copyable_v<Node> && std::is_trivially_destructible_v<Node>);
static_assert(std::is_trivially_copyable_v<Entry> && std::is_trivially_destructible_v<Entry>);

std::uint32_t checked_size(std::size_t size) {
    GATEFILE_CHECK(size <= std::numeric_limits<std::uint32_t>::max());
    return static_cast<std::uint32_t>(size);
}

bool same_number(const Node& integer, const Node& floating) {
    constexpr double two_to_63 = 9223372036854775808.0;
    if (!integer.is_int() || !floating.is_float()) return false;
    const double value = floating.as_float();
    return value >= -two_to_63 && value < two_to_63 && value == std::trunc(value) &&
           static_cast<std::int64_t>(value) == integer.as_int();
}

bool equal_maps(const Node& a, const Node& b, std::vector<std::pair<Node, Node>>& pending) {
    if (a.entries().size() != b.entries().size()) return false;
    // Maps that agree in the order of their keys are the rule; the others are sorted once, so that
    // two large maps do not cost the product of their sizes.
    const auto same_key = [](const Entry& x, const Entry& y) { return x.key == y.key; };
    if (std::equal(a.entries().begin(), a.entries().end(), b.entries().begin(), same_key)) {
        for (std::size_t i = 0; i < a.entries().size(); ++i)
            pending.emplace_back(a.entries()[i].value, b.entries()[i].value);
        return true;
    }
    const auto sorted = [](const Node& map) {
        std::vector<const Entry*> entries;
        entries.reserve(map.entries().size());
        for (const Entry& entry : map.entries())
            entries.push_back(&entry);
        std::sort(entries.begin(), entries.end(), [](const Entry* x, const Entry* y) {
            return x->key < y->key;
        });
        return entries;
    };
    const std::vector<const Entry*> left = sorted(a);
    const std::vector<const Entry*> right = sorted(b);
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i]->key != right[i]->key) return false;
        pending.emplace_back(left[i]->value, right[i]->value);
    }
    return true;
}

}  // namespace

std::string_view kind_name(Kind kind) {
    switch (kind) {
    case Kind::Null:
        return "null";
    case Kind::Bool:
        return "boolean";
    case Kind::Int:
        return "integer";
    case Kind::Float:
        return "number";
    case Kind::String:
        return "string";
    case Kind::List:
        return "array";
    case Kind::Map:
        return "object";
    }
    return {};
}

const Node* Node::find(std::string_view key) const {
    if (!is_map()) return nullptr;
    for (const Entry& entry : entries())
        if (base::same_text(entry.key, key)) return &entry.value;
    return nullptr;
}

Node Node::boolean(bool value, Position at) {
    Node node(Kind::Bool, at);
    node.boolean_ = value;
    return node;
}

Node Node::integer(std::int64_t value, Position at) {
    Node node(Kind::Int, at);
    node.integer_ = value;
    return node;
}

Node Node::floating(double value, Position at) {
    Node node(Kind::Float, at);
    node.floating_ = value;
    return node;
}

Node Node::string(std::string_view stored, Position at) {
    Node node(Kind::String, at);
    node.size_ = checked_size(stored.size());
    node.bytes_ = stored.data();
    return node;
}

Node Node::list(std::span<const Node> stored, Position at) {
    Node node(Kind::List, at);
    node.size_ = checked_size(stored.size());
    node.items_ = stored.data();
    return node;
}

Node Node::map(std::span<const Entry> stored, Position at) {
    Node node(Kind::Map, at);
    node.size_ = checked_size(stored.size());
    node.entries_ = stored.data();
    return node;
}

bool equal(const Node& a, const Node& b) {
    std::vector<std::pair<Node, Node>> pending{{a, b}};
    while (!pending.empty()) {
        const auto [x, y] = pending.back();
        pending.pop_back();
        if (x.kind() != y.kind()) {
            if (!same_number(x, y) && !same_number(y, x)) return false;
            continue;
        }
        switch (x.kind()) {
        case Kind::Null:
            break;
        case Kind::Bool:
            if (x.as_bool() != y.as_bool()) return false;
            break;
        case Kind::Int:
            if (x.as_int() != y.as_int()) return false;
            break;
        case Kind::Float:
            if (x.as_float() != y.as_float()) return false;
            break;
        case Kind::String:
            if (x.as_string() != y.as_string()) return false;
            break;
        case Kind::List:
            if (x.items().size() != y.items().size()) return false;
            for (std::size_t i = 0; i < x.items().size(); ++i)
                pending.emplace_back(x.items()[i], y.items()[i]);
            break;
        case Kind::Map:
            if (!equal_maps(x, y, pending)) return false;
            break;
        }
    }
    return true;
}

Arena::Arena() = default;
Arena::~Arena() = default;

void* Arena::allocate(std::size_t size, std::size_t alignment) {
    const auto padding = [&] {
        return (alignment - reinterpret_cast<std::uintptr_t>(next_) % alignment) % alignment;
    };
    const auto room = static_cast<std::size_t>(end_ - next_);
    if (room < size || room - size < padding()) {
        std::size_t block = std::clamp(allocated_, first_block, largest_block);
        if (size > block / 2) block = size + alignment;
        blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
        allocated_ += block;
        std::byte* const start = blocks_.back().get();
        // A large value has a block of its own and leaves the current one in use.
        if (size + alignment == block && end_ != next_) {
            void* place = start;
            std::size_t space = block;
            return std::align(alignment, size, place, space);
        }
        next_ = start;
        end_ = start + block;
    }
    std::byte* const place = next_ + padding();
    next_ = place + size;
    return place;
}

std::string_view Arena::copy(std::string_view bytes) {
    if (bytes.empty()) return {"", 0};
    auto* const stored = static_cast<char*>(allocate(bytes.size(), 1));
    std::memcpy(stored, bytes.data(), bytes.size());
    return {stored, bytes.size()};
}

std::span<const Node> Arena::copy(std::span<const Node> nodes) {
    if (nodes.empty()) return {};
    auto* const stored = static_cast<Node*>(allocate(nodes.size_bytes(), alignof(Node)));
    return {stored, std::uninitialized_copy(nodes.begin(), nodes.end(), stored)};
}

std::span<const Entry> Arena::copy(std::span<const Entry> entries) {
    if (entries.empty()) return {};
    auto* const stored = static_cast<Entry*>(allocate(entries.size_bytes(), alignof(Entry)));
    return {stored, std::uninitialized_copy(entries.begin(), entries.end(), stored)};
}

std::size_t Arena::allocated_bytes() const {
    return allocated_;
}

}  // namespace gatefile::tree
