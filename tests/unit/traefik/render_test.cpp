// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/render.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/traefik/encode.hpp"
#include "gatefile/traefik/published_text.hpp"
#include "gatefile/tree/value.hpp"

using namespace gatefile;
using namespace gatefile::traefik;

namespace {

ir::Config two_backends() {
    ir::Config config;
    config.routes = {{"HTTPRoute", "shop", "web"}};
    config.backends = {{"shop", "a", 80, ir::BackendProtocol::Http, {{"10.0.0.1", 8080}}},
                       {"shop", "b", 80, ir::BackendProtocol::H2c, {{"fd00::1", 8080}}}};
    config.listeners = {{.entry_point = "web"}};
    return config;
}

ir::Forward to(std::size_t backend) {
    return {.members = {{.backend = backend}}};
}

void add(ir::Config& config, const std::string& host, ir::Match match, ir::Rule rule) {
    rule.index = config.rules.size();
    config.rules.push_back(std::move(rule));
    std::vector<ir::Host>& hosts = config.listeners.front().hosts;
    auto at = std::ranges::find(hosts, host, &ir::Host::hostname);
    if (at == hosts.end()) at = hosts.insert(hosts.end(), {.hostname = host});
    at->entries.push_back({.match = std::move(match), .rule = config.rules.size() - 1});
}

struct Rendered {
    Dynamic dynamic;
    diag::Diagnostics diagnostics;
};

Rendered rendered(const ir::Config& config, const RenderSettings& settings) {
    Rendered out;
    out.dynamic = render(config, settings, out.diagnostics);
    return out;
}

template <typename Settings>
const Settings* settings_of(const Dynamic& dynamic, std::string_view service) {
    const auto at = std::ranges::find(dynamic.services, service, &Service::name);
    return at == dynamic.services.end() ? nullptr : std::get_if<Settings>(&at->settings);
}

}  // namespace

TEST_CASE("rules that need nothing of their own share their backend's load balancer") {
    ir::Config config = two_backends();
    add(config, "a.x", {}, {.action = to(0)});
    add(config, "b.x", {}, {.action = to(0)});
    add(config, "c.x", {}, {.action = to(1)});
    const Dynamic dynamic = rendered(config, {}).dynamic;
    const auto* http = settings_of<LoadBalancer>(dynamic, "service_shop_a_80");
    REQUIRE(http != nullptr);
    CHECK(http->urls == std::vector<std::string>{"http://10.0.0.1:8080"});
    const auto* h2c = settings_of<LoadBalancer>(dynamic, "service_shop_b_80_h2c");
    REQUIRE(h2c != nullptr);
    CHECK(h2c->urls == std::vector<std::string>{"h2c://[fd00::1]:8080"});
    CHECK(std::ranges::count(dynamic.routers, "service_shop_a_80", &Router::service) == 2);
}

TEST_CASE("weights of the same service are added up, a member without backend answers 500") {
    ir::Config config = two_backends();
    add(config,
        "a.x",
        {},
        {.action = ir::Forward{.members = {{.backend = 0, .weight = 2, .ref = 0},
                                           {.backend = 0, .weight = 3, .ref = 1},
                                           {.weight = 1, .ref = 2}}}});
    const Dynamic dynamic = rendered(config, {}).dynamic;
    const auto* weighted = settings_of<Weighted>(dynamic, "httproute_shop_web_r0");
    REQUIRE(weighted != nullptr);
    REQUIRE(weighted->members.size() == 2);
    CHECK(weighted->members[0].weight == 5);
    CHECK(weighted->members[1].service == "gatefile_status_500");
}

namespace {

/// two_backends(), of which the first is in the clusters "a" and "b".
ir::Config clustered(std::vector<ir::Endpoint> endpoints) {
    ir::Config config = two_backends();
    config.members = {"b"};
    config.backends[0].in_clusters = true;
    config.backends[0].endpoints = std::move(endpoints);
    return config;
}

const Middleware* middleware_of(const Dynamic& dynamic, std::string_view name) {
    const auto at = std::ranges::find(dynamic.middlewares, name, &Middleware::name);
    return at == dynamic.middlewares.end() ? nullptr : &*at;
}

const RenderSettings with_inner{
    .inner = InnerEntryPoint{
        .name = "gatefile-inner", .address = "127.0.0.1:9", .secret = "s"}};

const std::vector<ir::Endpoint> in_both{{"10.0.0.1", 8080, 3, "a"}, {"10.9.0.1", 8080, 1, "b"}};

}  // namespace

