// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/roles.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "gatefile/graph/build.hpp"
#include "gatefile/tree/write.hpp"
#include "route_secrets.hpp"

namespace gatefile::analysis {

namespace {

using tree::Node;

constexpr const char* gateway_group = "gateway.networking.k8s.io";
constexpr const char* rbac_group = "rbac.authorization.k8s.io";
constexpr const char* role_name = "gatefile";
/// Where Events about objects without a namespace are.
constexpr const char* cluster_events_namespace = "default";

const std::vector<std::string> reading{"get", "list", "watch"};

/// Of the Gateway API, in namespaces, with a status that we write.
const std::vector<std::string> told_resources{"backendtlspolicies",
                                              "gateways",
                                              "grpcroutes",
                                              "httproutes",
                                              "listenersets",
                                              "tcproutes",
                                              "tlsroutes",
                                              "udproutes"};

/// A Gateway or ListenerSet that names certificates.
struct Owner {
    std::string_view kind;
    const std::string& ns;
};

bool permits(const api::ReferenceGrant& grant, const Owner& owner, const diag::ObjectRef& secret) {
    return grant.meta.ns == secret.ns &&
           std::any_of(grant.from.begin(),
                       grant.from.end(),
                       [&](const auto& from) {
                           return from.group == gateway_group && from.kind == owner.kind &&
                                  from.ns == owner.ns;
                       }) &&
           std::any_of(grant.to.begin(), grant.to.end(), [&](const auto& to) {
               return to.group.empty() && to.kind == "Secret" &&
                      (!to.name || *to.name == secret.name);
           });
}

bool may_refer(const api::Snapshot& snapshot, const Owner& owner, const diag::ObjectRef& secret) {
    return secret.ns == owner.ns ||
           std::any_of(snapshot.reference_grants.begin(),
                       snapshot.reference_grants.end(),
                       [&](const auto& grant) { return permits(grant, owner, secret); });
}

void add_secrets(const api::Snapshot& snapshot,
                 const Owner& owner,
                 const std::vector<api::Listener>& listeners,
                 std::set<diag::ObjectRef>& secrets) {
    for (const api::Listener& listener : listeners) {
        if (!listener.tls) continue;
        for (const api::ObjectReference& ref : listener.tls->certificate_refs) {
            if (!ref.group.empty() || ref.kind != "Secret") continue;
            diag::ObjectRef secret{"Secret", ref.ns.value_or(owner.ns), ref.name};
            if (may_refer(snapshot, owner, secret)) secrets.insert(std::move(secret));
        }
    }
}

/// What is in namespaces, besides Secrets.
std::vector<RoleRule> namespaced_rules(const RoleSettings& settings) {
    std::vector<std::string> resources = told_resources;
    resources.emplace_back("referencegrants");
    std::vector<RoleRule> rules{{{gateway_group}, std::move(resources), {}, reading},
                                {{""}, {"services"}, {}, reading},
                                {{"discovery.k8s.io"}, {"endpointslices"}, {}, reading},
                                {{"traefik.io"}, {"middlewares"}, {}, reading}};
    if (settings.writes_services) {
        const std::vector<std::string> writing{"create", "delete", "patch"};
        rules.push_back({{""}, {"services"}, {}, writing});
        rules.push_back({{"discovery.k8s.io"}, {"endpointslices"}, {}, writing});
    }
    if (settings.writes_status) {
        std::vector<std::string> statuses;
        for (const std::string& resource : told_resources)
            statuses.push_back(resource + "/status");
        rules.push_back({{gateway_group}, std::move(statuses), {}, {"patch"}});
    }
    return rules;
}

const RoleRule event_rule{{"events.k8s.io"}, {"events"}, {}, {"create"}};

/// Everything that is in no namespace, and with all namespaces watched what is in any.
Role cluster_role(const RoleSettings& settings) {
    Role role{"", role_name, {}};
    role.rules.push_back({{gateway_group}, {"gatewayclasses"}, {}, reading});
    role.rules.push_back({{""}, {"namespaces"}, {}, reading});
    role.rules.push_back({{"certificates.k8s.io"}, {"clustertrustbundles"}, {}, reading});
    if (settings.writes_status) {
        role.rules.push_back({{gateway_group}, {"gatewayclasses/status"}, {}, {"patch"}});
    }
    if (settings.watch_namespaces.empty()) {
        const std::vector<RoleRule> rules = namespaced_rules(settings);
        role.rules.insert(role.rules.end(), rules.begin(), rules.end());
        if (settings.writes_events) role.rules.push_back(event_rule);
    }
    return role;
}

class Writer {
public:
    std::string document(std::string_view kind,
                         const std::string& ns,
                         std::string_view name,
                         std::vector<tree::Entry> fields) {
        std::vector<tree::Entry> metadata{{"name", {}, text(name)}};
        if (!ns.empty()) metadata.push_back({"namespace", {}, text(ns)});
        std::vector<tree::Entry> entries{{"apiVersion", {}, text("rbac.authorization.k8s.io/v1")},
                                         {"kind", {}, text(kind)},
                                         {"metadata", {}, map(metadata)}};
        entries.insert(entries.end(), fields.begin(), fields.end());
        return tree::write_yaml(map(entries), tree::Templates::Plain);
    }

