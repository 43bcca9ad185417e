// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/foreign.hpp"

#include <poll.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gatefile/source/api_server.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::source {

namespace {

struct ForeignKind {
    std::string_view kind;
    std::string_view group;
    std::string_view resource;
    std::string_view path;
};

constexpr ForeignKind ingress_classes{"IngressClass",
                                      "networking.k8s.io",
                                      "ingressclasses",
                                      "/apis/networking.k8s.io/v1/ingressclasses"};
constexpr ForeignKind routes[] = {
    {"Ingress", "networking.k8s.io", "ingresses", "/apis/networking.k8s.io/v1/ingresses"},
    {"IngressRoute", "traefik.io", "ingressroutes", "/apis/traefik.io/v1alpha1/ingressroutes"},
    {"IngressRouteTCP",
     "traefik.io",
     "ingressroutetcps",
     "/apis/traefik.io/v1alpha1/ingressroutetcps"},
    {"IngressRouteUDP",
     "traefik.io",
     "ingressrouteudps",
     "/apis/traefik.io/v1alpha1/ingressrouteudps"},
};

/// One call, waited for.
ApiAnswer ask(http::Client& client, ApiServer& server, const ForeignKind& kind) {
    std::optional<ApiAnswer> answer;
    server.call({.action = {.verb = "list",
                            .group = std::string(kind.group),
                            .resource = std::string(kind.resource),
                            .ns = {},
                            .name = {}},
                 .path = std::string(kind.path),
                 .body = {}},
                [&answer](ApiAnswer given) { answer = std::move(given); });
    while (!answer) {
        pollfd fd{client.fd(), POLLIN, 0};
        ::poll(&fd, 1, 100);
        client.turn();
    }
    return std::move(*answer);
}

std::string text_at(const tree::Node* map, std::string_view key) {
    const tree::Node* found = map == nullptr ? nullptr : map->find(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

using Degraded = std::function<void(const std::string& resource, const std::string& problem)>;

/// The objects of a kind go to `take`, with their metadata. Whether all that there are did.
base::Result<bool>
list(http::Client& client,
     ApiServer& server,
     const ForeignKind& kind,
     const Degraded& degraded,
     const std::function<void(const tree::Node& object, const tree::Node* metadata)>& take) {
    const ApiAnswer answer = ask(client, server, kind);
    if (answer.status == 404) return true;
    if (answer.status == 0) return base::Error{base::ErrorKind::Network, answer.problem};
    if (!answer.ok()) {
        degraded(std::string(kind.kind), answer.problem);
        return false;
    }
    const auto document = tree::read_json(answer.body);
    if (!document) return document.error();
    const tree::Node* items = document->root.find("items");
    if (items == nullptr || !items->is_list()) return true;
    for (const tree::Node& item : items->items())
        take(item, item.find("metadata"));
    return true;
}

}  // namespace

base::Result<Foreign> read_foreign(const AccessSettings& settings, const Degraded& degraded) {
    auto access = Access::open(settings);
    if (!access) return access.error();
    auto client = http::Client::open();
    if (!client) return client.error();
    ApiServer server(*client, *access, {});
    Foreign found;
    const auto classes =
        list(*client,
             server,
             ingress_classes,
             degraded,
             [&found](const tree::Node& object, const tree::Node* metadata) {
                 found.classes.all.push_back(
                     api::decode_ingress_class(object, text_at(metadata, "name")));
             });
    if (!classes) return classes.error();
    found.classes.complete = *classes;
    for (const ForeignKind& kind : routes) {
        const auto listed =
            list(*client,
                 server,
                 kind,
                 degraded,
                 [&](const tree::Node& object, const tree::Node* metadata) {
                     found.routes.push_back(
                         api::decode_foreign(object,
                                             {.kind = std::string(kind.kind),
                                              .ns = text_at(metadata, "namespace"),
                                              .name = text_at(metadata, "name")}));
                 });
        if (!listed) return listed.error();
    }
    std::ranges::sort(found.classes.all, {}, &api::IngressClass::name);
    std::ranges::sort(found.routes, {}, &api::ForeignRoute::object);
    return found;
}

}  // namespace gatefile::source
