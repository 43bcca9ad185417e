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

Roots roots(const ir::Config& config, const RenderSettings& settings = {}) {
    Roots out;
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
    CHECK(rule_of(out.of[1][0]) == "Host(`*.x`) && HostRegexp(`^[^.]`) || Host(`b.c.x`)");
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
    CHECK(rule_of(roots(config).of[1][0]) == "Host(`*.x`) && HostRegexp(`^[^.]`)");
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
    // Beside others, whose default store Traefik would drop together with ours, only when asked.
    const Roots beside = roots(config, {.shared = true});
    REQUIRE(beside.dynamic.certificates.size() == 2);
    CHECK_FALSE(beside.dynamic.certificates[1].is_default);
    const Roots asked = roots(config, {.shared = true, .default_certificate = Certificate{}});
    REQUIRE(asked.dynamic.certificates.size() == 3);
    CHECK(asked.dynamic.certificates[2].is_default);
}

TEST_CASE("beside other providers nobody is told apart") {
    ir::Config config;
    config.listeners = {https("a.x"), https("b.x")};
    const Roots out = roots(config, {.shared = true});
    CHECK(out.of[0][0].tls->options.empty());
    CHECK(out.of[1][0].tls->options.empty());
    CHECK(out.dynamic.tls_options.empty());
}

TEST_CASE("beside other providers a host without wishes is not listed") {
    ir::Config config;
    config.listeners = {https("a.x"), https("b.x"), https("*.y")};
    config.listeners[1].tls->options = {{"gatefile.dev/cert-resolver", "le"}};
    const Roots out = roots(config, {.shared = true});
    REQUIRE(out.of[0].size() == 1);
    CHECK(rule_of(out.of[0][0]) ==
          "HostRegexp(`^(?:a\\.x)\\.?$`) && (Host(`gatefile.invalid`) || !Host(`gatefile.invalid`))");
    CHECK(out.of[0][0].part.empty());
    CHECK(rule_of(out.of[1][0]) == "Host(`b.x`)");
}

TEST_CASE("a host is listed where what covers it has TLS options") {
    ir::Config config;
    config.listeners = {https("a.x"), https("*.x")};
    config.listeners[1].tls->options = {{"gatefile.dev/min-version", "1.3"}};
    CHECK(rule_of(roots(config, {.shared = true}).of[0][0]) == "Host(`a.x`)");
    config.listeners.pop_back();
    for (const char* const host : {"*.x", "*"}) {
        RenderSettings settings{.shared = true};
        settings.neighbours = {
            {.name = "one", .hosts = {host}, .tls = true, .tls_options = "s@kubernetescrd"}};
        CHECK(rule_of(roots(config, settings).of[0][0]) == "Host(`a.x`)");
        settings.neighbours[0].tls_options.clear();
        CHECK(rule_of(roots(config, settings).of[0][0]) ==
              "HostRegexp(`^(?:a\\.x)\\.?$`) && (Host(`gatefile.invalid`) || !Host(`gatefile.invalid`))");
    }
}

TEST_CASE("an unlisted host stands before what takes all connections") {
    ir::Config config;
    config.listeners = {https("a.x")};
    config.streams = {{.kind = ir::StreamKind::TlsPassthrough,
                       .entry_point = "websecure",
                       .hostname = "db.x"}};
    CHECK(rule_of(roots(config, {.shared = true}).of[0][0]) ==
          "HostRegexp(`^(?:a\\.x)\\.?$`) && Host(`*`)");
}