TEST_CASE("endpoints of several clusters have weights, and one that is not there is soon left") {
    ir::Config config = clustered(in_both);
    add(config, "a.x", {}, {.action = to(0)});
    add(config, "b.x", {}, {.filters = {ir::CorsPolicy{}}, .action = to(0)});
    const Dynamic dynamic = rendered(config, {}).dynamic;
    const auto* balancer = settings_of<LoadBalancer>(dynamic, "service_shop_a_80");
    REQUIRE(balancer != nullptr);
    CHECK(balancer->weights == std::vector{3, 1});
    CHECK(balancer->transport == "transport_clusters");
    REQUIRE(dynamic.transports.size() == 1);
    CHECK(dynamic.transports[0].dial_timeout == std::chrono::seconds(2));
    const Middleware* retry = middleware_of(dynamic, "service_shop_a_80_retry");
    REQUIRE(retry != nullptr);
    // Half of the tries in vain: less than one request in a thousand million fails.
    CHECK(std::get<RetryMiddleware>(retry->settings).attempts == 32);
    CHECK(std::get<RetryMiddleware>(retry->settings).status.empty());
    const auto* filtered = settings_of<Weighted>(dynamic, "httproute_shop_web_r1");
    REQUIRE(filtered != nullptr);
    CHECK(filtered->members[0].service == "service_shop_a_80");
}

TEST_CASE("which clusters have Pods changes servers and nothing else, so that a pause follows it") {
    using Endpoints = std::vector<ir::Endpoint>;
    const auto text_of = [](Endpoints endpoints, Endpoints streamed) {
        ir::Config config = clustered(std::move(endpoints));
        add(config, "a.x", {}, {.action = to(0), .request_timeout = std::chrono::seconds(5)});
        add(config, "b.x", {}, {.filters = {ir::CorsPolicy{}}, .action = to(0)});
        add(config, "c.x", {}, {.action = to(0), .stickiness = ir::Stickiness{}});
        config.routes.push_back({"TCPRoute", "shop", "db"});
        config.backends.push_back(
            {"shop", "db", 5432, ir::BackendProtocol::Tcp, std::move(streamed)});
        config.backends.back().in_clusters = true;
        ir::Stream& stream = config.streams.emplace_back();
        stream.entry_point = "db";
        stream.hosts = {{.route = 1, .members = {{.backend = 2}}}};
        const Dynamic dynamic = rendered(config, with_inner).dynamic;
        return std::pair(write(dynamic, Format::File, {}).bytes, backends_of(dynamic));
    };
    const std::vector<ir::Endpoint> many{{"10.9.0.1", 8080, 1, "b"},
                                         {"10.9.0.2", 8080, 1, "b"},
                                         {"10.9.0.3", 8080, 1, "b"},
                                         {"10.9.0.4", 8080, 1, "b"},
                                         {"10.9.0.5", 8080, 1, "b"},
                                         {"10.9.0.6", 8080, 1, "b"},
                                         {"10.9.0.7", 8080, 1, "b"},
                                         {"10.9.0.8", 8080, 1, "b"},
                                         {"10.9.0.9", 8080, 1, "b"}};
    const auto [then, then_of] = text_of(in_both, in_both);
    const auto [now, now_of] = text_of(many, {{"10.9.0.1", 5432, 1, "b"}});
    CHECK(id_without_servers(then) == id_without_servers(now));
    CHECK(then_of == now_of);
    const auto fresh = refresh_servers({then, then_of}, {now, now_of}, Format::File);
    REQUIRE(fresh);
    CHECK(fresh->unknown.empty());
    CHECK(fresh->bytes == now);
}

