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

constexpr ForeignKind kinds[] = {
    {"Ingress", "networking.k8s.io", "ingresses", "/apis/networking.k8s.io/v1/ingresses"},
    {"IngressRoute", "traefik.io", "ingressroutes", "/apis/traefik.io/v1alpha1/ingressroutes"},
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

}  // namespace

base::Result<std::vector<api::ForeignRoute>>
read_foreign(const AccessSettings& settings,
             const std::function<void(const std::string& resource, const std::string& problem)>&
                 degraded) {
    auto access = Access::open(settings);
    if (!access) return access.error();
    auto client = http::Client::open();
    if (!client) return client.error();
    ApiServer server(*client, *access, {});
    std::vector<api::ForeignRoute> found;
    for (const ForeignKind& kind : kinds) {
        const ApiAnswer answer = ask(*client, server, kind);
        if (answer.status == 404) continue;
        if (answer.status == 0) return base::Error{base::ErrorKind::Network, answer.problem};
        if (!answer.ok()) {
            degraded(std::string(kind.kind), answer.problem);
            continue;
        }
        const auto document = tree::read_json(answer.body);
        if (!document) return document.error();
        const tree::Node* items = document->root.find("items");
        if (items == nullptr || !items->is_list()) continue;
        for (const tree::Node& item : items->items()) {
            const tree::Node* metadata = item.find("metadata");
            found.push_back(api::decode_foreign(item,
                                                {.kind = std::string(kind.kind),
                                                 .ns = text_at(metadata, "namespace"),
                                                 .name = text_at(metadata, "name")}));
        }
    }
    std::ranges::sort(found, {}, &api::ForeignRoute::object);
    return found;
}

}  // namespace gatefile::source