TEST_CASE("connections that others pass on stay theirs") {
    ir::Config config;
    config.listeners = {https("a.x"), https("b.x"), https("*.long.y")};
    for (const std::size_t asks : {1U, 2U})
        config.listeners[asks].tls->options = {{"gatefile.dev/min-version", "1.3"}};
    config.listeners[2].hosts = {{.hostname = "*.long.y"}, {.hostname = "c.long.y"}};
    RenderSettings settings{.shared = true};
    settings.neighbours = {{.name = "db@kubernetescrd",
                            .hosts = {"a.x", "b.x", "db.long.y"},
                            .tls = true,
                            .tcp = true}};
    Roots out = roots(config, settings);
    REQUIRE(out.of[0].size() == 1);
    CHECK(rule_of(out.of[0][0]) ==
          "HostRegexp(`^(?:a\\.x)\\.?$`) && (Host(`gatefile.invalid`) || !Host(`gatefile.invalid`))");
    REQUIRE(out.of[1].size() == 1);
    CHECK(out.of[1][0].misdirected);
    CHECK(rule_of(out.of[1][0]) ==
          "HostRegexp(`^(?:b\\.x)\\.?$`) && (Host(`gatefile.invalid`) || !Host(`gatefile.invalid`))");
    for (const Root& root : out.of[2])
        CHECK(rule_of(root).find("Host(`*.long.y`)") == std::string::npos);
    REQUIRE(out.diagnostics.items().size() == 1);
    CHECK(out.diagnostics.items()[0].code == diag::Code::ForeignTlsConflict);

    settings.coexist = Coexist::Win;
    out = roots(config, settings);
    CHECK(rule_of(out.of[0][0]) == "Host(`a.x`)");
    CHECK(rule_of(out.of[1][0]) == "Host(`b.x`)");
    CHECK(out.diagnostics.empty());
}

TEST_CASE("a wildcard of the same length as a host of others is not listed") {
    ir::Config config;
    config.listeners = {https("*.w.x")};
    config.listeners[0].tls->options = {{"gatefile.dev/min-version", "1.3"}};
    config.listeners[0].hosts = {{.hostname = "*.w.x"}, {.hostname = "b.w.x"}};
    RenderSettings settings{.shared = true};
    const auto lists = [&](std::string host) {
        settings.neighbours = {{.name = "one@kubernetes", .hosts = {std::move(host)}, .tls = true}};
        const Roots out = roots(config, settings);
        for (const Root& root : out.of[0]) {
            if (rule_of(root).find("Host(`*.w.x`)") != std::string::npos) return true;
        }
        return false;
    };
    CHECK_FALSE(lists("a.w.x"));
    config.listeners.push_back(https(""));
    CHECK_FALSE(lists("a.w.x"));
    CHECK(lists("long.w.x"));
}

TEST_CASE("TLS options of others are used for their hosts") {
    ir::Config config;
    config.listeners = {https("a.x"), https("*.y")};
    config.listeners[1].hosts = {{.hostname = "*.y"}};
    RenderSettings settings{.shared = true};
    settings.neighbours = {
        {.name = "one@kubernetescrd",
         .hosts = {"a.x", "c.y"},
         .tls = true,
         .tls_options = "s@kubernetescrd"},
        {.name = "two@kubernetes", .hosts = {"d.y", "other.z"}, .tls = true}};
    const Roots out = roots(config, settings);
    REQUIRE(out.of[0].size() == 1);
    CHECK(rule_of(out.of[0][0]) == "Host(`a.x`)");
    CHECK(out.of[0][0].tls->options == "s@kubernetescrd");
    REQUIRE(out.of[1].size() >= 2);
    CHECK(rule_of(out.of[1][0]) == "Host(`c.y`)");
    CHECK(out.of[1][0].tls->options == "s@kubernetescrd");
    CHECK(out.of[1][1].tls->options.empty());
}

TEST_CASE("where others disagree no host is named, and no catch-all is set") {
    ir::Config config;
    config.listeners = {https("a.x")};
    RenderSettings settings{.shared = true};
    settings.neighbours = {{.name = "one", .hosts = {"a.x"}, .tls = true, .tls_options = "s@file"},
                           {.name = "two", .hosts = {"a.x"}, .tls = true}};
    const Roots out = roots(config, settings);
    REQUIRE(out.of[0].size() == 1);
    CHECK(rule_of(out.of[0][0]) ==
          "HostRegexp(`^(?:a\\.x)\\.?$`) && (Host(`gatefile.invalid`) || !Host(`gatefile.invalid`))");
    CHECK(out.of[0][0].tls->options.empty());
}

