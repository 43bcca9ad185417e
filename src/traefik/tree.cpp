// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "gatefile/base/regex.hpp"
#include "names.hpp"
#include "routers.hpp"
#include "trie.hpp"

namespace gatefile::traefik {
namespace {

/// Leaves of hostnames with up to this many entries stand in their bucket without a node between.
constexpr std::size_t inlined_entries = 4;
/// Children that a request may have to be compared with one by one.
constexpr std::size_t bucket_size = 32;
/// Index nodes under one parent.
constexpr std::size_t fan_out = 32;
/// Wildcard hostnames that are compared one by one; more of them are tried in groups.
constexpr std::size_t most_wildcards = 100;

bool is_exact(std::string_view hostname) {
    return !hostname.empty() && hostname.front() != '*';
}

/// The prefixes of a group as one pattern for hosts, which may end in a dot.
std::string group_pattern(const Group& group) {
    std::string pattern = "^(?:";
    for (std::size_t i = 0; i < group.prefixes.size(); ++i) {
        if (i > 0) pattern += '|';
        pattern += base::quote_regex(group.prefixes[i].text);
        if (group.prefixes[i].whole) pattern += "\\.?$";
    }
    return pattern + ")";
}

class HostTree {
public:
    explicit HostTree(const ListenerTree& tree) : tree_(tree) {
        for (const ir::Host& host : tree.listener.hosts) {
            if (host.entries.empty()) continue;
            (is_exact(host.hostname) ? exact_ : patterns_).push_back(&host);
        }
        std::ranges::sort(exact_, {}, &ir::Host::hostname);
        pattern_parents_.resize(patterns_.size());
        for (std::size_t i = 0; i < patterns_.size(); ++i) {
            pattern_places_.emplace(patterns_[i]->hostname, i);
        }
    }

    void render() {
        if (exact_.size() + patterns_.size() == 1) {
            render_only(exact_.empty() ? *patterns_.front() : *exact_.front());
            return;
        }
        render_exact(exact_, tree_.roots, 0);
        render_patterns();
    }

private:
    std::int64_t below() const { return static_cast<std::int64_t>(patterns_.size()); }

    std::string place(const ir::Host& host) const {
        return tree_.label + "_" + make_name({host.hostname});
    }

    /// One hostname needs no node when it is the listener's.
    void render_only(const ir::Host& host) {
        std::vector<std::string> nowhere;
        if (host.hostname == tree_.listener.hostname && tree_.roots.size() == 1) {
            render_entries(
                tree_,
                {.parent = tree_.roots.front(), .entries = host.entries, .place = place(host)},
                nowhere);
            return;
        }
        Siblings siblings(tree_.roots);
        add_host(siblings, host, nowhere);
        siblings.move_to(tree_.routers, below());
    }

    std::size_t weight(const ir::Host& host) const {
        return host.entries.size() <= inlined_entries ? host.entries.size() : 1;
    }

    /// The hosts, sorted, under `parents`; behind index nodes where they are many.
    void render_exact(std::span<const ir::Host* const> hosts,
                      const std::vector<std::string>& parents,
                      int level) {
        std::vector<std::string_view> keys;
        std::vector<std::size_t> weights;
        std::size_t total = 0;
        for (const ir::Host* host : hosts) {
            keys.push_back(host->hostname);
            weights.push_back(weight(*host));
            total += weights.back();
        }
        Siblings siblings(parents);
        if (total <= bucket_size || hosts.size() <= 1) {
            for (const ir::Host* host : hosts)
                add_exact(siblings, *host);
            siblings.move_to(tree_.routers, below());
            leave_to_patterns(parents);
            return;
        }
        const std::size_t target = std::max(bucket_size, (total + fan_out - 1) / fan_out);
        for (const Group& group : cut(keys, weights, target)) {
            const auto members = hosts.subspan(group.first, group.last - group.first);
            if (members.size() == 1) {
                add_exact(siblings, *members.front());
                continue;
            }
            Router node{.name =
                            index_name("i" + std::to_string(level), group.prefixes.front().text),
                        .rule = call("HostRegexp", group_pattern(group)).text()};
            render_exact(members, {node.name}, level + 1);
            siblings.add(std::move(node));
        }
        siblings.move_to(tree_.routers, below());
        leave_to_patterns(parents);
    }

    std::string index_name(std::string_view part, std::string_view key) const {
        return shortened(std::string(index_prefix) + "_" + tree_.label + "_" +
                         make_name({part, key}));
    }

    void add_exact(Siblings& siblings, const ir::Host& host) {
        std::vector<std::string> unmatched;
        add_host(siblings, host, unmatched);
        const std::optional<std::size_t> next = next_pattern(host.hostname);
        if (!next) return;
        auto& parents = pattern_parents_[*next];
        parents.insert(parents.end(), unmatched.begin(), unmatched.end());
    }

