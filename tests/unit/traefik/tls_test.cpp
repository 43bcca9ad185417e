// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gatefile/traefik/render.hpp"

using namespace gatefile;
using namespace gatefile::traefik;

namespace {

ir::Listener https(std::string hostname) {
    return {.entry_point = "websecure",
            .hostname = std::move(hostname),
            .sources = {{"ns", "gw", "l", 443}},
            .tls = ir::Tls{}};
}

struct Roots {
    std::vector<std::vector<Root>> of;
    Dynamic dynamic;
    diag::Diagnostics diagnostics;
};

Roots roots(const ir::Config& config) {
    Roots out;
    const RenderSettings settings;
    Draft draft{.config = config, .settings = settings, .diagnostics = out.diagnostics};
    out.of = render_roots(draft);
    render_certificates(draft);
    out.dynamic = std::move(draft.dynamic);
    return out;
}

std::string rule_of(const Root& root) {
    return Rule(root.rule).text();
}

}  // namespace

TEST_CASE("a single listener takes Traefik's default options") {
    ir::Config config;
    config.listeners = {https("a.x")};
    const Roots out = roots(config);
    CHECK(rule_of(out.of[0][0]) == "Host(`a.x`)");
    CHECK(out.of[0][0].tls->options.empty());
    CHECK(out.dynamic.tls_options.empty());
}

TEST_CASE("listeners with hostnames are told apart by options of their own") {
    ir::Config config;
    config.listeners = {https("a.x"), https("*.x"), https("")};
    config.listeners[1].hosts = {{.hostname = "b.c.x"}, {.hostname = "d.x"}};
    const Roots out = roots(config);
    CHECK(out.of[0][0].tls->options == "listener_websecure_a.x");
    REQUIRE(out.of[1].size() == 2);
    CHECK(rule_of(out.of[1][0]) == "Host(`*.x`) || Host(`b.c.x`)");
    CHECK(out.of[1][0].tls->options == "listener_websecure_~.x");
    CHECK(rule_of(out.of[1][1]) == R"(HostRegexp(`^.+\.x\.?$`) && Host(`*`))");
    CHECK(out.of[1][1].tls->options.empty());
    CHECK_FALSE(out.of[1][1].misdirected);
    CHECK(rule_of(out.of[2][0]) == "Host(`*`)");
    CHECK(out.of[2][0].tls->options.empty());
    REQUIRE(out.diagnostics.items().size() == 1);  // a.x and *.x are of the same length
    CHECK(out.diagnostics.items()[0].code == diag::Code::ListenerOverlap);
}

TEST_CASE("names of a more specific listener are not listed by a wildcard one") {
    ir::Config config;
    config.listeners = {https("long.a.x"), https("*.x"), https("")};
    config.listeners[1].hosts = {{.hostname = "long.a.x"}};
    CHECK(rule_of(roots(config).of[1][0]) == "Host(`*.x`)");
}

TEST_CASE("unlisted names whose options cannot be chosen are misdirected") {
    ir::Config config;
    config.listeners = {https("*.long.x"), https("*.y")};
    config.listeners[1].tls->options = {{"gatefile.dev/min-version", "1.3"}};
    const Roots out = roots(config);
    CHECK(out.of[0].size() == 1);
    REQUIRE(out.of[1].size() == 2);
    CHECK(out.of[1][1].misdirected);
    REQUIRE(out.dynamic.tls_options.size() == 2);
    CHECK(out.dynamic.tls_options[1].min_version == "VersionTLS13");
    CHECK(out.diagnostics.items().size() == 1);
}

TEST_CASE("a resolver is asked for the exact names only") {
    ir::Config config;
    config.listeners = {https("")};
    config.listeners[0].tls->options = {{"gatefile.dev/cert-resolver", "le"}};
    config.listeners[0].hosts = {{.hostname = "a.x"}, {.hostname = "*.x"}};
    const Roots out = roots(config);
    REQUIRE(out.of[0].size() == 2);
    CHECK(rule_of(out.of[0][0]) == "Host(`a.x`)");
    CHECK(out.of[0][0].tls->cert_resolver == "le");
    CHECK(out.of[0][1].tls->cert_resolver.empty());
    CHECK(out.dynamic.tls_options.empty());
}

TEST_CASE("the first certificate of the only host-less listener is the default one") {
    ir::Config config;
    config.certificates = {{.id = "ns/a"}, {.id = "ns/b"}};
    config.listeners = {https("a.x"), https("")};
    config.listeners[0].tls->certificates = {0};
    config.listeners[1].tls->certificates = {1, 0};
    const Roots out = roots(config);
    REQUIRE(out.dynamic.certificates.size() == 2);
    CHECK_FALSE(out.dynamic.certificates[0].is_default);
    CHECK(out.dynamic.certificates[1].is_default);
}
