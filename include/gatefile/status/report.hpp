// SPDX-License-Identifier: Apache-2.0
//
// Graph and diagnostics to status stanzas: a fold from the positive conditions over the code table.
// Decides nothing: whether something is valid has been decided by the graph.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gatefile/api/gateway.hpp"
#include "gatefile/api/objects.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::status {

struct Condition {
    std::string type;
    bool status = false;
    std::string reason;
    std::string message;  ///< at most 32,768 bytes
    std::int64_t observed_generation = 0;

    bool operator==(const Condition&) const = default;
};

struct ListenerStatus {
    std::string name;
    std::vector<api::RouteGroupKind> supported_kinds;
    std::size_t attached_routes = 0;
    std::vector<Condition> conditions;

    bool operator==(const ListenerStatus&) const = default;
};

struct RouteParentStatus {
    api::ParentRef parent_ref;  ///< as in spec, defaults filled in
    std::string controller_name;
    std::vector<Condition> conditions;

    bool operator==(const RouteParentStatus&) const = default;
};

/// Status of one object; the fields of its kind are filled, the others are empty.
struct ObjectStatus {
    diag::ObjectRef object;
    std::string api_version;
    std::vector<Condition> conditions;            // GatewayClass, Gateway, ListenerSet
    std::vector<api::GatewayAddress> addresses;   // Gateway
    std::vector<ListenerStatus> listeners;        // Gateway, ListenerSet
    std::size_t attached_listener_sets = 0;       // Gateway
    std::vector<RouteParentStatus> parents;       // routes; BackendTLSPolicy: its ancestors
    std::vector<std::string> supported_features;  // GatewayClass, sorted

    bool operator==(const ObjectStatus&) const = default;
};

/// Sorted by kind (GatewayClass, Gateway, then by the alphabet), namespace, name.
struct Report {
    api::Objects<ObjectStatus> objects;
};

/// Where an object stands in a report: to be compared.
std::tuple<int, std::string_view, std::string_view, std::string_view>
place_of(const diag::ObjectRef& object);

Report report(const graph::Graph& graph,
              const diag::Diagnostics& diagnostics,
              const std::string& controller_name);

/// A list of {apiVersion, kind, metadata, status}; without transition times unless `at` is given.
tree::Node encode(const Report& report, std::optional<base::Timestamp> at, tree::Arena& arena);

}  // namespace gatefile::status
