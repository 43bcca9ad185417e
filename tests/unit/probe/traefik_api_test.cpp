// SPDX-License-Identifier: Apache-2.0
#include "gatefile/probe/traefik_api.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatefile::probe {
namespace {

NeighbourPage neighbours(RouterKind kind, std::string_view router) {
    auto page = neighbours_in(kind,
                              {200,
                               R"([{"name":"r@kubernetescrd","provider":"kubernetescrd",)" +
                                   std::string(router) + "}]"},
                              "kubernetescrd");
    REQUIRE(page);
    return std::move(*page);
}

}  // namespace

TEST_CASE("a router of others is kept for its hosts and its patterns") {
    const auto one = neighbours(RouterKind::Http, R"j("rule":"Host(`A.x`) || HostRegexp(`^b\\.`)")j");
    REQUIRE(one.neighbours.size() == 1);
    CHECK(one.neighbours[0].hosts == std::vector<std::string>{"a.x"});
    CHECK(one.neighbours[0].patterns == std::vector<std::string>{"^b\\."});
    const auto tcp = neighbours(RouterKind::Tcp, R"j("rule":"HostSNIRegexp(`^b\\.`)","tls":{})j");
    REQUIRE(tcp.neighbours.size() == 1);
    CHECK(tcp.neighbours[0].patterns == std::vector<std::string>{"^b\\."});
    CHECK(neighbours(RouterKind::Http, R"j("rule":"!HostRegexp(`^b\\.`)")j").neighbours.empty());
}

TEST_CASE("a router without hosts is kept where it is on TLS") {
    CHECK(neighbours(RouterKind::Http, R"j("rule":"PathPrefix(`/`)")j").neighbours.empty());
    const auto one =
        neighbours(RouterKind::Http, R"j("rule":"PathPrefix(`/`)","tls":{"options":"strict"})j");
    CHECK(one.neighbours.size() == 1);
}

}  // namespace gatefile::probe
