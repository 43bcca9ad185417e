// SPDX-License-Identifier: Apache-2.0
#include "trie.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gatefile/base/regex.hpp"

using namespace gatefile::traefik;

namespace {

bool may_share(char c) {
    return c != 'c';
}

bool matches(const Group& group, std::string_view key) {
    if (group.next.empty()) return true;
    if (!key.starts_with(group.stem)) return false;
    if (key.size() == group.stem.size()) return group.ends;
    return group.next.find(key[group.stem.size()]) != std::string::npos;
}

/// Every key, with and without its terminator, is first matched by the group that it is in.
void check_groups(const std::vector<std::string>& keys, std::size_t wanted) {
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    const std::vector<Group> groups = split(views, wanted, may_share);
    CHECK(groups.size() <= wanted);
    CHECK(groups.size() > 1);
    std::vector<std::size_t> seen;
    for (const Group& group : groups) {
        CHECK((group.next.size() < 2 || group.next.find('c') == std::string::npos));
        CHECK(group.members.size() <= keys.size() * 3 / 4 + 1);
        for (const std::size_t member : group.members) {
            seen.push_back(member);
            for (const std::size_t cut : {0U, 1U}) {
                const std::string_view key = views[member].substr(0, views[member].size() - cut);
                const auto first = std::ranges::find_if(
                    groups, [&](const Group& other) { return matches(other, key); });
                CHECK_MESSAGE(&*first == &group, std::string(key));
            }
            if (group.next.empty()) continue;
            const auto pattern = gatefile::base::Regex::compile(group_pattern("", group));
            REQUIRE(pattern.has_value());
            CHECK(pattern->matches(keys[member]));
        }
    }
    std::ranges::sort(seen);
    CHECK(seen.size() == keys.size());
    CHECK(std::ranges::adjacent_find(seen) == seen.end());
}

}  // namespace

TEST_CASE("each key is matched by its own group first") {
    std::mt19937 random(11);
    for (int round = 0; round < 100; ++round) {
        std::set<std::string> unique;
        for (int i = 0; i < 200; ++i) {
            std::string key(1 + random() % 6, 'a');
            for (char& c : key)
                c = "abc-."[random() % 5];
            if (key.back() == '.') key.back() = 'b';  // no hostname ends so
            unique.insert(key + ".");
        }
        check_groups({unique.begin(), unique.end()}, 2 + random() % 14);
    }
}

TEST_CASE("keys that are prefixes of each other do not make the groups uneven") {
    std::set<std::string> chain;
    for (std::size_t i = 1; i < 250; ++i)
        chain.insert(std::string(i, 'a') + ".");
    check_groups({chain.begin(), chain.end()}, 12);
}

TEST_CASE("a character class keeps a dash from making a range") {
    CHECK(group_pattern("/", {.stem = "x.", .next = "-.abcz"}) == R"(^/x\.[-.a-cz])");
    CHECK(group_pattern("", {.stem = "x", .next = ".", .ends = true}) == R"(^x(?:\.|$))");
}

TEST_CASE("fan-out keeps buckets small and layers few") {
    CHECK(fan_out(250, 16) == 16);
    CHECK(fan_out(2500, 16) == 13);
    CHECK(fan_out(12500, 16) == 10);
}
