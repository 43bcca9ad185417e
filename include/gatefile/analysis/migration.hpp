// SPDX-License-Identifier: Apache-2.0
//
// The way from Traefik's own providers to gatefile, in order, for exactly the objects that are
// there: what to do, what can go wrong, and how to see that it went well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/graph/graph.hpp"

namespace gatefile::analysis {

/// What is expected of whoever carries out the step.
enum class StepKind : std::uint8_t {
    Prepare,  ///< changes nothing for traffic
    Copy,     ///< both serve afterwards
    Switch,   ///< from here on another one answers
    Remove,   ///< what nothing leads to any more
};

struct MigrationStep {
    StepKind kind = StepKind::Prepare;
    std::string title;
    std::vector<std::string> objects;  ///< "Ingress shop/web"
    std::vector<std::string> risks;    ///< differences of behaviour, and what has no equal
    std::string command;               ///< that shows whether it went well
    std::string expected;              ///< what it prints then
};

/// A host and path of an Ingress, or a rule of an IngressRoute, and what of ours has it already.
struct MigrationPath {
    std::string object;
    std::string host;        ///< empty: every host
    std::string path;        ///< of an IngressRoute its whole rule
    std::string covered_by;  ///< "HTTPRoute shop/web"; empty: nothing
    bool foreign_wins = true;  ///< who answers while both are there
};

struct MigrationPlan {
    std::vector<std::string> foreign_classes;  ///< GatewayClasses of Traefik's own provider
    /// "Ingress: ...": kinds that could not be read, and why; the plan knows nothing of them.
    std::vector<std::string> unread;
    /// "Ingress shop/web (nginx)": of classes of other controllers, which go on serving them.
    std::vector<std::string> left_out;
    /// "IngressRouteTCP shop/mail (of connections: ...)": what no HTTPRoute replaces.
    std::vector<std::string> streams;
    std::vector<MigrationPath> paths;
    std::vector<MigrationStep> steps;
};

struct MigrationEntryPoint {
    std::string name;
    bool tls = false;         ///< it gives TLS to its routers
    bool is_default = false;  ///< routers that name none are on it, and it does not redirect
};

struct MigrationSettings {
    std::string controller_name;
    bool wins = false;  ///< --coexist win
    std::string ingress_class;        ///< that Traefik's provider is confined to; empty: none
    std::string ingress_route_class;  ///< the same for IngressRoutes
    bool looks_up_classes = true;     ///< Traefik reads IngressClass objects
    api::IngressClasses classes = {};
    std::vector<MigrationEntryPoint> entry_points;  ///< empty: nothing is known of them
    std::vector<std::string> unread;                ///< as in the plan
};

/// `foreign`: the Ingress and IngressRoute objects beside those that the graph was built of.
MigrationPlan plan_migration(const graph::Graph& graph,
                             const std::vector<api::ForeignRoute>& foreign,
                             const MigrationSettings& settings);

std::string print_text(const MigrationPlan& plan);
std::string print_json(const MigrationPlan& plan);

}  // namespace gatefile::analysis
