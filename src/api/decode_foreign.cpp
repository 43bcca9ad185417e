// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "gatefile/api/foreign.hpp"
#include "gatefile/base/call_arguments.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api {

namespace {

constexpr std::string_view ingress_group = "networking.k8s.io";
constexpr std::string_view router_annotation = "traefik.ingress.kubernetes.io/router.";
constexpr std::string_view class_annotation = "kubernetes.io/ingress.class";
constexpr std::string_view default_class_annotation = "ingressclass.kubernetes.io/is-default-class";
constexpr std::string_view traefik_controller = "traefik.io/ingress-controller";

std::string text_at(const tree::Node* map, std::string_view key) {
    const tree::Node* found = map == nullptr ? nullptr : map->find(key);
    if (found == nullptr) return {};
    if (found->is_int()) return std::to_string(found->as_int());
    return found->is_string() ? std::string(found->as_string()) : std::string();
}

const tree::Node* at(const tree::Node* map, std::string_view key) {
    return map == nullptr ? nullptr : map->find(key);
}

std::span<const tree::Node> items_at(const tree::Node* map, std::string_view key) {
    const tree::Node* found = at(map, key);
    return found != nullptr && found->is_list() ? found->items() : std::span<const tree::Node>();
}

StringMap strings_at(const tree::Node* map, std::string_view key) {
    StringMap strings;
    const tree::Node* found = at(map, key);
    if (found == nullptr || !found->is_map()) return strings;
    for (const tree::Entry& entry : found->entries()) {
        if (!entry.value.is_string()) continue;
        strings.emplace_back(entry.key, entry.value.as_string());
    }
    std::ranges::sort(strings);
    return strings;
}

std::string find_in(const StringMap& map, std::string_view key) {
    const std::string* found = find(map, key);
    return found == nullptr ? std::string() : *found;
}

std::vector<std::string> words(std::string_view list) {
    std::vector<std::string> found;
    for (const std::string_view word : base::split(list, ',')) {
        const std::string_view trimmed = base::trim(word);
        if (!trimmed.empty()) found.emplace_back(trimmed);
    }
    return found;
}

std::string service_of(const tree::Node* backend) {
    const tree::Node* service = at(backend, "service");
    const tree::Node* port = at(service, "port");
    const std::string number = text_at(port, "number");
    return text_at(service, "name") + ":" + (number.empty() ? text_at(port, "name") : number);
}

void read_ingress(const tree::Node* spec, ForeignRoute& route) {
    const auto annotation = [&route](std::string_view name) {
        return find_in(route.annotations, std::string(router_annotation) + std::string(name));
    };
    if (std::string name = text_at(spec, "ingressClassName"); !name.empty()) {
        route.ingress_class = std::move(name);
        route.names_class_object = true;
    }
    route.entry_points = words(annotation("entrypoints"));
    route.tls_options = annotation("tls.options");
    route.cert_resolver = annotation("tls.certresolver");
    route.tls =
        annotation("tls") == "true" || !route.tls_options.empty() || !route.cert_resolver.empty();
    for (const tree::Node& tls : items_at(spec, "tls")) {
        if (std::string name = text_at(&tls, "secretName"); !name.empty()) {
            route.tls_secrets.push_back(std::move(name));
        }
    }
    route.has_default_backend = at(spec, "defaultBackend") != nullptr;
    for (const tree::Node& rule : items_at(spec, "rules")) {
        for (const tree::Node& path : items_at(at(&rule, "http"), "paths")) {
            ForeignRule made{.path = text_at(&path, "path"),
                             .path_type = text_at(&path, "pathType"),
                             .service = service_of(at(&path, "backend"))};
            if (std::string host = text_at(&rule, "host"); !host.empty()) {
                made.hosts.push_back(base::to_lower(host));
            }
            route.rules.push_back(std::move(made));
        }
    }
}

void read_ingress_route(const tree::Node* spec, ForeignRoute& route) {
    for (const tree::Node& item : items_at(spec, "entryPoints")) {
        if (item.is_string()) route.entry_points.emplace_back(item.as_string());
    }
    if (const tree::Node* tls = at(spec, "tls"); tls != nullptr && tls->is_map()) {
        route.tls = true;
        route.cert_resolver = text_at(tls, "certResolver");
        if (std::string name = text_at(tls, "secretName"); !name.empty()) {
            route.tls_secrets.push_back(std::move(name));
        }
        const tree::Node* options = at(tls, "options");
        if (const std::string name = text_at(options, "name"); name.find('@') != name.npos) {
            route.tls_options = name;
        } else if (!name.empty()) {
            const std::string ns = text_at(options, "namespace");
            route.tls_options =
                (ns.empty() ? route.object.ns : ns) + "-" + name + "@kubernetescrd";
        }
    }
    for (const tree::Node& item : items_at(spec, "routes")) {
        ForeignRule made{.match = text_at(&item, "match")};
        const std::string_view function =
            route.object.kind == "IngressRouteTCP" ? "HostSNI" : "Host";
        for (const std::string& host : base::call_arguments(made.match, function)) {
            made.hosts.push_back(base::to_lower(host));
        }
        for (const tree::Node& middleware : items_at(&item, "middlewares")) {
            const std::string ns = text_at(&middleware, "namespace");
            made.middlewares.push_back((ns.empty() ? route.object.ns : ns) + "/" +
                                       text_at(&middleware, "name"));
        }
        for (const tree::Node& service : items_at(&item, "services")) {
            if (!made.service.empty()) made.service += ", ";
            made.service += text_at(&service, "name") + ":" + text_at(&service, "port");
        }
        route.rules.push_back(std::move(made));
    }
}

}  // namespace

