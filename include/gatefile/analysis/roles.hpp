// SPDX-License-Identifier: Apache-2.0
//
// The least that an agent must be allowed in a cluster (`gatefile rbac`), for the objects that
// there are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/build.hpp"

namespace gatefile::analysis {

/// The CustomResourceDefinition that is asked for the release of the Gateway API.
inline constexpr std::string_view bundle_definition = "httproutes.gateway.networking.k8s.io";

struct RoleRule {
    std::vector<std::string> groups;  ///< "" is the core group
    std::vector<std::string> resources;
    std::vector<std::string> names;  ///< empty: all
    std::vector<std::string> verbs;
};

struct Role {
    std::string ns;  ///< empty: a ClusterRole
    std::string name;
    std::vector<RoleRule> rules;
};

struct ServiceAccount {
    std::string ns;
    std::string name;
};

/// Of ConfigMaps as well.
enum class SecretScope : std::uint8_t {
    Names,      ///< those that are referred to now, and no others
    Namespace,  ///< all in their namespaces, so that a new one needs no new Role
};

struct RoleSettings {
    SecretScope secrets = SecretScope::Names;
    std::vector<std::string> watch_namespaces;  ///< empty: all
    bool writes_status = true;
    bool writes_events = true;
    bool writes_services = false;  ///< --gateway-services
    std::string lease_namespace;   ///< empty: no Leases
    bool reads_bundle = false;     ///< bundle_definition: only a warning comes of it
};

/// The Secrets, ConfigMaps and ClusterTrustBundles that Gateways of ours refer to, ListenerSets
/// that they take, Middlewares that their routes run and BackendTLSPolicies of the routes'
/// backends, sorted; in other namespaces only where a ReferenceGrant permits it.
std::vector<diag::ObjectRef> needed_by_name(const api::Snapshot& snapshot,
                                            const graph::Selection& selection);

/// The ClusterRole, then one Role for each namespace that needs one, sorted.
std::vector<Role> needed_roles(const api::Snapshot& snapshot,
                               const graph::Selection& selection,
                               const RoleSettings& settings);

/// What `gatefile cleanup` must be allowed, whatever objects there are: to read what has a status of
/// ours and to patch it, and to delete what the agents made. `secrets` and `writes_events` do not
/// matter.
std::vector<Role> cleanup_roles(const RoleSettings& settings);

/// What the agent must be allowed in a cluster that stands beside the one with the Gateways, whatever
/// objects there are. Of the settings only the namespaces matter.
std::vector<Role> member_roles(const RoleSettings& settings);

/// YAML documents: each Role, and the binding that gives it to the account.
std::string write_roles(const std::vector<Role>& roles, const ServiceAccount& account);

/// The Role that cures a 403, as YAML. Empty `ns`: a ClusterRole; empty `name`: all objects. Where
/// one verb of reading was refused, all three are in it, and of Leases and of what an agent makes all
/// that it needs.
std::string role_for(std::string_view verb,
                     std::string_view group,
                     std::string_view resource,
                     std::string_view ns,
                     std::string_view name);

}  // namespace gatefile::analysis
