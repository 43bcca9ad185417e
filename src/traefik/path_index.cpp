// SPDX-License-Identifier: Apache-2.0
//
// Entries are cut into runs, in their order. A run in which every path is literal down to some
// segment can be indexed by that segment, since a request has only one; what matches nothing there
// goes on to the next run.
#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "names.hpp"
#include "routers.hpp"
#include "trie.hpp"

namespace gatefile::traefik {
namespace {

/// Entries that are compared one by one; more of them get an index.
constexpr std::size_t longest_list = 48;
/// Traefik's cost per parent grows with the square of its children.
constexpr std::size_t most_children = 250;
constexpr std::size_t fan_out = 32;

using Entries = std::vector<const ir::Entry*>;

/// Where an entry's path has a literal segment number `depth`: from `begin`, behind the slash.
struct Segment {
    std::string_view text;
    std::size_t begin = 0;
};

std::optional<Segment> segment_of(const ir::Entry& entry, std::size_t depth) {
    const ir::PathMatch& path = entry.match.path;
    if (path.kind == ir::PathKind::Regex) return std::nullopt;
    const std::string_view text = path.value;
    std::size_t begin = 1;
    for (std::size_t i = 0; i < depth; ++i) {
        const std::size_t slash = text.find('/', begin);
        if (slash == std::string_view::npos) return std::nullopt;
        begin = slash + 1;
    }
    if (begin >= text.size()) return std::nullopt;
    const std::string_view segment = text.substr(begin, text.find('/', begin) - begin);
    if (segment.empty()) return std::nullopt;
    return Segment{segment, begin};
}

class PathIndex {
public:
    PathIndex(const ListenerTree& tree, const EntryList& list)
        : tree_(tree), place_(list.place), below_(list.below) {}

    /// `unmatched` gets the nodes below which a request stays that no entry matched.
    void render(const std::string& parent,
                const Entries& entries,
                std::size_t depth,
                std::vector<std::string>& unmatched) {
        if (entries.size() <= longest_list) {
            render_list(parent, entries, unmatched);
            return;
        }
        std::string at = parent;
        const std::vector<Run> runs = cut_runs(entries, depth);
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const Entries part(entries.begin() + static_cast<std::ptrdiff_t>(runs[i].first),
                               entries.begin() + static_cast<std::ptrdiff_t>(runs[i].last));
            std::vector<std::string> stuck;
            if (runs[i].indexed) {
                render_indexed(at, part, depth, stuck);
            } else {
                render_list(at, part, stuck);
            }
            if (i + 1 == runs.size()) {
                unmatched.insert(unmatched.end(), stuck.begin(), stuck.end());
                return;
            }
            at = add_node("then", Rule(), 1, std::move(stuck));
        }
    }

private:
    struct Run {
        std::size_t first = 0;
        std::size_t last = 0;
        bool indexed = false;
    };

    /// Long runs of entries with a segment here are indexed; what lies between is listed.
    static std::vector<Run> cut_runs(const Entries& entries, std::size_t depth) {
        std::vector<Run> runs;
        const auto list = [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last;) {
                const bool joins = !runs.empty() && !runs.back().indexed &&
                                   runs.back().last - runs.back().first < most_children;
                if (!joins) runs.push_back({i, i});
                const std::size_t room = most_children - (runs.back().last - runs.back().first);
                runs.back().last = std::min(last, i + room);
                i = runs.back().last;
            }
        };
        for (std::size_t i = 0; i < entries.size();) {
            const bool literal = segment_of(*entries[i], depth).has_value();
            std::size_t end = i + 1;
            while (end < entries.size() &&
                   segment_of(*entries[end], depth).has_value() == literal) {
                ++end;
            }
            if (literal && end - i > longest_list) {
                runs.push_back({i, end, true});
            } else {
                list(i, end);
            }
            i = end;
        }
        return runs;
    }

