// SPDX-License-Identifier: Apache-2.0
#include "trie.hpp"

#include <algorithm>
#include <cmath>

#include "gatefile/base/regex.hpp"

namespace gatefile::traefik {
namespace {

/// Measured on Traefik 3.7: a layer costs as much as a dozen comparisons.
constexpr double best_fan_out = 14;
/// How much more than its share a group may take.
constexpr double slack = 1.15;

/// Keys [first, last) of what is left, which go on with `next` behind what they have in common.
struct Child {
    char next;
    std::size_t first;
    std::size_t last;
    std::size_t size() const { return last - first; }
};

class Splitter {
public:
    Splitter(std::span<const std::string_view> keys, bool (*may_share)(char))
        : keys_(keys), may_share_(may_share) {
        left_.reserve(keys.size());
        for (std::size_t i = 0; i < keys.size(); ++i)
            left_.push_back(i);
    }

    std::vector<Group> run(std::size_t groups) {
        std::vector<Group> out;
        for (std::size_t i = 0; i + 1 < groups; ++i) {
            const double share =
                static_cast<double>(left_.size()) / static_cast<double>(groups - i);
            const auto target = std::max<std::size_t>(1, static_cast<std::size_t>(share * slack));
            if (left_.size() <= target) break;
            out.push_back(carve(target));
        }
        out.push_back({.stem = {}, .next = {}, .members = std::move(left_)});
        return out;
    }

private:
    std::string_view key(std::size_t place) const { return keys_[left_[place]]; }

    std::size_t common_prefix(std::size_t first, std::size_t last) const {
        const std::string_view low = key(first);
        const std::string_view high = key(last - 1);
        const auto ends = std::ranges::mismatch(low, high);
        return static_cast<std::size_t>(ends.in1 - low.begin());
    }

    std::vector<Child> children(std::size_t first, std::size_t last, std::size_t depth) const {
        std::vector<Child> out;
        // At most one ends here, and that is the first one: "a." before "a.b.". It is left over.
        if (key(first).size() == depth) ++first;
        for (std::size_t i = first; i < last;) {
            std::size_t end = i + 1;
            while (end < last && key(end)[depth] == key(i)[depth])
                ++end;
            out.push_back({key(i)[depth], i, end});
            i = end;
        }
        return out;
    }

    /// Takes a group of half to all of `target` keys: the best run of neighbours among the children
    /// of the deepest node that has more than that.
    Group carve(std::size_t target) {
        std::size_t first = 0;
        std::size_t last = left_.size();
        while (true) {
            const std::size_t depth = common_prefix(first, last);
            const std::vector<Child> nodes = children(first, last, depth);
            const Child& largest = *std::ranges::max_element(nodes, {}, &Child::size);
            if (largest.size() <= target) return take(best_run(nodes, target), depth);
            first = largest.first;
            last = largest.last;
        }
    }

    std::span<const Child> best_run(const std::vector<Child>& nodes, std::size_t target) const {
        std::span<const Child> best = std::span(nodes).first(1);
        std::size_t most = 0;
        for (std::size_t a = 0; a < nodes.size(); ++a) {
            std::size_t sum = 0;
            for (std::size_t b = a; b < nodes.size(); ++b) {
                const bool alone = !may_share_(nodes[a].next) || !may_share_(nodes[b].next);
                sum += nodes[b].size();
                if (sum > target || (alone && b > a)) break;
                if (sum <= most) continue;
                most = sum;
                best = std::span(nodes).subspan(a, b - a + 1);
            }
        }
        return best;
    }

    Group take(std::span<const Child> run, std::size_t depth) {
        Group group;
        group.stem = key(run.front().first).substr(0, depth);
        for (const Child& child : run) {
            group.next += child.next;
            const bool is_end = key(child.first).size() == depth + 1;
            group.ends = group.ends || is_end;
        }
        const auto begin = left_.begin() + static_cast<std::ptrdiff_t>(run.front().first);
        const auto end = left_.begin() + static_cast<std::ptrdiff_t>(run.back().last);
        group.members.assign(begin, end);
        left_.erase(begin, end);
        return group;
    }

    std::span<const std::string_view> keys_;
    bool (*may_share_)(char);
    std::vector<std::size_t> left_;
};

/// The inside of a character class; runs as ranges, a dash, which would make one, at the start.
std::string class_of(std::string characters) {
    std::string out;
    if (std::erase(characters, '-') > 0) out += '-';
    for (std::size_t i = 0; i < characters.size();) {
        std::size_t end = i;
        while (end + 1 < characters.size() && characters[end + 1] == characters[end] + 1)
            ++end;
        out += characters[i];
        if (end > i + 1) out += '-';
        if (end > i) out += characters[end];
        i = end + 1;
    }
    return out;
}

}  // namespace

std::vector<Group>
split(std::span<const std::string_view> keys, std::size_t groups, bool (*may_share)(char)) {
    return Splitter(keys, may_share).run(groups);
}

std::size_t fan_out(std::size_t items, std::size_t bucket) {
    const double buckets = static_cast<double>(items) / static_cast<double>(bucket);
    const double levels = std::max(1.0, std::round(std::log(buckets) / std::log(best_fan_out)));
    return std::max<std::size_t>(
        2, static_cast<std::size_t>(std::ceil(std::pow(buckets, 1 / levels))));
}

std::string group_pattern(std::string_view prefix, const Group& group) {
    std::string pattern = "^" + base::quote_regex(prefix) + base::quote_regex(group.stem);
    const std::string next =
        group.next.size() == 1 ? base::quote_regex(group.next) : "[" + class_of(group.next) + "]";
    return group.ends ? pattern + "(?:" + next + "|$)" : pattern + next;
}

}  // namespace gatefile::traefik
