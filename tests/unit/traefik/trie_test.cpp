// SPDX-License-Identifier: Apache-2.0
#include "trie.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace gatefile::traefik;

namespace {

bool matches(const Group& group, std::string_view key) {
    return std::ranges::any_of(group.prefixes, [&](const Prefix& prefix) {
        return prefix.whole ? key == prefix.text : key.starts_with(prefix.text);
    });
}

}  // namespace

TEST_CASE("each key is matched by its own group and by no other") {
    std::mt19937 random(11);
    for (int round = 0; round < 50; ++round) {
        std::set<std::string> unique;
        for (int i = 0; i < 300; ++i) {
            std::string key(1 + random() % 6, 'a');
            for (char& c : key)
                c = static_cast<char>('a' + random() % 3);
            unique.insert(key);
        }
        const std::vector<std::string_view> keys(unique.begin(), unique.end());
        std::vector<std::size_t> weights;
        for (std::size_t i = 0; i < keys.size(); ++i)
            weights.push_back(1 + random() % 4);
        const std::vector<Group> groups = cut(keys, weights, 20);
        std::size_t next = 0;
        for (const Group& group : groups) {
            CHECK(group.first == next);
            next = group.last;
            for (std::size_t i = 0; i < keys.size(); ++i) {
                CHECK(matches(group, keys[i]) == (i >= group.first && i < group.last));
            }
        }
        CHECK(next == keys.size());
        CHECK(groups.size() > 1);
    }
}