    void render_list(const std::string& parent,
                     const Entries& entries,
                     std::vector<std::string>& unmatched) {
        Siblings siblings({parent});
        for (const ir::Entry* entry : entries)
            tree_.leaves.add(siblings, *entry, {}, place_);
        siblings.move_to(tree_.routers, below());
        unmatched.push_back(parent);
    }

    void render_indexed(const std::string& parent,
                        const Entries& entries,
                        std::size_t depth,
                        std::vector<std::string>& unmatched) {
        std::map<std::string_view, Entries> by_segment;
        for (const ir::Entry* entry : entries) {
            by_segment[segment_of(*entry, depth)->text].push_back(entry);
        }
        if (by_segment.size() == 1) {
            render(parent, entries, differing_depth(entries, depth), unmatched);
            return;
        }
        const Segment first = *segment_of(*entries.front(), depth);
        const std::string_view stem =
            std::string_view(entries.front()->match.path.value).substr(0, first.begin);
        std::vector<std::string_view> keys;
        std::vector<std::size_t> weights;
        for (const auto& [segment, members] : by_segment) {
            keys.push_back(segment);
            weights.push_back(members.size());
        }
        const std::size_t target = std::max(longest_list, (entries.size() + fan_out - 1) / fan_out);
        std::int64_t priority = below() + static_cast<std::int64_t>(keys.size());
        for (const Group& group : cut(keys, weights, target)) {
            Rule rule;
            for (const Prefix& prefix : group.prefixes) {
                rule = joined(std::move(rule), prefix_rule(stem, prefix));
            }
            Entries members;
            for (std::size_t i = group.first; i < group.last; ++i) {
                const Entries& some = by_segment.at(keys[i]);
                members.insert(members.end(), some.begin(), some.end());
            }
            std::ranges::sort(members);  // entries lie in their order
            const std::string node = add_node("p", std::move(rule), priority--, {parent});
            render(node, members, depth, unmatched);
        }
        unmatched.push_back(parent);
    }

    /// The first segment in which paths that share their segments before `depth` may differ.
    static std::size_t differing_depth(const Entries& entries, std::size_t depth) {
        std::string_view shared = entries.front()->match.path.value;
        for (const ir::Entry* entry : entries) {
            const std::string& path = entry->match.path.value;
            const auto ends = std::ranges::mismatch(shared, path);
            shared = shared.substr(0, static_cast<std::size_t>(ends.in1 - shared.begin()));
        }
        const auto slashes = static_cast<std::size_t>(std::ranges::count(shared, '/'));
        return std::max(depth + 1, slashes - 1);
    }

    static Rule joined(Rule a, const Rule& b) { return a.always() ? b : any_of(std::move(a), b); }

    static Rule prefix_rule(std::string_view stem, const Prefix& prefix) {
        std::string path(stem);
        path += prefix.text;
        if (!prefix.whole) return call("PathPrefix", path);
        return any_of(call("Path", path), call("PathPrefix", path + "/"));
    }

    /// Above the hostnames that a request may go on to, and above "then".
    std::int64_t below() const { return std::max<std::int64_t>(below_, 1); }

    std::string add_node(std::string_view part,
                         Rule rule,
                         std::int64_t priority,
                         std::vector<std::string> parents) {
        std::string name = shortened(std::string(index_prefix) + "_" + place_ + "_" +
                                     make_name({std::string(part) + std::to_string(++nodes_)}));
        tree_.routers.push_back({.name = name,
                                 .rule = std::move(rule).text(),
                                 .priority = priority,
                                 .parents = std::move(parents)});
        return name;
    }

    const ListenerTree& tree_;
    const std::string& place_;
    std::int64_t below_;
    std::size_t nodes_ = 0;
};

}  // namespace

void render_entries(const ListenerTree& tree,
                    const EntryList& list,
                    std::vector<std::string>& fall_through) {
    Entries entries;
    entries.reserve(list.entries.size());
    for (const ir::Entry& entry : list.entries)
        entries.push_back(&entry);
    PathIndex(tree, list).render(list.parent, entries, 0, fall_through);
}

}  // namespace gatefile::traefik
