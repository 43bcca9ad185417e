// SPDX-License-Identifier: Apache-2.0
//
// Listeners of the IR as router trees (design.md §3.2): roots, an index over hostnames, hostname
// nodes, an index over paths, and the routers of the matches as leaves. What a request reaches is
// what ir::Matcher says.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "draft.hpp"
#include "services.hpp"
#include "tls.hpp"

namespace gatefile::traefik {

/// Children of one set of parents, in the order in which they are to be tried.
class Siblings {
public:
    explicit Siblings(std::vector<std::string> parents) : parents_(std::move(parents)) {}

    void expect(std::size_t count) { routers_.reserve(count); }
    void add(Router router) { routers_.push_back(std::move(router)); }
    std::size_t size() const { return routers_.size(); }
    const std::vector<std::string>& parents() const { return parents_; }
    /// Gives out strictly falling priorities, the last one above `below`.
    void move_to(std::vector<Router>& routers, std::int64_t below);

private:
    std::vector<std::string> parents_;
    std::vector<Router> routers_;
};

/// Makes the routers of matches.
class Leaves {
public:
    Leaves(const Draft& draft, std::span<const Target> targets);

    /// The routers of one entry (two where a redirect serves some methods only), for requests that
    /// `host` matches too. `place` tells the listener and hostname in the name.
    void
    add(Siblings& siblings, const ir::Entry& entry, const Rule& host, std::string_view place) const;

private:
    const ir::Config& config_;
    std::span<const Target> targets_;
    std::vector<std::string> rule_names_;
};

/// What is said of one listener while its tree is made.
struct ListenerTree {
    const ir::Listener& listener;
    std::string label;  ///< an escaped name part, unique among listeners
    std::vector<std::string> roots;
    const Leaves& leaves;
    std::vector<Router>& routers;
};

/// Whether all matches of a listener stand in one list.
bool is_flat(const ir::Listener& listener);
bool has_exact_hosts_only(const ir::Listener& listener);

/// The tree under the roots of a listener that has at least one entry; without roots its first
/// layer has no parents.
void render_tree(const ListenerTree& tree);

/// Entries of one hostname under `parent`, behind an index over paths where there are many. Names
/// of nodes from which a request that nothing matched has to go on are added to `fall_through`;
/// their own children have priorities above `below`.
struct EntryList {
    std::string parent;
    std::span<const ir::Entry> entries;
    std::string place;
    std::int64_t below = 0;
};
void render_entries(const ListenerTree& tree,
                    const EntryList& list,
                    std::vector<std::string>& fall_through);

void render_listeners(Draft& draft, const RenderedRules& rules);

}  // namespace gatefile::traefik
