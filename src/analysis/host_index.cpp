// SPDX-License-Identifier: Apache-2.0
#include "host_index.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <optional>

#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

/// Hosts with fewer entries are looked through from the start.
constexpr std::size_t few = 16;
/// How many entries with the same path, or with a pattern for one, are looked at.
constexpr std::size_t enough = 32;

void mix(std::size_t& hash, std::string_view text) {
    hash = hash * 0x9E3779B97F4A7C15u + std::hash<std::string_view>{}(text) + 1;
}

void mix_values(std::size_t& hash, const std::vector<ir::ValueMatch>& values, bool any_case) {
    for (const ir::ValueMatch& value : values) {
        mix(hash, value.kind == ir::ValueKind::Exact ? "=" : "~");
        mix(hash, any_case ? base::to_lower(value.name) : value.name);
        mix(hash, value.value);
    }
    mix(hash, "");
}

std::size_t hash_of(ir::PathKind kind, std::string_view value) {
    std::size_t hash = static_cast<std::size_t>(kind);
    mix(hash, value);
    return hash;
}

std::size_t hash_of(const ir::Match& match) {
    std::size_t hash = hash_of(match.path.kind, match.path.value);
    mix_values(hash, match.headers, true);
    mix_values(hash, match.query, false);
    mix(hash, match.method ? std::string_view(*match.method) : std::string_view());
    return hash;
}

bool same_name(const ir::ValueMatch& a, const ir::ValueMatch& b, bool any_case) {
    return any_case ? base::equals_ignoring_case(a.name, b.name) : a.name == b.name;
}

bool same_values(const std::vector<ir::ValueMatch>& a,
                 const std::vector<ir::ValueMatch>& b,
                 bool any_case) {
    return std::ranges::equal(a, b, [&](const ir::ValueMatch& x, const ir::ValueMatch& y) {
        return x.kind == y.kind && x.value == y.value && same_name(x, y, any_case);
    });
}

/// Every condition of `wide` is one of `narrow`, or follows from one.
bool values_follow(const std::vector<ir::ValueMatch>& wide,
                   const std::vector<ir::ValueMatch>& narrow,
                   bool any_case,
                   Patterns& patterns) {
    return std::ranges::all_of(wide, [&](const ir::ValueMatch& wanted) {
        return std::ranges::any_of(narrow, [&](const ir::ValueMatch& given) {
            if (!same_name(wanted, given, any_case)) return false;
            if (wanted.kind == given.kind && wanted.value == given.value) return true;
            return wanted.kind == ir::ValueKind::Regex && given.kind == ir::ValueKind::Exact &&
                   patterns.matches(wanted.value, given.value);
        });
    });
}

/// Patterns that people write for "every path".
bool takes_every_path(const ir::PathMatch& path) {
    constexpr std::array<std::string_view, 14> every = {"",
                                                        "/",
                                                        "^",
                                                        "^/",
                                                        ".*",
                                                        "^.*",
                                                        ".*$",
                                                        "^.*$",
                                                        "/.*",
                                                        "^/.*",
                                                        "/.*$",
                                                        "^/.*$",
                                                        "^/(.*)",
                                                        "^/(.*)$"};
    return path.kind == ir::PathKind::Regex && !path.call &&
           std::ranges::find(every, path.value) != every.end();
}

/// What a pattern is known to ask for: that the path has this text in it, or begins with it.
struct Literal {
    std::string text;
    bool anchored = false;
    bool whole_segment = false;  ///< its end, or a slash, has to follow
};

/// Of patterns that are one text, as people write them for "this and what is below".
std::optional<Literal> literal_of(std::string_view pattern) {
    constexpr std::array<std::string_view, 6> segment_ends = {
        "(/|$)", "(?:/|$)", "($|/)", "(?:$|/)", "(/.*)?$", "(?:/.*)?$"};
    Literal out;
    if (pattern.starts_with('^')) {
        out.anchored = true;
        pattern.remove_prefix(1);
    }
    for (const std::string_view end : segment_ends) {
        if (!pattern.ends_with(end)) continue;
        out.whole_segment = true;
        pattern.remove_suffix(end.size());
        break;
    }
    if (!out.whole_segment && pattern.ends_with(".*")) pattern.remove_suffix(2);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool escaped = pattern[i] == '\\' && i + 1 < pattern.size();
        if (escaped) ++i;
        const bool special = std::string_view(".()[]{}*+?^$|\\").find(pattern[i]) !=
                             std::string_view::npos;
        // Escaped letters and digits are classes, and more.
        const bool is_text = escaped ? special || pattern[i] == '-' || pattern[i] == '/' : !special;
        if (!is_text) return std::nullopt;
        out.text += pattern[i];
    }
    return out;
}

/// Whether the pattern takes the path and everything below it.
bool pattern_covers(std::string_view pattern, std::string_view path) {
    const std::optional<Literal> literal = literal_of(pattern);
    if (!literal) return false;
    const std::string below = std::string(path) + (path.ends_with('/') ? "" : "/");
    const auto holds = [&](std::string_view text) {
        // What is said of the prefix holds below it, too, only where all of it stands in the path.
        if (literal->whole_segment) {
            const std::string wanted = literal->text + "/";
            const bool is_end = text == literal->text && literal->anchored;
            return is_end || text.starts_with(wanted) ||
                   (!literal->anchored && text.find(wanted) != std::string_view::npos);
        }
        return literal->anchored ? text.starts_with(literal->text)
                                 : text.find(literal->text) != std::string_view::npos;
    };
    return holds(path) && holds(below);
}

