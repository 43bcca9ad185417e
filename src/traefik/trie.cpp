// SPDX-License-Identifier: Apache-2.0
#include "trie.hpp"

#include <numeric>

namespace gatefile::traefik {
namespace {

class Cutter {
public:
    Cutter(std::span<const std::string_view> keys,
           std::span<const std::size_t> weights,
           std::size_t target)
        : keys_(keys), sums_(keys.size() + 1, 0), target_(target) {
        std::partial_sum(weights.begin(), weights.end(), sums_.begin() + 1);
    }

    std::vector<Group> run() {
        // An explicit stack: keys may have very long common prefixes.
        std::vector<Range> stack{{0, keys_.size(), 0}};
        while (!stack.empty()) {
            const Range range = stack.back();
            stack.pop_back();
            if (range.first == range.last) continue;
            if (range.last - range.first == 1 || weight(range) <= target_) {
                take(range);
            } else {
                split(range, stack);
            }
        }
        close();
        return std::move(groups_);
    }

private:
    /// Keys [first, last), of which the first `depth` bytes are the same and theirs alone.
    struct Range {
        std::size_t first, last, depth;
    };

    std::size_t weight(const Range& range) const { return sums_[range.last] - sums_[range.first]; }

    void split(Range range, std::vector<Range>& stack) const {
        const std::string_view low = keys_[range.first];
        const std::string_view high = keys_[range.last - 1];
        std::size_t depth = range.depth;
        while (depth < low.size() && low[depth] == high[depth])
            ++depth;
        std::vector<Range> parts;
        for (std::size_t i = range.first; i < range.last;) {
            std::size_t end = i + 1;
            if (keys_[i].size() > depth) {
                while (end < range.last && keys_[end][depth] == keys_[i][depth])
                    ++end;
            }
            // A key that ends here is told from those that go on by its end, at depth 0 by nothing.
            parts.push_back({i, end, keys_[i].size() > depth ? depth + 1 : whole});
            i = end;
        }
        stack.insert(stack.end(), parts.rbegin(), parts.rend());
    }

    void take(const Range& range) {
        if (open_weight_ > 0 && open_weight_ + weight(range) > target_) close();
        if (open_.prefixes.empty()) open_.first = range.first;
        open_.last = range.last;
        open_weight_ += weight(range);
        const std::string_view key = keys_[range.first];
        if (range.depth == whole) {
            open_.prefixes.push_back({key, true});
        } else {
            open_.prefixes.push_back({key.substr(0, range.depth), false});
        }
    }

    void close() {
        if (!open_.prefixes.empty()) groups_.push_back(std::move(open_));
        open_ = {};
        open_weight_ = 0;
    }

    static constexpr std::size_t whole = static_cast<std::size_t>(-1);

    std::span<const std::string_view> keys_;
    std::vector<std::size_t> sums_;
    std::size_t target_;
    std::vector<Group> groups_;
    Group open_;
    std::size_t open_weight_ = 0;
};

}  // namespace

std::vector<Group> cut(std::span<const std::string_view> keys,
                       std::span<const std::size_t> weights,
                       std::size_t target) {
    return Cutter(keys, weights, target).run();
}

}  // namespace gatefile::traefik
