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

/// Matches of a whole listener that are compared one by one, without nodes.
constexpr std::size_t flat_entries = 24;
/// Hostnames that are compared one by one; longer lists are split down to buckets.
constexpr std::size_t longest_list = 24;
constexpr std::size_t bucket_size = 16;
/// Wildcard hostnames that are compared one by one; more of them are tried in groups.
constexpr std::size_t most_wildcards = 100;

bool is_exact(std::string_view hostname) {
    return !hostname.empty() && hostname.front() != '*';
}

/// What DNS names consist of; anything else would have to be quoted in a character class.
bool may_share(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

class HostTree {
public:
    explicit HostTree(const ListenerTree& tree) : tree_(tree) {
        for (const ir::Host& host : tree.listener.hosts) {
            if (host.entries.empty()) continue;
            (is_exact(host.hostname) ? exact_ : patterns_).push_back(&host);
        }
        pattern_parents_.resize(patterns_.size());
        for (std::size_t i = 0; i < patterns_.size(); ++i) {
            pattern_places_.emplace(patterns_[i]->hostname, i);
        }
    }

    void render() {
        if (render_flat()) return;
        if (exact_.size() + patterns_.size() == 1) {
            render_only(exact_.empty() ? *patterns_.front() : *exact_.front());
            return;
        }
        const std::vector<Item> items = items_of(exact_);
        std::vector<const Item*> all;
        for (const Item& item : items)
            all.push_back(&item);
        render_exact(all, tree_.roots);
        render_patterns();
    }

private:
    std::int64_t below() const { return static_cast<std::int64_t>(patterns_.size()); }

    std::string place(const ir::Host& host) const {
        return place_of(tree_.label, host.hostname);
    }

    bool render_flat() {
        if (!is_flat(tree_.listener)) return false;
        Siblings siblings(tree_.roots);
        for (const ir::Host& host : tree_.listener.hosts) {
            const bool narrower = host.hostname != tree_.listener.hostname;
            const Rule rule = narrower ? hostname_rule(host.hostname) : Rule();
            for (const ir::Entry& entry : host.entries) {
                tree_.leaves.add(siblings, entry, rule, place(host));
            }
        }
        siblings.move_to(tree_.routers, 0);
        return true;
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

    /// Exact hostnames with a dot at their end, which the Host header may have too.
    struct Item {
        std::string key;
        const ir::Host* host;
    };

    static std::vector<Item> items_of(std::span<const ir::Host* const> hosts) {
        std::vector<Item> items;
        items.reserve(hosts.size());
        for (const ir::Host* host : hosts)
            items.push_back({host->hostname + ".", host});
        std::ranges::sort(items, {}, &Item::key);
        return items;
    }

    /// The hosts under `parents`; behind index nodes where they are many.
    void render_exact(const std::vector<const Item*>& items,
                      const std::vector<std::string>& parents) {
        Siblings siblings(parents);
        if (items.size() <= longest_list) {
            for (const Item* item : items)
                add_exact(siblings, *item->host);
        } else {
            render_groups(siblings, items);
        }
        siblings.move_to(tree_.routers, below());
        leave_to_patterns(parents);
    }

    void render_groups(Siblings& siblings, const std::vector<const Item*>& items) {
        std::vector<std::string_view> keys;
        keys.reserve(items.size());
        for (const Item* item : items)
            keys.push_back(item->key);
        for (const Group& group : split(keys, fan_out(items.size(), bucket_size), may_share)) {
            if (group.members.size() == 1) {
                add_exact(siblings, *items[group.members.front()]->host);
                continue;
            }
            std::vector<const Item*> members;
            for (const std::size_t member : group.members)
                members.push_back(items[member]);
            const Rule rule =
                group.next.empty() ? Rule() : call("HostRegexp", group_pattern("", group));
            Router node{.name = index_name("i" + std::to_string(++nodes_), members.front()->key),
                        .rule = Rule(rule).text()};
            render_exact(members, {node.name});
            siblings.add(std::move(node));
        }
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
        // A node for one match would cost more than it saves.
        if (host.entries.size() == 1 && is_exact(host.hostname)) {
            tree_.leaves.add(siblings, host.entries.front(), rule, place(host));
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
    std::vector<const ir::Host*> exact_;
    std::vector<const ir::Host*> patterns_;  ///< most specific first
    std::map<std::string, std::size_t, std::less<>> pattern_places_;
    std::vector<std::vector<std::string>> pattern_parents_;  ///< hostname nodes that fall through
    std::size_t nodes_ = 0;
    std::vector<std::string> leaving_;  ///< nodes whose hosts are not all exact ones
};

}  // namespace

bool is_flat(const ir::Listener& listener) {
    std::size_t entries = 0;
    for (const ir::Host& host : listener.hosts)
        entries += host.entries.size();
    return entries <= flat_entries;
}

bool has_exact_hosts_only(const ir::Listener& listener) {
    return std::ranges::all_of(listener.hosts, [](const ir::Host& host) {
        return host.entries.empty() || is_exact(host.hostname);
    });
}

void render_tree(const ListenerTree& tree) {
    HostTree(tree).render();
}

}  // namespace gatefile::traefik