    std::string role(const Role& role) {
        std::vector<Node> rules;
        for (const RoleRule& rule : role.rules) {
            std::vector<tree::Entry> entries{{"apiGroups", {}, list(rule.groups)},
                                             {"resources", {}, list(rule.resources)}};
            if (!rule.names.empty()) entries.push_back({"resourceNames", {}, list(rule.names)});
            entries.push_back({"verbs", {}, list(rule.verbs)});
            rules.push_back(map(entries));
        }
        return document(
            kind_of(role), role.ns, role.name, {{"rules", {}, Node::list(arena_.copy(rules))}});
    }

    std::string binding(const Role& role, const ServiceAccount& account) {
        const Node role_ref = map({{"apiGroup", {}, text(rbac_group)},
                                   {"kind", {}, text(kind_of(role))},
                                   {"name", {}, text(role.name)}});
        const Node subject = map({{"kind", {}, text("ServiceAccount")},
                                  {"name", {}, text(account.name)},
                                  {"namespace", {}, text(account.ns)}});
        return document(role.ns.empty() ? "ClusterRoleBinding" : "RoleBinding",
                        role.ns,
                        role.name,
                        {{"roleRef", {}, role_ref},
                         {"subjects", {}, Node::list(arena_.copy(std::vector<Node>{subject}))}});
    }

private:
    static std::string_view kind_of(const Role& role) {
        return role.ns.empty() ? "ClusterRole" : "Role";
    }
    Node text(std::string_view value) { return Node::string(arena_.copy(value)); }
    Node map(const std::vector<tree::Entry>& entries) { return Node::map(arena_.copy(entries)); }
    Node list(const std::vector<std::string>& items) {
        std::vector<Node> nodes;
        for (const std::string& item : items) {
            nodes.push_back(text(item));
        }
        return Node::list(arena_.copy(nodes));
    }

    tree::Arena arena_;
};

}  // namespace

std::vector<diag::ObjectRef> needed_secrets(const api::Snapshot& snapshot,
                                            const graph::Selection& selection) {
    std::set<diag::ObjectRef> secrets;
    for (const api::Gateway& gateway : snapshot.gateways) {
        if (graph::is_selected(snapshot, selection, gateway)) {
            add_secrets(snapshot, {"Gateway", gateway.meta.ns}, gateway.listeners, secrets);
        }
    }
    for (const api::ListenerSet& set : snapshot.listener_sets) {
        const api::Gateway* gateway = snapshot.find_gateway(
            set.parent_ref.ns ? *set.parent_ref.ns : set.meta.ns, set.parent_ref.name);
        if (gateway != nullptr && graph::is_selected(snapshot, selection, *gateway) &&
            graph::allows(snapshot, selection, *gateway, set)) {
            add_secrets(snapshot, {"ListenerSet", set.meta.ns}, set.listeners, secrets);
        }
    }
    add_route_secrets(snapshot, selection, secrets);
    return {secrets.begin(), secrets.end()};
}

std::vector<Role> needed_roles(const api::Snapshot& snapshot,
                               const graph::Selection& selection,
                               const RoleSettings& settings) {
    const std::set<std::string> watched(settings.watch_namespaces.begin(),
                                        settings.watch_namespaces.end());
    std::map<std::string, std::vector<RoleRule>> by_namespace;
    for (const std::string& ns : watched) {
        by_namespace[ns] = namespaced_rules(settings);
        if (settings.writes_events) by_namespace[ns].push_back(event_rule);
    }
    if (!watched.empty() && settings.writes_events && !watched.contains(cluster_events_namespace)) {
        by_namespace[cluster_events_namespace].push_back(event_rule);
    }
    std::map<std::string, std::vector<std::string>> secrets;
    for (diag::ObjectRef& secret : needed_secrets(snapshot, selection)) {
        if (watched.empty() || watched.contains(secret.ns)) {
            secrets[secret.ns].push_back(std::move(secret.name));
        }
    }
    for (auto& [ns, names] : secrets) {
        if (settings.secrets == SecretScope::Namespace) names.clear();
        by_namespace[ns].push_back({{""}, {"secrets"}, std::move(names), reading});
    }
    if (!settings.lease_namespace.empty()) {
        by_namespace[settings.lease_namespace].push_back(
            {{"coordination.k8s.io"}, {"leases"}, {}, {"create", "get", "list", "update"}});
    }
    std::vector<Role> roles{cluster_role(settings)};
    for (auto& [ns, rules] : by_namespace) {
        roles.push_back({ns, role_name, std::move(rules)});
    }
    return roles;
}

std::string write_roles(const std::vector<Role>& roles, const ServiceAccount& account) {
    std::string text;
    for (const Role& role : roles) {
        Writer writer;
        if (!text.empty()) text += "---\n";
        text += writer.role(role);
        text += "---\n";
        text += writer.binding(role, account);
    }
    return text;
}

std::string role_for(std::string_view verb,
                     std::string_view group,
                     std::string_view resource,
                     std::string_view ns,
                     std::string_view name) {
    const bool reads = std::find(reading.begin(), reading.end(), verb) != reading.end();
    RoleRule rule{{std::string(group)},
                  {std::string(resource)},
                  {},
                  reads ? reading : std::vector{std::string(verb)}};
    // The API server knows no name yet when it is asked whether one may be created.
    if (!name.empty() && verb != "create") rule.names.emplace_back(name);
    Role role{std::string(ns), std::string(role_name) + "-" + std::string(resource), {rule}};
    std::replace(role.name.begin(), role.name.end(), '/', '-');
    Writer writer;
    return writer.role(role);
}

}  // namespace gatefile::analysis
