// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/flatten.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "gatefile/tree/read.hpp"

using namespace gatefile;

namespace {

traefik::Flat flatten(std::string_view yaml,
                      traefik::EmptyValues empties = traefik::EmptyValues::Lost) {
    const auto document = tree::read_yaml(yaml);
    REQUIRE(document.has_value());
    return traefik::flatten(document->root, empties);
}

std::string value_of(const traefik::Flat& flat, std::string_view key) {
    const auto found = std::ranges::find(flat.pairs, key, [](const auto& pair) { return pair.first; });
    return found == flat.pairs.end() ? "(none)" : found->second;
}

}  // namespace

TEST_CASE("each value is a key, lists of words one value, lists of maps numbered so that they sort") {
    const traefik::Flat flat = flatten(R"(
http:
  routers:
    r: {entryPoints: [web, websecure], priority: -1, tls: {}}
  services:
    s: {loadBalancer: {passHostHeader: true, servers: [{url: a}, {url: b}, {url: c}, {url: d}, {url: e},
        {url: f}, {url: g}, {url: h}, {url: i}, {url: j}, {url: k}]}}
udp:
  services:
    none: {loadBalancer: {servers: []}}
)");
    CHECK(flat.refused.empty());
    CHECK(value_of(flat, "http/routers/r/entryPoints") == "web,websecure");
    CHECK(value_of(flat, "http/routers/r/priority") == "-1");
    CHECK(value_of(flat, "http/routers/r/tls") == "true");
    CHECK(value_of(flat, "http/services/s/loadBalancer/servers/02/url") == "c");
    CHECK(value_of(flat, "http/services/s/loadBalancer/servers/10/url") == "k");
    CHECK(value_of(flat, "udp/services/none/loadBalancer/servers") == "true");
    CHECK(std::ranges::is_sorted(flat.pairs));
}

TEST_CASE("a header can be set, to blanks too, and not be taken away") {
    const traefik::Flat flat = flatten(R"(
http: {middlewares: {m: {headers: {customRequestHeaders: {X-Set: " a "}}}}}
)");
    CHECK(value_of(flat, "http/middlewares/m/headers/customRequestHeaders/X-Set") == " a ");
}

TEST_CASE("what keys cannot say answers an error, and no part of it is left") {
    for (const std::string_view middleware : {"{stripPrefixRegex: {regex: ['/a{1,2}']}}",
                                              "{stripPrefix: {prefixes: ['/a', ' /b']}}",
                                              "{plugin: {p: {a: b, 12: c}}}",
                                              "{plugin: {p: {a/b: c}}}",
                                              "{plugin: {p: {a: b, A: c}}}",
                                              "{headers: {customRequestHeaders: {X: ''}}}"}) {
        CAPTURE(middleware);
        const traefik::Flat flat =
            flatten("http: {middlewares: {m: " + std::string(middleware) + "}}");
        REQUIRE(flat.refused.size() == 1);
        CHECK(flat.refused.front() == "http/middlewares/m");
        CHECK(flat.pairs.size() == 2);
        CHECK(value_of(flat, "http/middlewares/m/ipAllowList/rejectStatusCode") == "500");
    }
}

TEST_CASE("where empty values are kept a header can be taken away") {
    const traefik::Flat flat =
        flatten("http: {middlewares: {m: {headers: {customRequestHeaders: {X: ''}}}}}",
                traefik::EmptyValues::Kept);
    CHECK(flat.refused.empty());
    CHECK(value_of(flat, "http/middlewares/m/headers/customRequestHeaders/X").empty());
}

TEST_CASE("a chain is one value, its last line end apart") {
    const traefik::Flat flat = flatten(R"(
http: {serversTransports: {t: {rootCAs: ["-----BEGIN\nAA==\n-----END\n"]}}}
tls: {certificates: [{certFile: "a\nb\n", keyFile: k}]}
)");
    CHECK(value_of(flat, "http/serversTransports/t/rootCAs") == "-----BEGIN\nAA==\n-----END");
    CHECK(value_of(flat, "tls/certificates/0/certFile") == "a\nb\n");
}
