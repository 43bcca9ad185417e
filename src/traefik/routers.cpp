// SPDX-License-Identifier: Apache-2.0
#include "routers.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "challenges.hpp"
#include "names.hpp"
#include "winning.hpp"

namespace gatefile::traefik {
namespace {

/// Traefik gives routers without a priority the length of their rule, so every other provider's are
/// below this one and above zero.
constexpr std::int64_t first_winning_priority = 1'000'000'000;
constexpr std::int64_t first_yielding_priority = 0;
constexpr std::int64_t first_challenge_priority = 2'000'000'000;

Router make_leaf(std::string name, Rule rule, std::string service) {
    return {.name = std::move(name), .rule = std::move(rule).text(), .service = std::move(service)};
}

bool is_get_or_head(const std::optional<std::string>& method) {
    return method && (*method == "GET" || *method == "HEAD");
}

/// Priorities of roots, counted per entry point.
class RootPriorities {
public:
    explicit RootPriorities(std::int64_t first) : first_(first) {}

    std::int64_t next(const std::string& entry_point) { return first_ - ++ranks_[entry_point]; }

private:
    std::int64_t first_;
    std::map<std::string, std::int64_t> ranks_;
};

class ListenerRenderer {
public:
    ListenerRenderer(Draft& draft, const RenderedRules& rules)
        : draft_(draft), rules_(rules), leaves_(draft, rules.targets),
          priorities_(draft.settings.coexist == Coexist::Yield ? first_yielding_priority
                                                               : first_winning_priority),
          behind_others_(first_yielding_priority), of_challenges_(first_challenge_priority),
          roots_(render_roots(draft)) {}

    void render(std::size_t index) {
        const ir::Listener& listener = draft_.config.listeners[index];
        const std::size_t before = draft_.dynamic.routers.size();
        render_routers(index, listener);
        if (draft_.settings.coexist == Coexist::Win) {
            leave_the_rest(draft_.dynamic.routers, before, draft_.config, listener, [&] {
                return behind_others_.next(listener.entry_point);
            });
        }
        if (draft_.settings.shared && !listener.fail) render_challenges(index, listener);
    }

private:
    void render_routers(std::size_t index, const ir::Listener& listener) {
        const std::string label = listener_label(draft_.config, listener);
        if (listener.fail || !listener.filters.empty()) {
            // Filters run before matches are looked at, which takes a router above these.
            render_nested(listener, label, roots_[index], rules_.listeners[index]);
        } else if (draft_.settings.shape == Shape::Flat) {
            render_flat(listener, label, roots_[index]);
        } else if (is_rootless(listener)) {
            render_rootless(listener, label);
        } else {
            render_nested(listener, label, roots_[index], {});
        }
    }

    static bool is_empty(const ir::Listener& listener) {
        return std::ranges::all_of(listener.hosts,
                                   [](const ir::Host& host) { return host.entries.empty(); });
    }

    Router make_root(const ir::Listener& listener, const std::string& label, const Root& root) {
        Router router{.name = std::string(index_prefix) + "_" + label,
                      .rule = Rule(root.rule).text(),
                      .priority = priorities_.next(listener.entry_point),
                      .entry_points = {listener.entry_point},
                      .tls = root.tls};
        if (!root.part.empty()) router.name = with_part(router.name, root.part);
        if (root.misdirected) router.service = status_service(draft_, 421);
        if (listener.fail) router.service = status_service(draft_, listener.fail->status);
        return router;
    }

    void render_nested(const ir::Listener& listener,
                       const std::string& label,
                       const std::vector<Root>& roots,
                       const std::vector<std::string>& middlewares) {
        ListenerTree tree{.listener = listener,
                          .label = label,
                          .roots = {},
                          .leaves = leaves_,
                          .routers = draft_.dynamic.routers};
        for (const Root& root : roots) {
            Router router = make_root(listener, label, root);
            // Without routes the listener takes its requests all the same.
            if (router.service.empty() && is_empty(listener)) {
                router.service = status_service(draft_, 404);
            }
            if (!root.misdirected) router.middlewares = middlewares;
            if (router.service.empty()) tree.roots.push_back(router.name);
            draft_.dynamic.routers.push_back(std::move(router));
        }
        if (!tree.roots.empty()) render_tree(tree);
    }

    /// Whether the first layer of the tree may stand at the entry point itself: nothing ranks below
    /// a listener without a hostname that would take what it leaves, and no node of that layer
    /// needs to be elsewhere too.
    bool is_rootless(const ir::Listener& listener) const {
        // Nodes for ranges of hosts would take what no route of ours has.
        return draft_.settings.coexist == Coexist::Yield && !listener.tls &&
               listener.hostname.empty() && !is_empty(listener) &&
               (is_flat(listener) || has_exact_hosts_only(listener));
    }