    /// `unmatched`: nodes below which a request stays though nothing there matched it.
    void add_host(Siblings& siblings, const ir::Host& host, std::vector<std::string>& unmatched) {
        const Rule rule = hostname_rule(host.hostname);
        if (host.entries.size() <= inlined_entries && is_exact(host.hostname)) {
            for (const ir::Entry& entry : host.entries) {
                tree_.leaves.add(siblings, entry, rule, place(host));
            }
            return;
        }
        Router node{.name = index_name("h", host.hostname), .rule = Rule(rule).text()};
        render_entries(
            tree_,
            {.parent = node.name, .entries = host.entries, .place = place(host), .below = below()},
            unmatched);
        siblings.add(std::move(node));
    }

    /// The most specific pattern that covers a hostname other than itself.
    std::optional<std::size_t> next_pattern(std::string_view hostname) const {
        if (hostname.starts_with("*.")) hostname.remove_prefix(2);
        while (true) {
            const std::size_t dot = hostname.find('.');
            if (dot == std::string_view::npos) break;
            const auto found = pattern_places_.find("*" + std::string(hostname.substr(dot)));
            if (found != pattern_places_.end()) return found->second;
            hostname.remove_prefix(dot + 1);
        }
        const auto any = pattern_places_.find("");
        return any == pattern_places_.end() ? std::nullopt : std::optional(any->second);
    }

    /// What no exact hostname under `parents` takes is left to the patterns.
    void leave_to_patterns(const std::vector<std::string>& parents) {
        if (!patterns_.empty()) leaving_.insert(leaving_.end(), parents.begin(), parents.end());
    }

    void render_patterns() {
        if (patterns_.empty()) return;
        std::vector<std::string> parents = leaving_;
        if (leaving_.size() > tree_.roots.size() && patterns_.size() > 1) {
            Router rest{.name = index_name("rest", ""),
                        .rule = Rule().text(),
                        .priority = 1,
                        .parents = leaving_};
            parents = {rest.name};
            tree_.routers.push_back(std::move(rest));
        }
        if (patterns_.size() <= most_wildcards) {
            for (std::size_t i = 0; i < patterns_.size(); ++i)
                render_pattern(i, parents);
            return;
        }
        const std::size_t step = std::max(most_wildcards, patterns_.size() / most_wildcards);
        for (std::size_t i = 0; i < patterns_.size(); i += step) {
            render_group(i, std::min(patterns_.size(), i + step), parents);
        }
    }

    /// Patterns [first, last) under a node that matches what one of them matches.
    void
    render_group(std::size_t first, std::size_t last, const std::vector<std::string>& parents) {
        std::string suffixes;
        for (std::size_t i = first; i < last; ++i) {
            if (patterns_[i]->hostname.empty()) continue;
            suffixes += suffixes.empty() ? "" : "|";
            suffixes += base::quote_regex(std::string_view(patterns_[i]->hostname).substr(1));
        }
        const bool has_any = patterns_[last - 1]->hostname.empty();
        Router node{.name = index_name("w", patterns_[first]->hostname),
                    .rule = has_any ? Rule().text()
                                    : call("HostRegexp", "^.+(?:" + suffixes + ")\\.?$").text(),
                    .priority = priority_of_pattern(first),
                    .parents = parents};
        for (std::size_t i = first; i < last; ++i)
            render_pattern(i, {node.name});
        tree_.routers.push_back(std::move(node));
    }

    std::int64_t priority_of_pattern(std::size_t index) const {
        return below() - static_cast<std::int64_t>(index);
    }

    void render_pattern(std::size_t index, const std::vector<std::string>& parents) {
        const ir::Host& host = *patterns_[index];
        Router node{.name = index_name("h", host.hostname),
                    .rule = hostname_rule(host.hostname).text(),
                    .priority = priority_of_pattern(index),
                    .parents = parents};
        const auto& after_others = pattern_parents_[index];
        node.parents.insert(node.parents.end(), after_others.begin(), after_others.end());
        std::vector<std::string> unmatched;
        render_entries(
            tree_,
            {.parent = node.name, .entries = host.entries, .place = place(host), .below = below()},
            unmatched);
        if (const auto next = host.hostname.empty() ? std::nullopt : next_pattern(host.hostname)) {
            auto& later = pattern_parents_[*next];
            later.insert(later.end(), unmatched.begin(), unmatched.end());
        }
        tree_.routers.push_back(std::move(node));
    }

    const ListenerTree& tree_;
    std::vector<const ir::Host*> exact_;     ///< by hostname
    std::vector<const ir::Host*> patterns_;  ///< most specific first
    std::map<std::string, std::size_t, std::less<>> pattern_places_;
    std::vector<std::vector<std::string>> pattern_parents_;  ///< hostname nodes that fall through
    std::vector<std::string> leaving_;  ///< nodes whose hosts are not all exact ones
};

}  // namespace

void render_tree(const ListenerTree& tree) {
    HostTree(tree).render();
}

}  // namespace gatefile::traefik
