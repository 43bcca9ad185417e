// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "graph_maker.hpp"

namespace gatefile::ir::test {
namespace {

using Lines = std::vector<std::string>;

/// Self-signed for a.example and b.example, valid for a hundred years.
constexpr std::string_view for_ab = R"(-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUCAoR/mQCGGpg3cnnxDjjeu+PxAMwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYTAgFw0yNjExMjMxODIwNDRaGA8yMTI2MTAzMDE4MjA0NFow
DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDMe4xEbu6n4
MDP/HlgQzbLQG9tHtitCgEOIUcb3vhr8BGJus1heUvnAHTOLoCH8nfc0ZXvMVzxJ
+hkR/4rpphCjdDByMB0GA1UdDgQWBBSfMzOlUsXHU66C2mtwu0dSksCIOTAfBgNV
HSMEGDAWgBSfMzOlUsXHU66C2mtwu0dSksCIOTAPBgNVHRMBAf8EBTADAQH/MB8G
A1UdEQQYMBaCCWEuZXhhbXBsZYIJYi5leGFtcGxlMAoGCCqGSM49BAMCA0cAMEQC
ICXQcdMSfLrZplDfWvbSRBJff6CKL75UtvAfphT7KEFFAiBXjC+yNoCnwLXhjuiX
j+T0QHvoyaoMxqbMNkZ6cXtFfQ==
-----END CERTIFICATE-----
)";
/// Self-signed for b.example, valid for a hundred years.
constexpr std::string_view for_b = R"(-----BEGIN CERTIFICATE-----
MIIBhjCCASugAwIBAgIUNi5Ppt/1Vrhfw3Q7vqAePYHvTtkwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYjAgFw0yNjExMjMxODIwNDRaGA8yMTI2MTAzMDE4MjA0NFow
DDEKMAgGA1UEAwwBYjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKKQ5I0A3YxX
vdpzaOMi8Ja2qNxL8U+FUbVbp1v0U5cbwa9j7CrAydiH0lZAYowjO9cJUlrDIoAU
QLaLvcxSJtijaTBnMB0GA1UdDgQWBBQGB8JtSDMioMlv/9MepQGNLoc5CjAfBgNV
HSMEGDAWgBQGB8JtSDMioMlv/9MepQGNLoc5CjAPBgNVHRMBAf8EBTADAQH/MBQG
A1UdEQQNMAuCCWIuZXhhbXBsZTAKBggqhkjOPQQDAgNJADBGAiEA+8YsNwWJN+iu
txnh5zu7oo0zIixZJ5hvAecF4HP0YOcCIQCjRQE4UTb+1/OIZwCUJiipEpQk4Mnz
y/Xo2toxOr+99A==
-----END CERTIFICATE-----
)";
/// Self-signed for c.example, valid for a hundred years.
constexpr std::string_view for_c = R"(-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUdGeWqGZM90ba2DE/s30+R9tPlC4wCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYzAgFw0yNjExMjMxODIwNDRaGA8yMTI2MTAzMDE4MjA0NFow
DDEKMAgGA1UEAwwBYzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPKYuRe2gEb4
dYrdFSwRplorGplhQHUBKh/h2ducYNngkuddnzvVgRn+XCUHNhFiVWK9XraUhGvj
yUKCes9ky0ijaTBnMB0GA1UdDgQWBBRqVmNL+jNNrGiqh9rJkHDUjBpEPzAfBgNV
HSMEGDAWgBRqVmNL+jNNrGiqh9rJkHDUjBpEPzAPBgNVHRMBAf8EBTADAQH/MBQG
A1UdEQQNMAuCCWMuZXhhbXBsZTAKBggqhkjOPQQDAgNIADBFAiEAuwdvuvfa33Xg
N58jEoBZHAWNCvZ/NqDuoFIzQNRR0qUCIG6XB3/KTy6PZ4XVLjxEOerK9lMAvHY/
LJ+3b+iRdzlj
-----END CERTIFICATE-----
)";

api::Secret secret(std::string name, std::string_view chain) {
    api::Secret made;
    made.meta.ns = "infra";
    made.meta.name = std::move(name);
    made.data = {{"tls.crt", base::SecretBytes(std::string(chain))},
                 {"tls.key", base::SecretBytes("KEY " + made.meta.name)}};
    return made;
}

Lines ids(const Config& config) {
    Lines found;
    for (const Certificate& certificate : config.certificates)
        found.push_back(certificate.id);
    return found;
}

graph::Listener& listener_of(GraphMaker& maker, std::size_t gateway, std::size_t listener) {
    return maker.graph().gateways[gateway].listeners[listener];
}