TEST_CASE("a pause follows a Service of a rule with filters beyond eight endpoints and back") {
    const auto made_with = [](std::size_t endpoints) {
        ir::Config config = two_backends();
        config.backends[0].endpoints.clear();
        for (std::size_t i = 1; i <= endpoints; ++i)
            config.backends[0].endpoints.push_back({"10.0.0." + std::to_string(i), 80});
        add(config, "a.x", {}, {.filters = {ir::CorsPolicy{}}, .action = to(0)});
        return rendered(config, {}).dynamic;
    };
    using Counts = std::pair<std::size_t, std::size_t>;
    for (const auto& [before, after] : {Counts(2, 9), Counts(9, 2)}) {
        CAPTURE(before);
        const Dynamic then = made_with(before);
        const Dynamic now = made_with(after);
        const std::string older = write(then, Format::File, {}).bytes;
        const std::string newer = write(now, Format::File, {}).bytes;
        const auto fresh = refresh_servers(
            {older, backends_of(then)}, {newer, backends_of(now)}, Format::File);
        REQUIRE(fresh);
        CHECK(fresh->unknown.empty());
        CHECK(fresh->bytes.find("http://10.0.0.2:80") != std::string::npos);
        CHECK((fresh->bytes.find("http://10.0.0.9:80") != std::string::npos) == (after == 9));
    }
}

TEST_CASE("a deadline is over all tries between clusters, in composites too") {
    const auto hops = [](ir::Config config, std::size_t backend) {
        add(config, "a.x", {}, {.action = to(backend), .request_timeout = std::chrono::seconds(5)});
        const Dynamic dynamic = rendered(config, with_inner).dynamic;
        const auto* hop = settings_of<LoadBalancer>(dynamic, "httproute_shop_web_r0");
        if (hop == nullptr) return false;
        CHECK(hop->transport == "timeout_5000ms");
        const auto* inner = settings_of<Weighted>(dynamic, "httproute_shop_web_r0_inner");
        REQUIRE(inner != nullptr);
        return hop->urls == std::vector<std::string>{"http://127.0.0.1:9"};
    };
    ir::Config config = clustered(in_both);
    CHECK(hops(config, 0));
    CHECK_FALSE(hops(config, 1));
    const auto none = std::make_shared<const tree::Value>(tree::Value{tree::Value::Map{}});
    config.composites.push_back({.settings = none, .parts = {{.backend = 0, .settings = none}}});
    config.backends.push_back({"shop", "both", 0});
    config.backends.back().composite = 0;
    CHECK(hops(config, 2));
}

TEST_CASE("a part of a composite tries other clusters as well, unless a cookie chooses its server") {
    for (const bool sticky : {false, true}) {
        CAPTURE(sticky);
        ir::Config config = clustered(in_both);
        const auto none = std::make_shared<const tree::Value>(tree::Value{tree::Value::Map{}});
        tree::Value own{tree::Value::Map{}};
        if (sticky) tree::set(own, "sticky", *none);
        config.composites.push_back(
            {.settings = none,
             .parts = {{.backend = 0,
                        .filters = {ir::CorsPolicy{}},
                        .settings = std::make_shared<const tree::Value>(std::move(own))}}});
        config.backends.push_back({"shop", "both", 0});
        config.backends.back().composite = 0;
        add(config, "a.x", {}, {.action = to(2)});
        const Dynamic dynamic = rendered(config, {}).dynamic;
        const auto part =
            std::ranges::find(dynamic.services, "traefikservice_shop_both_p0", &Service::name);
        REQUIRE(part != dynamic.services.end());
        const bool tries = part->middlewares.back() == "traefikservice_shop_both_p0_retry";
        CHECK(tries == !sticky);
    }
}

TEST_CASE("a text says which clusters it was made with") {
    ir::Config config = clustered(in_both);
    config.members = {"b", "far {away}\n"};
    add(config, "a.x", {}, {.action = to(0)});
    for (const Format format : {Format::File, Format::Plugin}) {
        const std::string text =
            write(rendered(config, {.format = format}).dynamic, format, {}).bytes;
        CHECK(is_made_with_cluster(text, "b"));
        CHECK(is_made_with_cluster(text, "far {away}\n"));
        CHECK_FALSE(is_made_with_cluster(text, "a"));
    }
    config.members.clear();
    const std::string alone = write(rendered(config, {}).dynamic, Format::File, {}).bytes;
    CHECK_FALSE(is_made_with_cluster(alone, "b"));
    CHECK(alone.find("gatefile-clusters") == std::string::npos);
}

