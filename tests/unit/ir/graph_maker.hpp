// SPDX-License-Identifier: Apache-2.0
//
// Graphs by hand, for lower(): every object is made here, kept alive by a Snapshot, and accepted
// unless a test changes it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/lower.hpp"

namespace gatefile::ir::test {

struct ListenerPlan {
    std::string name = "web";
    std::string hostname;
    std::uint16_t port = 80;
    std::string entry_point = "web";
    bool tls = false;
};

class GraphMaker {
public:
    /// In Graph::gateways.
    std::size_t gateway(std::string_view name, std::vector<ListenerPlan> plans);
    /// A rule with one Prefix match and one backend of its own ("<route>-<rule>").
    static api::HttpRouteRule rule(std::vector<api::HttpRouteMatch> matches);
    static api::HttpRouteMatch prefix(std::string_view path);
    static api::HttpRouteMatch exact(std::string_view path);

    struct Where {
        std::size_t gateway = 0;
        std::size_t listener = 0;
        std::vector<graph::EffectiveHostname> hostnames;
    };
    /// In Graph::routes.
    std::size_t route(std::string_view name,
                      std::vector<api::HttpRouteRule> rules,
                      std::vector<Where> places,
                      std::optional<base::Timestamp> created = {});

    graph::Graph& graph() { return graph_; }
    diag::Diagnostics& diagnostics() { return diagnostics_; }
    Config lower() { return ir::lower(graph_, diagnostics_); }
    /// "code object path", one for each diagnostic.
    std::vector<std::string> said() const;

private:
    graph::Graph graph_;
    diag::Diagnostics diagnostics_;
    std::vector<std::unique_ptr<api::Gateway>> gateways_;
    std::vector<std::unique_ptr<api::HttpRoute>> routes_;
};

/// "route/rule[/variant]" for each entry of a host, in order; empty when there is no such host.
std::vector<std::string>
order_on(const Config& config, std::size_t listener, std::string_view hostname);

}  // namespace gatefile::ir::test