TEST_CASE("a certificate that several listeners use is one") {
    GraphMaker maker;
    const api::Secret ab = secret("ab", for_ab);
    const api::Secret copy = secret("copy", for_ab);
    const api::Secret c = secret("c", for_c);
    const std::size_t gateway = maker.gateway(
        "g", {{.hostname = "b.example", .tls = true}, {.hostname = "a.example", .tls = true}});
    listener_of(maker, gateway, 0).certificates = {&ab, &c};
    listener_of(maker, gateway, 1).certificates = {&ab, &copy};
    const Config config = maker.lower();
    CHECK(ids(config) == Lines{"infra/ab", "infra/c"});
    CHECK(config.certificates[0].names == Lines{"a.example", "b.example"});
    CHECK(config.certificates[0].key_pem.reveal() == "KEY ab");
    CHECK(config.certificates[0].fingerprint.size() == 64);
    CHECK(config.listeners[0].hostname == "a.example");
    CHECK(config.listeners[0].tls->certificates == std::vector<std::size_t>{0});
    CHECK(config.listeners[1].tls->certificates == std::vector<std::size_t>{0, 1});
    CHECK(maker.said().empty());
}

TEST_CASE("of two certificates with a common name the earlier listener's is served") {
    GraphMaker maker;
    const api::Secret ab = secret("ab", for_ab);
    const api::Secret b = secret("b", for_b);
    const std::size_t first = maker.gateway("g", {{.hostname = "z.example", .tls = true}});
    const std::size_t second =
        maker.gateway("h", {{.name = "late", .hostname = "b.example", .tls = true}});
    listener_of(maker, first, 0).certificates = {&ab};
    listener_of(maker, second, 0).certificates = {&b};
    const Config config = maker.lower();
    CHECK(ids(config) == Lines{"infra/ab"});
    CHECK(maker.said() ==
          Lines{"certificate-overlap Gateway infra/h spec.listeners[0].tls.certificateRefs"});
    const diag::Diagnostic& said = maker.diagnostics().items()[0];
    CHECK(said.listener == "late");
    CHECK(said.detail.find("b.example") != std::string::npos);
}

TEST_CASE("an unreadable certificate is left out") {
    GraphMaker maker;
    const api::Secret bad = secret("bad", "no PEM");
    const std::size_t gateway = maker.gateway("g", {{.tls = true}});
    listener_of(maker, gateway, 0).certificates = {&bad};
    CHECK(maker.lower().certificates.empty());
}

TEST_CASE("our TLS options are kept, sorted, and those of the older Gateway hold") {
    GraphMaker maker;
    const std::size_t a = maker.gateway("a", {{.tls = true}});
    const std::size_t b = maker.gateway("b", {{.tls = true}});
    const api::Secret c = secret("c", for_c);
    listener_of(maker, a, 0).certificates = {&c};
    listener_of(maker, b, 0).certificates = {&c};
    api::StringMap options{{"example.com/x", "1"}, {"gatefile.dev/minVersion", "1.3"}};
    api::Listener with_options = *listener_of(maker, a, 0).spec;
    with_options.tls->options = options;
    listener_of(maker, a, 0).spec = &with_options;
    const Config config = maker.lower();
    REQUIRE(config.listeners.size() == 1);
    CHECK(config.listeners[0].tls->options ==
          std::vector<std::pair<std::string, std::string>>{{"gatefile.dev/minVersion", "1.3"}});
    CHECK(maker.said() == Lines{"listener-overlap Gateway infra/b spec.listeners[0].tls.options"});
}

TEST_CASE("a listener whose names no published certificate covers serves nothing") {
    GraphMaker maker;
    const api::Secret ab = secret("ab", for_ab);
    const api::Secret b = secret("b", for_b);
    const std::size_t first = maker.gateway("g", {{.hostname = "a.example", .tls = true}});
    const std::size_t second =
        maker.gateway("h",
                      {{.hostname = "b.example", .tls = true},
                       {.name = "bare", .hostname = "z.example", .tls = true}});
    listener_of(maker, first, 0).certificates = {&ab};
    listener_of(maker, second, 0).certificates = {&b};
    listener_of(maker, second, 1).certificates = {&b};
    const std::vector<api::HttpRouteRule> rules{GraphMaker::rule({GraphMaker::prefix("/")})};
    maker.route(
        "r", rules, {{second, 0, {{"b.example", "b.example"}}}, {second, 1, {{"z.example", ""}}}});
    const Config config = maker.lower();
    REQUIRE(config.listeners.size() == 3);
    CHECK(order_on(config, 1, "b.example") == Lines{"r/0"});
    CHECK(config.listeners[2].hostname == "z.example");
    CHECK(config.listeners[2].hosts.empty());
    CHECK(maker.said().back() == "certificate-missing Gateway infra/h spec.listeners");
    CHECK(maker.diagnostics().items().back().listener == "bare");
}

}  // namespace
}  // namespace gatefile::ir::test
