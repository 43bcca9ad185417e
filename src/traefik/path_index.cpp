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
constexpr std::size_t longest_list = 64;
/// The same below an index, and how far lists are split then.
constexpr std::size_t longest_bucket = 24;
constexpr std::size_t bucket_size = 12;
/// Traefik's cost per parent grows with the square of its children.
constexpr std::size_t most_children = 250;

bool may_share(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '/';
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

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

/// Which segment an index is over, and how many entries may stand in one list.
struct Level {
    std::size_t depth = 0;
    std::size_t limit = longest_list;
};

class PathIndex {
public:
    PathIndex(const ListenerTree& tree, const EntryList& list)
        : tree_(tree), place_(list.place), below_(list.below) {}

    /// `unmatched` gets the nodes below which a request stays that no entry matched.
    void render(const std::string& parent,
                const Entries& entries,
                Level level,
                std::vector<std::string>& unmatched) {
        if (entries.size() <= level.limit) {
            render_list(parent, entries, unmatched);
            return;
        }
        std::string at = parent;
        const std::vector<Run> runs = cut_runs(entries, level);
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const Entries part(entries.begin() + static_cast<std::ptrdiff_t>(runs[i].first),
                               entries.begin() + static_cast<std::ptrdiff_t>(runs[i].last));
            std::vector<std::string> stuck;
            if (runs[i].indexed) {
                render_indexed(at, part, level, stuck);
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
    static std::vector<Run> cut_runs(const Entries& entries, Level level) {
        // Each run is a layer behind the one before: only a few are worth an index.
        const std::size_t worth = std::max(level.limit, entries.size() / 4);
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
            const bool literal = segment_of(*entries[i], level.depth).has_value();
            std::size_t end = i + 1;
            while (end < entries.size() &&
                   segment_of(*entries[end], level.depth).has_value() == literal) {
                ++end;
            }
            if (literal && end - i > worth) {
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
        siblings.expect(entries.size());
        for (const ir::Entry* entry : entries)
            tree_.leaves.add(siblings, *entry, {}, place_);
        siblings.move_to(tree_.routers, below());
        unmatched.push_back(parent);
    }

    void render_indexed(const std::string& parent,
                        const Entries& entries,
                        Level level,
                        std::vector<std::string>& unmatched) {
        std::map<std::string_view, Entries> by_segment;
        for (const ir::Entry* entry : entries) {
            by_segment[segment_of(*entry, level.depth)->text].push_back(entry);
        }
        if (by_segment.size() == 1) {
            level.depth = differing_depth(entries, level.depth);
            render(parent, entries, level, unmatched);
            return;
        }
        const Segment first = *segment_of(*entries.front(), level.depth);
        const std::string_view stem =
            std::string_view(entries.front()->match.path.value).substr(0, first.begin);
        std::vector<std::string> ended;
        for (const auto& [segment, members] : by_segment)
            ended.push_back(std::string(segment) + "/");
        std::ranges::sort(ended);
        const std::vector<std::string_view> keys(ended.begin(), ended.end());
        const std::size_t groups = std::min(fan_out(entries.size(), bucket_size), keys.size());
        std::int64_t priority = below() + static_cast<std::int64_t>(keys.size());
        for (const Group& group : split(keys, groups, may_share)) {
            Entries members;
            for (const std::size_t i : group.members) {
                const Entries& some = by_segment.at(keys[i].substr(0, keys[i].size() - 1));
                members.insert(members.end(), some.begin(), some.end());
            }
            std::ranges::sort(members);  // entries lie in their order
            const std::string node = add_node("p", group_rule(stem, group), priority--, {parent});
            render(node, members, {level.depth, longest_bucket}, unmatched);
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

    static Rule group_rule(std::string_view stem, const Group& group) {
        if (group.next.empty()) return {};
        const std::string start = std::string(stem) + std::string(group.stem);
        // Go's regular expressions are UTF-8, paths need not be.
        if (group.next.size() > 2 && is_ascii(start)) {
            return call("PathRegexp", group_pattern(stem, group));
        }
        Rule rule = call("PathPrefix", start + group.next.front());
        for (const char c : group.next.substr(1)) {
            rule = any_of(std::move(rule), call("PathPrefix", start + c));
        }
        return group.ends ? any_of(std::move(rule), call("Path", start)) : rule;
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
    PathIndex(tree, list).render(list.parent, entries, {}, fall_through);
}

}  // namespace gatefile::traefik
