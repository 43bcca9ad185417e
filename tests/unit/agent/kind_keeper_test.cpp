// SPDX-License-Identifier: Apache-2.0
#include "kind_keeper.hpp"

#include <doctest/doctest.h>

#include "gatefile/api/store.hpp"

namespace gatefile::agent {
namespace {

using Fault = source::KindState::Fault;

source::KindState listed(std::string_view kind, std::string resource, Fault fault = Fault::None) {
    return {.kind = kind,
            .resource = std::move(resource),
            .synced = fault == Fault::None,
            .listed = true,
            .fault = fault,
            .problem = {}};
}

source::KindState unread(std::string_view kind, std::string resource, Fault fault) {
    return {.kind = kind, .resource = std::move(resource), .fault = fault, .problem = {}};
}

/// A Service in `shop` and a Secret in `web`.
std::shared_ptr<const api::Snapshot> objects() {
    api::ObjectStore store;
    api::Service service;
    service.meta.ns = "shop";
    service.meta.name = "cart";
    store.put(std::make_shared<const api::Service>(std::move(service)));
    api::Secret secret{};
    secret.meta.ns = "web";
    secret.meta.name = "tls";
    store.put(std::make_shared<const api::Secret>(std::move(secret)));
    return store.snapshot();
}

TEST_CASE("kinds that have objects and were listed are told") {
    const auto snapshot = objects();
    CHECK(resources_with_objects(*snapshot,
                                 {{listed("Service", "Service"), listed("HTTPRoute", "HTTPRoute")},
                                  {listed("Secret", "Secret web/tls")}}) ==
          Resources{"Secret", "Service"});
    const Followed by_namespace{
        {listed("Service", "Service shop"), listed("Service", "Service web")},
        {unread("Secret", "Secret web/tls", Fault::Forbidden)}};
    CHECK(resources_with_objects(*snapshot, by_namespace) == Resources{"Service shop"});
    // What was read before is served on.
    const Followed refused_since{{listed("Service", "Service", Fault::Forbidden)}, {}};
    CHECK(resources_with_objects(*snapshot, refused_since) == Resources{"Service"});
}

TEST_CASE("what had objects and may not be read since the start is lost") {
    const Resources kept{"Secret", "Service shop", "HTTPRoute"};
    const Followed followed{{unread("Service", "Service shop", Fault::Forbidden),
                             unread("Service", "Service web", Fault::Forbidden),
                             unread("GRPCRoute", "GRPCRoute", Fault::Forbidden),
                             listed("HTTPRoute", "HTTPRoute", Fault::Forbidden)},
                            {}};
    CHECK(lost_resources(kept, followed) == Resources{"Service shop"});
    CHECK(lost_resources({}, followed).empty());
    CHECK(lost_resources(kept, {{unread("HTTPRoute", "HTTPRoute", Fault::Missing)}, {}}).empty());
}

TEST_CASE("Secrets are lost when none can be read") {
    const auto refused = unread("Secret", "Secret web/tls", Fault::Forbidden);
    CHECK(lost_resources({"Secret"}, {{}, {refused}}) == Resources{"Secret"});
    CHECK(lost_resources({"Secret"}, {{}, {refused, listed("Secret", "Secret shop/tls")}}).empty());
    CHECK(lost_resources({"Service"}, {{}, {refused}}).empty());
}

TEST_CASE("what is kept reads back, and what is damaged is nothing") {
    for (const Resources& kept : {Resources{}, Resources{"HTTPRoute shop", "Secret"}})
        CHECK(parse_resources(write_resources(kept)) == kept);
    for (const char* text : {"", "gatefile kinds read 1", "gatefile kinds read 2\nSecret\n", "\n"})
        CHECK_FALSE_MESSAGE(parse_resources(text), text);
}

}  // namespace
}  // namespace gatefile::agent