bool prefix_covers(std::string_view prefix, std::string_view path) {
    if (prefix == "/" || prefix == path) return true;
    return path.size() > prefix.size() && path.starts_with(prefix) && path[prefix.size()] == '/';
}

bool path_follows(const ir::PathMatch& wide, const ir::PathMatch& narrow, Patterns& patterns) {
    if (wide == narrow || takes_every_path(wide)) return true;
    if (wide.kind == ir::PathKind::Prefix) {
        return wide.value == "/" ||
               (narrow.kind != ir::PathKind::Regex && prefix_covers(wide.value, narrow.value));
    }
    if (wide.kind != ir::PathKind::Regex || wide.call) return false;
    if (narrow.kind == ir::PathKind::Prefix) return pattern_covers(wide.value, narrow.value);
    return narrow.kind == ir::PathKind::Exact && patterns.matches(wide.value, narrow.value);
}

}  // namespace

bool Patterns::matches(const std::string& pattern, std::string_view text) {
    auto at = compiled_.find(pattern);
    if (at == compiled_.end()) {
        at = compiled_.emplace(pattern, base::Regex::compile(pattern)).first;
    }
    return at->second && at->second->matches(text);
}

bool takes_the_same(const ir::Match& a, const ir::Match& b) {
    return a.path == b.path && a.method == b.method && same_values(a.query, b.query, false) &&
           same_values(a.headers, b.headers, true);
}

bool takes_all(const ir::Match& wide, const ir::Match& narrow, Patterns& patterns) {
    return (!wide.method || wide.method == narrow.method) &&
           path_follows(wide.path, narrow.path, patterns) &&
           values_follow(wide.headers, narrow.headers, true, patterns) &&
           values_follow(wide.query, narrow.query, false, patterns);
}

HostIndex::HostIndex(const ir::Host& host) : host_(host) {
    if (host.entries.size() <= few) return;
    by_path_.reserve(host.entries.size());
    by_match_.reserve(host.entries.size());
    for (std::size_t i = 0; i < host.entries.size(); ++i) {
        const ir::Match& match = host.entries[i].match;
        by_match_.emplace_back(hash_of(match), i);
        by_path_.emplace_back(hash_of(match.path.kind, match.path.value), i);
        if (match.path.kind == ir::PathKind::Regex) with_pattern_.push_back(i);
    }
    std::ranges::sort(by_path_);
    std::ranges::sort(by_match_);
}

std::size_t HostIndex::same_before(std::size_t position) const {
    const ir::Match& match = host_.entries[position].match;
    const std::size_t hash = hash_of(match);
    for (auto at = std::ranges::lower_bound(by_match_, std::pair(hash, std::size_t{0}));
         at != by_match_.end() && at->first == hash && at->second < position;
         ++at) {
        if (takes_the_same(host_.entries[at->second].match, match)) return at->second;
    }
    return position;
}

/// False when there are more than are looked at.
bool HostIndex::append(std::size_t path_hash,
                       std::size_t before,
                       std::vector<std::size_t>& found) const {
    std::size_t count = 0;
    for (auto at = std::ranges::lower_bound(by_path_, std::pair(path_hash, std::size_t{0}));
         at != by_path_.end() && at->first == path_hash && at->second < before;
         ++at) {
        if (count++ == enough) return false;
        found.push_back(at->second);
    }
    return true;
}

bool HostIndex::append_covering(std::string_view path,
                                std::size_t before,
                                std::vector<std::size_t>& found) const {
    bool all = append(hash_of(ir::PathKind::Prefix, "/"), before, found);
    for (std::size_t slash = path.find('/', 1); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
        all = append(hash_of(ir::PathKind::Prefix, path.substr(0, slash)), before, found) && all;
    }
    if (path != "/") all = append(hash_of(ir::PathKind::Prefix, path), before, found) && all;
    std::size_t count = 0;
    for (const std::size_t position : with_pattern_) {
        if (position >= before) break;
        if (count++ == enough) return false;
        found.push_back(position);
    }
    return all;
}

std::size_t HostIndex::shadow_of(std::size_t position, Patterns& patterns) const {
    const ir::Match& match = host_.entries[position].match;
    std::size_t first = position;
    if (by_path_.empty()) {
        for (std::size_t i = 0; i < position && first == position; ++i) {
            if (takes_all(host_.entries[i].match, match, patterns)) first = i;
        }
        return first;
    }
    first = same_before(position);
    std::vector<std::size_t> earlier;
    append(hash_of(match.path.kind, match.path.value), position, earlier);
    append_covering(
        match.path.kind == ir::PathKind::Regex ? "/" : match.path.value, first, earlier);
    for (const std::size_t i : earlier) {
        if (i < first && takes_all(host_.entries[i].match, match, patterns)) first = i;
    }
    return first;
}

std::pair<std::vector<std::size_t>, bool> HostIndex::candidates(std::string_view path) const {
    std::vector<std::size_t> found;
    bool all = true;
    if (by_path_.empty()) {
        for (std::size_t i = 0; i < host_.entries.size(); ++i)
            found.push_back(i);
        return {std::move(found), all};
    }
    constexpr std::size_t end = std::numeric_limits<std::size_t>::max();
    all = append(hash_of(ir::PathKind::Exact, path), end, found);
    all = append_covering(path, end, found) && all;
    std::ranges::sort(found);
    return {std::move(found), all};
}

}  // namespace gatefile::analysis