bool is_foreign(std::string_view group, std::string_view kind) {
    return (group == ingress_group && kind == "Ingress") ||
           (group == "traefik.io" && (kind == "IngressRoute" || kind == "IngressRouteTCP" ||
                                      kind == "IngressRouteUDP"));
}

bool is_ingress_class(std::string_view group, std::string_view kind) {
    return group == ingress_group && kind == "IngressClass";
}

const IngressClass* IngressClasses::find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(all, name, {}, &IngressClass::name);
    return found == all.end() || found->name != name ? nullptr : &*found;
}

/// As shouldProcessIngress of Traefik's provider (pkg/provider/kubernetes/ingress/kubernetes.go).
bool is_of_class(const ForeignRoute& route,
                 const IngressSelection& selection,
                 const IngressClasses& classes) {
    const std::string_view wanted = selection.ingress_class;
    if (route.names_class_object) {
        if (!selection.looks_up_classes) return false;
        const IngressClass* known = classes.find(route.ingress_class);
        if (known != nullptr) {
            return known->controller == traefik_controller &&
                   (wanted.empty() || wanted == known->name);
        }
        if (classes.complete) return false;
    }
    if (route.ingress_class == wanted) return true;
    return wanted.empty() && route.ingress_class == "traefik";
}

void give_default_class(std::vector<ForeignRoute>& routes, const IngressClasses& classes) {
    const auto chosen = std::ranges::find(classes.all, true, &IngressClass::is_default);
    if (chosen == classes.all.end()) return;
    for (ForeignRoute& route : routes) {
        if (route.object.kind != "Ingress" || route.names_class_object) continue;
        if (find(route.annotations, class_annotation) != nullptr) continue;
        route.ingress_class = chosen->name;
        route.names_class_object = true;
    }
}

ForeignRoute decode_foreign(const tree::Node& object, const diag::ObjectRef& ref) {
    ForeignRoute route{.object = ref};
    const tree::Node* metadata = object.find("metadata");
    route.annotations = strings_at(metadata, "annotations");
    route.labels = strings_at(metadata, "labels");
    route.ingress_class = find_in(route.annotations, class_annotation);
    const tree::Node* spec = object.find("spec");
    if (ref.kind == "Ingress") {
        read_ingress(spec, route);
    } else {
        read_ingress_route(spec, route);
    }
    if (route.tls_options == "default") route.tls_options.clear();
    return route;
}

IngressClass decode_ingress_class(const tree::Node& object, std::string_view name) {
    const StringMap annotations = strings_at(object.find("metadata"), "annotations");
    return {.name = std::string(name),
            .controller = text_at(object.find("spec"), "controller"),
            .is_default = find_in(annotations, default_class_annotation) == "true"};
}

}  // namespace gatefile::api