    void render_rootless(const ir::Listener& listener, const std::string& label) {
        std::vector<Router>& routers = draft_.dynamic.routers;
        const std::size_t before = routers.size();
        render_tree({.listener = listener,
                     .label = label,
                     .roots = {},
                     .leaves = leaves_,
                     .routers = routers});
        std::vector<Router*> roots;
        for (Router& router : std::span(routers).subspan(before)) {
            if (router.parents.empty()) roots.push_back(&router);
        }
        std::ranges::sort(roots, std::greater(), &Router::priority);
        for (Router* root : roots) {
            root->priority = priorities_.next(listener.entry_point);
            root->entry_points = {listener.entry_point};
        }
    }

    /// Every match as a root of its own, and behind them one that keeps what the listener's
    /// hostname takes from the less specific listeners.
    void render_flat(const ir::Listener& listener,
                     const std::string& label,
                     const std::vector<Root>& roots) {
        for (const Root& root : roots) {
            const auto add = [&](Router router) {
                router.priority = priorities_.next(listener.entry_point);
                router.entry_points = {listener.entry_point};
                router.tls = root.tls;
                if (!root.part.empty()) router.name = with_part(router.name, root.part);
                draft_.dynamic.routers.push_back(std::move(router));
            };
            if (!root.misdirected) {
                Siblings siblings({});
                for (const ir::Host& host : listener.hosts) {
                    const Rule rule = all_of(root.rule, hostname_rule(host.hostname));
                    const std::string place = place_of(label, host.hostname);
                    for (const ir::Entry& entry : host.entries) {
                        leaves_.add(siblings, entry, rule, place);
                    }
                }
                std::vector<Router> leaves;
                siblings.move_to(leaves, 0);
                for (Router& leaf : leaves)
                    add(std::move(leaf));
            }
            add({.name = std::string(index_prefix) + "_" + label,
                 .rule = Rule(root.rule).text(),
                 .service = status_service(draft_, root.misdirected ? 421 : 404)});
        }
    }

    /// Of challenges each match once more, above all other providers' routers: one of theirs that
    /// has all paths of a host is no reason to get no certificate for it.
    void render_challenges(std::size_t index, const ir::Listener& listener) {
        const std::string label = listener_label(draft_.config, listener);
        for (const ir::Host& host : listener.hosts) {
            const auto challenges = challenges_of(draft_.config, listener, host);
            if (challenges.empty()) continue;
            for (const Root& root : roots_[index]) {
                if (root.misdirected) continue;
                const Rule rule = all_of(root.rule, hostnames_rule({host.hostname}));
                Siblings siblings({});
                for (const ir::Entry& entry : challenges)
                    leaves_.add(siblings, entry, rule, place_of(label, host.hostname));
                std::vector<Router> routers;
                siblings.move_to(routers, 0);
                for (Router& router : routers) {
                    if (!root.part.empty()) router.name = with_part(router.name, root.part);
                    router.name = with_part(router.name, "challenge");
                    router.priority = of_challenges_.next(listener.entry_point);
                    router.entry_points = {listener.entry_point};
                    router.tls = root.tls;
                    router.middlewares = rules_.listeners[index];
                    draft_.dynamic.routers.push_back(std::move(router));
                }
            }
        }
    }

    Draft& draft_;
    const RenderedRules& rules_;
    Leaves leaves_;
    RootPriorities priorities_;
    RootPriorities behind_others_;
    RootPriorities of_challenges_;
    std::vector<std::vector<Root>> roots_;
};

}  // namespace

void Siblings::move_to(std::vector<Router>& routers, std::int64_t below) {
    std::int64_t priority = below + static_cast<std::int64_t>(routers_.size());
    for (Router& router : routers_) {
        router.priority = priority--;
        router.parents = parents_;
        routers.push_back(std::move(router));
    }
    routers_.clear();
}

Leaves::Leaves(const Draft& draft, std::span<const Target> targets)
    : config_(draft.config), targets_(targets) {
    rule_names_.reserve(config_.rules.size());
    for (const ir::Rule& rule : config_.rules) {
        rule_names_.push_back(rule_name(config_.routes[rule.route], rule));
    }
}

void Leaves::add(Siblings& siblings,
                 const ir::Entry& entry,
                 const Rule& host,
                 std::string_view place) const {
    const Target& target = targets_[entry.rule];
    std::string name = leaf_name(rule_names_[entry.rule], entry.match_index, place);
    Rule rule = all_of(host, match_rule(entry.match));
    if (!target.get_only || is_get_or_head(entry.match.method)) {
        siblings.add(make_leaf(std::move(name), std::move(rule), target.service));
        return;
    }
    if (!entry.match.method) {
        const Rule served = any_of(call("Method", "GET"), call("Method", "HEAD"));
        siblings.add(make_leaf(name, all_of(rule, served), target.service));
    }
    siblings.add(make_leaf(with_part(name, "refused"), std::move(rule), status_service_name(500)));
}

void render_listeners(Draft& draft, const RenderedRules& rules) {
    ListenerRenderer renderer(draft, rules);
    for (std::size_t i = 0; i < draft.config.listeners.size(); ++i)
        renderer.render(i);
}

}  // namespace gatefile::traefik
