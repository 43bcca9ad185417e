// SPDX-License-Identifier: Apache-2.0
#include "member_keeper.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace gatefile;

namespace {

api::Service service(std::string ns) {
    api::Service made;
    made.meta.ns = std::move(ns);
    made.meta.name = "one";
    made.type = "LoadBalancer";
    made.cluster_ip = "10.96.0.1";
    made.external_name = "elsewhere.example";
    made.ports = {{"http", 80, "TCP", "http", 8080, std::nullopt, 30080},
                  {"more", 81, "UDP", std::nullopt, std::nullopt, "named", std::nullopt}};
    made.load_balancer = {"192.0.2.1", "lb.example"};
    return made;
}

api::EndpointSlice slice(std::string ns) {
    api::EndpointSlice made;
    made.meta.ns = std::move(ns);
    made.meta.name = "one-a";
    made.meta.labels = {{"kubernetes.io/service-name", "one"}};
    made.address_type = "IPv4";
    made.endpoints = {{{"10.0.0.1", "10.0.0.2"}, true, true, false}, {{"10.0.0.3"}, false, true, true}};
    made.ports = {{"http", 8080, "TCP", "kubernetes.io/h2c"}, {"any", std::nullopt, "UDP", std::nullopt}};
    return made;
}

std::shared_ptr<const api::Snapshot> home_with_routes_in(const std::string& ns) {
    auto home = std::make_shared<api::Snapshot>();
    api::HttpRoute route;
    route.meta.ns = ns;
    route.meta.name = "route";
    home->http_routes.push_back(std::move(route));
    return home;
}

agent::MemberToKeep member(std::string name) {
    auto objects = std::make_shared<api::Snapshot>();
    for (const char* ns : {"granted", "other", "web"}) {
        objects->services.push_back(service(ns));
        objects->endpoint_slices.push_back(slice(ns));
    }
    return {.name = std::move(name), .objects = std::move(objects)};
}

}  // namespace

TEST_CASE("what members had reads back as it was") {
    const std::set<std::string> namespaces = agent::namespaces_of_backends(*home_with_routes_in("web"));
    const auto read = agent::parse_members(agent::write_members(namespaces, {member("arn:aws:eks/one"), member("two")}));
    REQUIRE(read);
    REQUIRE(read->size() == 2);
    const auto found = read->find("arn:aws:eks/one");
    REQUIRE(found != read->end());
    const api::Service* service_read = found->second->find_service("web", "one");
    REQUIRE(service_read != nullptr);
    CHECK(*service_read == service("web"));
    const auto slices = found->second->slices_of("web", "one");
    REQUIRE(slices.size() == 1);
    CHECK(*slices.front() == slice("web"));
}

TEST_CASE("of members only what routes can refer to is kept") {
    auto home = std::make_shared<api::Snapshot>();
    home->http_routes = home_with_routes_in("web")->http_routes;
    api::ReferenceGrant grant;
    grant.meta.ns = "granted";
    grant.meta.name = "grant";
    home->reference_grants.push_back(std::move(grant));
    const auto read = agent::parse_members(agent::write_members(agent::namespaces_of_backends(*home), {member("two")}));
    REQUIRE(read);
    const api::Snapshot& kept = *read->begin()->second;
    CHECK(kept.services.size() == 2);
    CHECK(kept.find_service("granted", "one") != nullptr);
    CHECK(kept.find_service("other", "one") == nullptr);
    agent::MemberToKeep from_before = member("two");
    from_before.is_from_before = true;
    const auto all = agent::parse_members(agent::write_members({}, {from_before}));
    REQUIRE(all);
    CHECK(all->begin()->second->services.size() == 3);
}

TEST_CASE("damaged endpoints of members are none") {
    const std::string whole = agent::write_members({"web"}, {member("two")});
    CHECK(agent::parse_members(whole));
    for (const std::string& text : {std::string(),
                                    whole.substr(0, whole.size() / 2),
                                    "gatefile member endpoints 2" + whole.substr(27),
                                    std::string("gatefile member endpoints 1\n{}"),
                                    std::string("gatefile member endpoints 1\n{\"clusters\":[{\"items\":[]}]}"),
                                    std::string("gatefile member endpoints 1\n{\"clusters\":[{\"name\":\"a\"}]}"),
                                    std::string("gatefile member endpoints 1\n{\"clusters\":[{\"name\":\"a\",\"items\":[1]}]}")})
        CHECK_FALSE_MESSAGE(agent::parse_members(text), text);
}