TEST_CASE("connections are shared among clusters by how often a server stands in the list") {
    ir::Config config = two_backends();
    config.routes = {{"TCPRoute", "shop", "db"}};
    const auto addresses = [&](std::vector<ir::Endpoint> endpoints) {
        config.backends = {{"shop", "db", 5432, ir::BackendProtocol::Tcp, std::move(endpoints)}};
        config.streams = {{.entry_point = "db", .hosts = {{.members = {{.backend = 0}}}}}};
        const Dynamic dynamic = rendered(config, {}).dynamic;
        const auto at = std::ranges::find(
            dynamic.tcp_services, "service_shop_db_5432_tcp", &TcpService::name);
        REQUIRE(at != dynamic.tcp_services.end());
        return std::get<TcpLoadBalancer>(at->settings).addresses;
    };
    using Addresses = std::vector<std::string>;
    CHECK(addresses({{"10.0.0.1", 1, 3, "a"}, {"10.9.0.1", 1, 1, "b"}}) ==
          Addresses{"10.0.0.1:1", "10.0.0.1:1", "10.0.0.1:1", "10.9.0.1:1"});
    CHECK(addresses({{"10.0.0.1", 1, 2, "a"}, {"10.9.0.1", 1, 2, "b"}}) ==
          Addresses{"10.0.0.1:1", "10.9.0.1:1"});
    constexpr int many = 1'000'000;
    CHECK(addresses({{"10.0.0.1", 1, many, "a"}, {"10.9.0.1", 1, many, "b"}}).size() == 2);
    CHECK(addresses({{"10.0.0.1", 1, many, "a"}, {"10.9.0.1", 1, 1, "b"}}).size() == 1025);
}

TEST_CASE("a timeout is its transport's, and a service with another transport another service") {
    ir::Config config = two_backends();
    add(config, "a.x", {}, {.action = to(0)});
    add(config, "b.x", {}, {.action = to(0), .request_timeout = std::chrono::milliseconds(500)});
    const Dynamic dynamic = rendered(config, {}).dynamic;
    REQUIRE(dynamic.transports.size() == 1);
    CHECK(dynamic.transports[0].response_header_timeout == std::chrono::milliseconds(500));
    CHECK(dynamic.services.size() == 2);
}

TEST_CASE("in format file a redirect serves GET and HEAD, and says so") {
    ir::Config config = two_backends();
    add(config,
        "a.x",
        {},
        {.filters = {ir::Redirect{.scheme = "https", .status = 301}}, .action = ir::Answer{}});
    const Rendered strict = rendered(config, {});
    REQUIRE(strict.diagnostics.items().size() == 1);
    CHECK(strict.diagnostics.items()[0].code == diag::Code::RedirectMethods);
    CHECK(std::ranges::count(strict.dynamic.routers, "gatefile_status_500", &Router::service) == 1);
    const Rendered approximate = rendered(config, {.approximate = true});
    CHECK(approximate.diagnostics.empty());
    CHECK(std::ranges::count(
              approximate.dynamic.routers, "gatefile_status_500", &Router::service) == 0);
    const Rendered plugin = rendered(config, {.format = Format::Plugin});
    CHECK(plugin.diagnostics.empty());
}

TEST_CASE("a path that is not UTF-8 without its escapes is refused in JSON only") {
    ir::Config config = two_backends();
    add(config,
        "a.x",
        {},
        {.filters = {ir::Rewrite{.path = ir::FullPath{"/%ff"}}}, .action = to(0)});
    CHECK(rendered(config, {}).diagnostics.empty());
    const Rendered plugin = rendered(config, {.format = Format::Plugin});
    REQUIRE(plugin.diagnostics.items().size() == 1);
    CHECK(plugin.diagnostics.items()[0].code == diag::Code::RuleUnsupported);
    CHECK(std::ranges::count(plugin.dynamic.routers, "gatefile_status_500", &Router::service) == 1);
}

