// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/roles.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "gatefile/tree/write.hpp"

namespace gatefile::analysis {

namespace {

using tree::Node;

constexpr const char* gateway_group = "gateway.networking.k8s.io";
constexpr const char* rbac_group = "rbac.authorization.k8s.io";
constexpr const char* role_name = "gatefile";
constexpr const char* cleanup_role_name = "gatefile-cleanup";
/// Where Events about objects without a namespace are.
constexpr const char* cluster_events_namespace = "default";

const std::vector<std::string> reading{"get", "list", "watch"};
/// Who is to write, and how many agents there are.
const std::vector<std::string> electing{"create", "delete", "get", "list", "update"};
/// Services of Gateways and their EndpointSlices.
const std::vector<std::string> making{"create", "delete", "patch"};

/// Of the Gateway API, in namespaces, with a status that we write.
const std::vector<std::string> told_resources{"backendtlspolicies",
                                              "gateways",
                                              "grpcroutes",
                                              "httproutes",
                                              "listenersets",
                                              "tcproutes",
                                              "tlsroutes",
                                              "udproutes"};

/// What is in namespaces, besides Secrets and ConfigMaps.
std::vector<RoleRule> namespaced_rules(const RoleSettings& settings) {
    std::vector<std::string> resources = told_resources;
    resources.emplace_back("referencegrants");
    std::vector<RoleRule> rules{{{gateway_group}, std::move(resources), {}, reading},
                                {{""}, {"services"}, {}, reading},
                                {{"discovery.k8s.io"}, {"endpointslices"}, {}, reading},
                                {{"traefik.io"}, {"middlewares", "traefikservices"}, {}, reading}};
    if (settings.writes_services) {
        rules.push_back({{""}, {"services"}, {}, making});
        rules.push_back({{"discovery.k8s.io"}, {"endpointslices"}, {}, making});
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
    if (settings.reads_bundle) {
        role.rules.push_back({{"apiextensions.k8s.io"},
                              {"customresourcedefinitions"},
                              {std::string(bundle_definition)},
                              {"get"}});
    }
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
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> by_name;
    for (diag::ObjectRef& object : needed_by_name(snapshot, selection)) {
        if (object.ns.empty()) continue;  // in the ClusterRole
        if (!watched.empty() && !watched.contains(object.ns)) continue;
        const std::string resource = object.kind == "Secret" ? "secrets" : "configmaps";
        by_name[{object.ns, resource}].push_back(std::move(object.name));
    }
    for (auto& [key, names] : by_name) {
        if (settings.secrets == SecretScope::Namespace) names.clear();
        by_namespace[key.first].push_back({{""}, {key.second}, std::move(names), reading});
    }
    if (!settings.lease_namespace.empty()) {
        by_namespace[settings.lease_namespace].push_back(
            {{"coordination.k8s.io"}, {"leases"}, {}, electing});
    }
    std::vector<Role> roles{cluster_role(settings)};
    for (auto& [ns, rules] : by_namespace) {
        roles.push_back({ns, role_name, std::move(rules)});
    }
    return roles;
}

std::vector<Role> cleanup_roles(const RoleSettings& settings) {
    std::vector<std::string> statuses;
    for (const std::string& resource : told_resources)
        statuses.push_back(resource + "/status");
    std::vector<RoleRule> namespaced{{{gateway_group}, told_resources, {}, reading},
                                     {{gateway_group}, std::move(statuses), {}, {"patch"}}};
    if (settings.writes_services) {
        const std::vector<std::string> deleting{"delete", "get", "list", "watch"};
        namespaced.push_back({{""}, {"services"}, {}, deleting});
        namespaced.push_back({{"discovery.k8s.io"}, {"endpointslices"}, {}, deleting});
    }
    std::map<std::string, std::vector<RoleRule>> by_namespace;
    Role cluster{{},
                 cleanup_role_name,
                 {{{gateway_group}, {"gatewayclasses"}, {}, reading},
                  {{gateway_group}, {"gatewayclasses/status"}, {}, {"patch"}}}};
    for (const std::string& ns : settings.watch_namespaces)
        by_namespace[ns] = namespaced;
    if (settings.watch_namespaces.empty()) {
        cluster.rules.insert(cluster.rules.end(), namespaced.begin(), namespaced.end());
    }
    if (!settings.lease_namespace.empty()) {
        by_namespace[settings.lease_namespace].push_back(
            {{"coordination.k8s.io"}, {"leases"}, {}, {"delete", "get", "list"}});
    }
    std::vector<Role> roles{std::move(cluster)};
    for (auto& [ns, rules] : by_namespace)
        roles.push_back({ns, cleanup_role_name, std::move(rules)});
    return roles;
}

std::vector<Role> member_roles(const RoleSettings& settings) {
    const std::vector<RoleRule> rules{{{""}, {"services"}, {}, reading},
                                      {{"discovery.k8s.io"}, {"endpointslices"}, {}, reading}};
    if (settings.watch_namespaces.empty()) return {{{}, role_name, rules}};
    std::vector<Role> roles;
    for (const std::string& ns : settings.watch_namespaces)
        roles.push_back({ns, role_name, rules});
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
    const bool elects = resource == "leases";
    const bool reads = std::find(reading.begin(), reading.end(), verb) != reading.end();
    const bool makes = !reads && (resource == "services" || resource == "endpointslices");
    RoleRule rule{{std::string(group)},
                  {std::string(resource)},
                  {},
                  elects  ? electing
                  : reads ? reading
                  : makes ? making
                          : std::vector{std::string(verb)}};
    Role role{std::string(ns), std::string(role_name) + "-" + std::string(resource), {}};
    // Beside the one for reading them.
    if (makes) role.name += "-made";
    // The API server knows no name yet when it is asked whether one may be created.
    if (!name.empty() && !elects && !makes && verb != "create") {
        rule.names.emplace_back(name);
        // Roles for two objects may be applied one after the other.
        role.name += "-" + rule.names.front();
    }
    role.rules.push_back(std::move(rule));
    std::replace(role.name.begin(), role.name.end(), '/', '-');
    Writer writer;
    return writer.role(role);
}

}  // namespace gatefile::analysis
