// SPDX-License-Identifier: Apache-2.0
#include "builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "gatefile/base/result.hpp"
#include "gatefile/base/same_text.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::tree {
namespace {

/// Enough for an author to see the pattern; a hostile document could have millions.
constexpr std::size_t most_faults = 20;

/// Up to this many keys, comparing all pairs is faster than sorting.
constexpr std::size_t few_keys = 16;

/// Told from a quoted "<<" by its address.
constexpr std::string_view merge_mark = "<<";

}  // namespace

Node make_number(double value, Position at) {
    constexpr double two_to_63 = 9223372036854775808.0;
    if (value >= -two_to_63 && value < two_to_63 && value == std::trunc(value))
        return Node::integer(static_cast<std::int64_t>(value), at);
    return Node::floating(value, at);
}

void Builder::restart() {
    frames_.clear();
    items_.clear();
    entries_.clear();
    merges_.clear();
    faults_.clear();
    counted_ = 0;
    last_ = Node();
}

void Builder::fault(Position at, std::string text) {
    faults_.push_back({at, std::move(text)});
}

bool Builder::too_many_faults() const {
    return faults_.size() >= most_faults;
}

bool Builder::count(std::size_t nodes, Position at) {
    counted_ += nodes;
    if (counted_ <= limits_.nodes) return true;
    fault(at, fmt::format("the document has more than {} keys and values", limits_.nodes));
    return false;
}

bool Builder::begin(Kind kind, Position at) {
    if (frames_.size() >= limits_.depth) {
        fault(at, fmt::format("lists and maps are nested more than {} deep", limits_.depth));
        return false;
    }
    frames_.push_back({kind, at, kind == Kind::Map ? entries_.size() : items_.size()});
    return count(1, at);
}

bool Builder::key(std::string_view stored, Position at) {
    entries_.push_back({stored, at, Node()});
    return count(1, at);
}

bool Builder::merge_key(Position at) {
    merges_.push_back(entries_.size());
    return key(merge_mark, at);
}

bool Builder::after_merge_key() const {
    return in_map() && !merges_.empty() && merges_.back() + 1 == entries_.size();
}

void Builder::place(const Node& node) {
    last_ = node;
    if (frames_.empty()) return;
    if (frames_.back().kind == Kind::Map)
        entries_.back().value = node;
    else
        items_.push_back(node);
}

bool Builder::value(const Node& node) {
    place(node);
    return count(1, node.position());
}

bool Builder::end() {
    const Frame frame = frames_.back();
    if (frame.kind == Kind::Map) return finish_map(frame);
    const auto items = std::span<const Node>(items_).subspan(frame.first);
    const Node list = Node::list(arena_.copy(items), frame.at);
    items_.resize(frame.first);
    frames_.pop_back();
    place(list);
    return true;
}

bool Builder::finish_map(const Frame& frame) {
    if (!check_unique(std::span<const Entry>(entries_).subspan(frame.first))) return false;
    if (!merges_.empty() && merges_.back() >= frame.first && !expand_merges(frame.first))
        return false;
    const auto entries = std::span<const Entry>(entries_).subspan(frame.first);
    const Node map = Node::map(arena_.copy(entries), frame.at);
    entries_.resize(frame.first);
    frames_.pop_back();
    place(map);
    return true;
}

bool Builder::check_unique(std::span<const Entry> entries) {
    const auto report = [&](const Entry& first, const Entry& second) {
        if (first.key.data() == merge_mark.data()) return;
        fault(second.key_position,
              fmt::format("key {} already set in line {}",
                          base::quote_for_message(second.key),
                          first.key_position.line));
    };
    if (entries.size() <= few_keys) {
        for (std::size_t i = 1; i < entries.size(); ++i)
            for (std::size_t k = 0; k < i; ++k)
                if (base::same_text(entries[k].key, entries[i].key)) {
                    report(entries[k], entries[i]);
                    break;
                }
        return !too_many_faults();
    }
    std::vector<const Entry*> sorted;
    sorted.reserve(entries.size());
    for (const Entry& entry : entries)
        sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
        return a->key != b->key ? a->key < b->key : a < b;
    });
    for (std::size_t i = 1; i < sorted.size() && !too_many_faults(); ++i)
        if (sorted[i - 1]->key == sorted[i]->key) report(*sorted[i - 1], *sorted[i]);
    return !too_many_faults();
}

/// As go-yaml v2, and so kubectl, has it: entries and merges apply in the order of the text, the
/// later one wins; within a list of maps the earlier one.
bool Builder::expand_merges(std::size_t first) {
    std::vector<Entry> merged;
    std::map<std::string_view, std::size_t> places;
    const auto set = [&](const Entry& entry) {
        const auto [place, is_new] = places.emplace(entry.key, merged.size());
        if (is_new)
            merged.push_back(entry);
        else
            merged[place->second] = entry;
    };
    auto next_merge = std::lower_bound(merges_.begin(), merges_.end(), first);
    for (std::size_t i = first; i < entries_.size(); ++i) {
        const Entry& entry = entries_[i];
        if (next_merge == merges_.end() || *next_merge != i) {
            set(entry);
            continue;
        }
        ++next_merge;
        const Node& from = entry.value;
        const std::span<const Node> maps =
            from.is_list() ? from.items() : std::span<const Node>(&from, 1);
        for (auto map = maps.rbegin(); map != maps.rend(); ++map) {
            if (!map->is_map()) {
                fault(entry.key_position,
                      "map merge requires map or sequence of maps as the value");
                return false;
            }
            for (const Entry& inherited : map->entries())
                set(inherited);
        }
    }
    merges_.erase(std::lower_bound(merges_.begin(), merges_.end(), first), merges_.end());
    entries_.resize(first);
    entries_.insert(entries_.end(), merged.begin(), merged.end());
    return true;
}

}  // namespace gatefile::tree