TEST_CASE(
    "siblings have different priorities and few children, also for very many hosts and paths") {
    ir::Config config = two_backends();
    for (int i = 0; i < 3000; ++i) {
        add(config, "h" + std::to_string(i) + ".x", {}, {.action = to(0)});
    }
    for (int i = 0; i < 2000; ++i) {
        ir::Match match;
        match.path = {ir::PathKind::Prefix, "/p" + std::to_string(i)};
        add(config, "many.x", match, {.action = to(0)});
    }
    std::ranges::sort(config.listeners.front().hosts, {}, &ir::Host::hostname);
    add(config, "*.x", {}, {.action = to(1)});
    add(config, "", {}, {.action = to(1)});
    const Dynamic dynamic = rendered(config, {}).dynamic;
    std::map<std::string, std::set<std::int64_t>> priorities;
    std::map<std::string, std::size_t> children;
    std::set<std::string> names;
    for (const Router& router : dynamic.routers) {
        CHECK(names.insert(router.name).second);
        for (const std::string& parent : router.parents) {
            priorities[parent].insert(router.priority);
            ++children[parent];
        }
    }
    for (const auto& [parent, count] : children) {
        CHECK_MESSAGE(names.contains(parent), parent);
        CHECK_MESSAGE(count == priorities[parent].size(), parent);
        CHECK_MESSAGE(count <= 300, parent);
    }
    CHECK(dynamic.routers.size() > 5000);
}

TEST_CASE("roots rank below or above everybody else's") {
    ir::Config config = two_backends();
    add(config, "a.x", {}, {.action = to(0)});
    config.listeners.push_back({.entry_point = "web", .hostname = "*.x"});
    for (const Coexist coexist : {Coexist::Yield, Coexist::Win}) {
        std::set<std::int64_t> priorities;
        for (const Router& router : rendered(config, {.coexist = coexist}).dynamic.routers) {
            if (!router.parents.empty()) continue;
            priorities.insert(router.priority);
            // What no route has never wins: the challenges of a.x, and all of *.x.
            const bool low = coexist == Coexist::Yield || router.name.ends_with("_rest") ||
                             router.name.ends_with("_~.x");
            CHECK_MESSAGE((router.priority < 0) == low, router.name);
        }
        CHECK(priorities.size() == (coexist == Coexist::Yield ? 2 : 3));
    }
}

TEST_CASE("a match for a challenge of ACME ranks above everybody's once more beside others") {
    const ir::Match challenge{
        .path = {ir::PathKind::Exact, "/.well-known/acme-challenge/token"}};
    ir::Config config = two_backends();
    for (const std::string host : {"a.x", "*.y", "b.z"})
        add(config, host, challenge, {.action = to(1)});
    add(config, "a.x", {}, {.action = to(0)});
    config.listeners.push_back({.entry_point = "web", .hostname = "b.z"});
    const auto challenges = [&config](const RenderSettings& settings) {
        std::vector<std::string> rules;
        for (const Router& router : rendered(config, settings).dynamic.routers) {
            if (!router.name.ends_with("_challenge")) continue;
            CHECK(router.priority > 1'000'000'000);
            CHECK(router.service == "service_shop_b_80_h2c");
            rules.push_back(router.rule);
        }
        return rules;
    };
    for (const Coexist coexist : {Coexist::Yield, Coexist::Win}) {
        // Neither a wildcard's, nor what another listener has.
        CHECK(challenges({.coexist = coexist, .shared = true}) ==
              std::vector<std::string>{
                  "HostRegexp(`^(?:a\\.x)\\.?$`) && Path(`/.well-known/acme-challenge/token`)"});
        CHECK(challenges({.coexist = coexist}).empty());
    }
}

TEST_CASE("flat rules know no parents") {
    ir::Config config = two_backends();
    add(config, "a.x", {}, {.action = to(0)});
    for (const Router& router : rendered(config, {.shape = Shape::Flat}).dynamic.routers) {
        CHECK(router.parents.empty());
        CHECK(router.entry_points == std::vector<std::string>{"web"});
        CHECK_FALSE(router.service.empty());
    }
}
