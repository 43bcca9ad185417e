// SPDX-License-Identifier: Apache-2.0
#include "gatefile/tree/node.hpp"

#include <doctest/doctest.h>

#include <array>

#include "reading.hpp"

namespace gatefile::tree {
namespace {

bool same(std::string_view a, std::string_view b) {
    const auto left = read_json(a);
    const auto right = read_json(b);
    REQUIRE(left);
    REQUIRE(right);
    return equal(left->root, right->root) && equal(right->root, left->root);
}

}  // namespace

TEST_CASE("find looks into maps only") {
    const auto document = read_json(R"({"a": 1, "": 2, "b": {"c": null}})");
    REQUIRE(document);
    const Node& root = document->root;
    REQUIRE(root.find("a") != nullptr);
    CHECK(root.find("a")->as_int() == 1);
    CHECK(root.find("")->as_int() == 2);
    CHECK(root.find("c") == nullptr);
    CHECK(root.find("a")->find("a") == nullptr);
    CHECK(root.find("b")->find("c")->is_null());
}

TEST_CASE("equality ignores the order of keys and nothing else") {
    CHECK(same(R"({"a": 1, "b": [1, 2]})", R"({"b": [1, 2], "a": 1})"));
    CHECK_FALSE(same("[1, 2]", "[2, 1]"));
    CHECK_FALSE(same(R"({"a": 1})", R"({"a": 1, "b": null})"));
    CHECK_FALSE(same(R"({"a": 1, "b": 2})", R"({"a": 1, "c": 2})"));
    CHECK_FALSE(same(R"({"a": 1, "b": 2})", R"({"a": 2, "b": 1})"));
    CHECK_FALSE(same("[]", "{}"));
    CHECK_FALSE(same("null", "false"));
    CHECK_FALSE(same("\"1\"", "1"));
    CHECK_FALSE(same("1.5", "1"));
    CHECK(same("[{}, [], \"x\", 1.5, true]", "[{}, [], \"x\", 1.5, true]"));
}

TEST_CASE("an integer equals the floating number of its value") {
    CHECK(equal(Node::integer(1), Node::floating(1.0)));
    CHECK(equal(Node::floating(-1.0), Node::integer(-1)));
    CHECK_FALSE(equal(Node::integer(1), Node::floating(1.5)));
    CHECK_FALSE(equal(Node::integer(0), Node::floating(1e300)));
    CHECK_FALSE(equal(Node::integer(0), Node::boolean(false)));
}

TEST_CASE("an arena keeps what it was given, aligned, at little cost") {
    Arena arena;
    CHECK(arena.allocated_bytes() == 0);
    std::vector<std::pair<std::string, std::string_view>> texts;
    std::vector<std::span<const Node>> lists;
    for (int i = 0; i < 3000; ++i) {
        const std::string text(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26));
        texts.emplace_back(text, arena.copy(text));
        const std::array<Node, 2> nodes = {Node::integer(i), Node::boolean(true)};
        lists.push_back(arena.copy(std::span<const Node>(nodes)));
        CHECK(reinterpret_cast<std::uintptr_t>(lists.back().data()) % alignof(Node) == 0);
    }
    const std::string large(1'000'000, 'x');
    CHECK(arena.copy(large) == large);
    for (const auto& [text, stored] : texts)
        CHECK(stored == text);
    for (std::size_t i = 0; i < lists.size(); ++i)
        CHECK(lists[i][0].as_int() == static_cast<std::int64_t>(i));
    CHECK(arena.allocated_bytes() < 2'000'000);
}

TEST_CASE("a small document costs one small block") {
    Arena arena;
    arena.copy("metadata");
    CHECK(arena.allocated_bytes() <= 4096);
}

TEST_CASE("kinds have the API server's names") {
    CHECK(kind_name(Kind::Map) == "object");
    CHECK(kind_name(Kind::List) == "array");
    CHECK(kind_name(Kind::Int) == "integer");
    CHECK(kind_name(Kind::Float) == "number");
}

}  // namespace gatefile::tree