TEST_CASE("a listener with options of its own refuses a host that others have") {
    ir::Config config;
    config.listeners = {https("a.x")};
    config.listeners[0].tls->options = {{"gatefile.dev/min-version", "1.3"}};
    RenderSettings settings{.shared = true};
    settings.neighbours = {{.name = "one", .hosts = {"a.x"}, .tls = true}};
    const Roots out = roots(config, settings);
    REQUIRE(out.of[0].size() == 1);
    CHECK(out.of[0][0].misdirected);
    REQUIRE(out.diagnostics.items().size() == 1);
    CHECK(out.diagnostics.items()[0].code == diag::Code::ForeignTlsConflict);
}

TEST_CASE("listeners are told apart as long as only routers of files are beside them") {
    ir::Config config;
    config.listeners = {https("a.x"), https("b.x")};
    RenderSettings settings;
    settings.neighbours = {{.name = "one@file", .hosts = {"b.x", "c.x"}, .tls = true}};
    const Roots out = roots(config, settings);
    CHECK_FALSE(out.of[0][0].tls->options.empty());
    REQUIRE(out.of[1].size() == 1);
    CHECK(out.of[1][0].tls->options.empty());
}

TEST_CASE("who has all hosts chooses the options of the catch-all") {
    ir::Config config;
    config.listeners = {https(""), https("*.y")};
    RenderSettings settings{.shared = true};
    settings.neighbours = {
        {.name = "all", .hosts = {"*"}, .tls = true, .tls_options = "s@kubernetescrd"}};
    const Roots out = roots(config, settings);
    REQUIRE(out.of[0].size() == 1);
    CHECK(rule_of(out.of[0][0]) == "Host(`*`)");
    CHECK(out.of[0][0].tls->options == "s@kubernetescrd");
    CHECK_FALSE(out.of[0][0].misdirected);
    REQUIRE(out.of[1].size() == 2);
    CHECK(rule_of(out.of[1][0]) == "Host(`*.y`) && HostRegexp(`^[^.]`)");
    CHECK(out.of[1][0].tls->options.empty());
    CHECK(out.of[1][1].tls->options == "s@kubernetescrd");
    REQUIRE(out.diagnostics.items().size() == 2);
    CHECK(out.diagnostics.items()[0].code == diag::Code::ForeignTlsOptions);
}

TEST_CASE("a catch-all with options of its own is refused where others have one") {
    ir::Config config;
    config.listeners = {https("")};
    config.listeners[0].hosts = {{.hostname = "a.x"}, {.hostname = "*.y"}};
    config.listeners[0].tls->options = {{"gatefile.dev/min-version", "1.3"}};
    RenderSettings settings{.shared = true};
    settings.neighbours = {{.name = "all", .hosts = {"*"}, .tls = true}};
    const Roots out = roots(config, settings);
    REQUIRE(out.of[0].size() == 2);
    CHECK(rule_of(out.of[0][0]) == "Host(`a.x`)");
    CHECK_FALSE(out.of[0][0].tls->options.empty());
    CHECK(out.of[0][1].misdirected);
    CHECK(out.of[0][1].tls->options.empty());
    REQUIRE(out.diagnostics.items().size() == 1);
    CHECK(out.diagnostics.items()[0].code == diag::Code::ForeignTlsConflict);
}

TEST_CASE("where others disagree on all hosts nothing is listed") {
    ir::Config config;
    config.listeners = {https("")};
    RenderSettings settings{.shared = true};
    settings.neighbours = {{.name = "one", .hosts = {"*"}, .tls = true, .tls_options = "s@file"},
                           {.name = "two", .hosts = {"*"}, .tls = true}};
    const Roots out = roots(config, settings);
    REQUIRE(out.of[0].size() == 1);
    CHECK(rule_of(out.of[0][0]) == "Host(`gatefile.invalid`) || !Host(`gatefile.invalid`)");
}

TEST_CASE("what is no host is none of others'") {
    CHECK(is_host("a.x"));
    CHECK(is_host("*.a-b_c.x"));
    CHECK(is_host("*"));
    for (const char* text : {"", "*.", "a..x", "a.x.", ".x", "A.x", "a.*", "\xc3\xa4.x", "a x"})
        CHECK_FALSE_MESSAGE(is_host(text), text);
}
