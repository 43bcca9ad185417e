// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/encode.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gatefile/tree/read.hpp"

using namespace gatefile;
using namespace gatefile::traefik;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

const tree::Node& at(const tree::Node& node, std::initializer_list<std::string_view> path) {
    const tree::Node* found = &node;
    for (const std::string_view key : path) {
        found = found->find(key);
        REQUIRE_MESSAGE(found != nullptr, std::string(key));
    }
    return *found;
}

}  // namespace

TEST_CASE("an empty configuration has its generation and no empty section") {
    const Text json = write({}, Format::Plugin, Keys::Inline);
    CHECK(json.file_name == "gatefile.json");
    CHECK(contains(json.bytes, json.generation));
    CHECK_FALSE(contains(json.bytes, "routers"));
    CHECK_FALSE(contains(json.bytes, "tls"));
    CHECK_FALSE(contains(json.bytes, "{}"));
    CHECK(write({}, Format::File, Keys::Inline).file_name == "gatefile.yml");
}

TEST_CASE("the generation follows the content, also when a manifest holds its placeholder") {
    Dynamic a;
    a.routers = {{.name = "r", .rule = "Host(`a.x`)", .priority = 1, .service = "s"}};
    Dynamic b = a;
    b.routers[0].priority = 2;
    CHECK(write(a, Format::File, Keys::Inline).generation !=
          write(b, Format::File, Keys::Inline).generation);
    Dynamic mean;
    mean.middlewares = {
        {"a", HeadersMiddleware{.request = {{"X-Gatefile-Generation", std::string(64, '0')}}}}};
    const Text text = write(mean, Format::Plugin, Keys::Inline);
    const auto document = tree::read_json(text.bytes);
    REQUIRE(document.has_value());
    CHECK(at(document->root,
             {"http",
              "middlewares",
              "gatefile-generation",
              "headers",
              "customResponseHeaders",
              "X-Gatefile-Generation"})
              .as_string() == text.generation);
    CHECK(
        at(document->root,
           {"http", "middlewares", "a", "headers", "customRequestHeaders", "X-Gatefile-Generation"})
            .as_string() == std::string(64, '0'));
}

TEST_CASE("what Traefik does not fill in for JSON is written out") {
    Dynamic dynamic;
    dynamic.transports = {{.name = "t", .response_header_timeout = std::chrono::milliseconds(500)}};
    dynamic.tls_options = {{.name = "o", .min_version = "VersionTLS12"}};
    dynamic.services = {
        {.name = "s", .settings = LoadBalancer{}},
        {.name = "t", .settings = Mirroring{.service = "s", .mirrors = {{"s", 20}}}}};
    tree::Arena arena;
    const tree::Node root = encode(dynamic, Format::Plugin, Keys::Inline, arena);
    const tree::Node& timeouts = at(root, {"http", "serversTransports", "t", "forwardingTimeouts"});
    CHECK(at(timeouts, {"dialTimeout"}).as_string() == "30000ms");
    CHECK(at(timeouts, {"idleConnTimeout"}).as_string() == "90000ms");
    CHECK(at(timeouts, {"pingTimeout"}).as_string() == "15000ms");
    CHECK(at(timeouts, {"responseHeaderTimeout"}).as_string() == "500ms");
    CHECK(at(root, {"tls", "options", "o", "alpnProtocols"}).items().size() == 3);
    CHECK(at(root, {"http", "services", "s", "loadBalancer", "passHostHeader"}).as_bool());
    CHECK(at(root, {"http", "services", "t", "mirroring", "maxBodySize"}).as_int() == -1);
    CHECK(at(root, {"http", "services", "t", "mirroring", "mirrorBody"}).as_bool());
}

TEST_CASE("Go templates in user text are not executed in format file") {
    Dynamic dynamic;
    dynamic.middlewares = {{"a", HeadersMiddleware{.request = {{"X-A", R"({{ env "HOME" }})"}}}}};
    const Text text = write(dynamic, Format::File, Keys::Inline);
    CHECK_FALSE(contains(text.bytes, "{{"));
    const auto document = tree::read_yaml(text.bytes);
    REQUIRE(document.has_value());
    CHECK(at(document->root, {"http", "middlewares", "a", "headers", "customRequestHeaders", "X-A"})
              .as_string() == R"({{ env "HOME" }})");
}

TEST_CASE("keys are left out on request, and only PEM gets through") {
    Dynamic dynamic;
    dynamic.certificates = {
        {.chain_pem =
             "/etc/passwd\n-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n\xff",
         .key_pem = base::SecretBytes("-----BEGIN KEY-----\nc2VjcmV0\n-----END KEY-----\n"),
         .is_default = true}};
    const Text inlined = write(dynamic, Format::File, Keys::Inline);
    CHECK(contains(inlined.bytes, "c2VjcmV0"));
    CHECK_FALSE(contains(inlined.bytes, "passwd"));
    CHECK(contains(inlined.bytes, "defaultCertificate"));
    const Text omitted = write(dynamic, Format::File, Keys::Omit);
    CHECK_FALSE(contains(omitted.bytes, "c2VjcmV0"));
    CHECK(contains(omitted.bytes, "private key omitted"));
}
