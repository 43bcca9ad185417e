// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/static_config.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace gatefile::traefik;
namespace graph = gatefile::graph;

namespace {

constexpr std::string_view as_yaml = R"(
entryPoints:
  web:
    address: ":8000"
    http:
      redirections:
        entryPoint: {to: websecure, scheme: https}
  WebSecure:
    address: 10.0.0.1:8443
    forwardedHeaders: {trustedIPs: [127.0.0.1/32]}
    http:
      middlewares: [a@file, b@file]
      tls: {}
  dns:
    address: "[::1]:5353/udp"
providers:
  file: {directory: /etc/traefik/dynamic}
  plugin:
    gatefile: {directory: /run/gatefile}
experimental:
  localPlugins:
    gatefile: {moduleName: gatefile.dev/traefik-plugin}
serversTransport: {insecureSkipVerify: true}
)";

constexpr std::string_view as_toml = R"(
[entryPoints.web]
  address = ":8000"
  [entryPoints.web.http.redirections.entryPoint]
    to = "websecure"
[entrypoints.WebSecure]
  address = "10.0.0.1:8443"
  [entrypoints.WebSecure.forwardedHeaders]
    trustedIPs = ["127.0.0.1/32"]
  [entrypoints.WebSecure.http]
    middlewares = ["a@file", "b@file"]
    [entrypoints.WebSecure.http.tls]
[entrypoints.dns]
  address = "[::1]:5353/udp"
[providers.file]
  directory = "/etc/traefik/dynamic"
[providers.plugin.gatefile]
  directory = "/run/gatefile"
[experimental.localPlugins.gatefile]
  moduleName = "gatefile.dev/traefik-plugin"
[serversTransport]
  insecureSkipVerify = true
)";

constexpr std::string_view as_arguments = R"(
# what the service file has
--entrypoints.web.address=:8000 --entryPoints.web.http.redirections.entryPoint.to=websecure \
--entryPoints.WebSecure.address 10.0.0.1:8443
"--entryPoints.WebSecure.forwardedHeaders.trustedIPs=127.0.0.1/32"
--entryPoints.WebSecure.http.middlewares=a@file,b@file
--entryPoints.WebSecure.http.tls
--entryPoints.dns.address='[::1]:5353/udp'
--providers.file.directory=/etc/traefik/dynamic
--providers.plugin.gatefile.directory=/run/gatefile
--experimental.localPlugins.gatefile.moduleName=gatefile.dev/traefik-plugin
--serversTransport.insecureSkipVerify
)";

void check_example(const gatefile::base::Result<StaticConfig>& parsed) {
    REQUIRE_MESSAGE(parsed.has_value(), (parsed ? std::string() : parsed.error().text));
    const StaticConfig& config = *parsed;
    REQUIRE(config.entry_points.size() == 3);
    const EntryPoint& secure = config.entry_points[0];
    CHECK(secure.name == "WebSecure");
    CHECK(secure.host == "10.0.0.1");
    CHECK(secure.port == 8443);
    CHECK(secure.tls);
    CHECK(secure.trusts_forwarded_headers);
    CHECK(secure.middlewares == std::vector<std::string>{"a@file", "b@file"});
    const EntryPoint& dns = config.entry_points[1];
    CHECK(dns.name == "dns");
    CHECK(dns.host == "::1");
    CHECK(dns.transport == graph::Transport::Udp);
    const EntryPoint& web = config.entry_points[2];
    CHECK(web.port == 8000);
    CHECK(web.host.empty());
    CHECK(web.redirects_to == "websecure");
    CHECK_FALSE(web.tls);
    CHECK_FALSE(web.trusts_forwarded_headers);
    CHECK(config.file_directories == std::vector<std::string>{"/etc/traefik/dynamic"});
    CHECK(config.plugin_directories == std::vector<std::string>{"/run/gatefile"});
    CHECK(config.insecure_skip_verify);
    CHECK_FALSE(config.assumed);
}

}  // namespace

TEST_CASE("YAML, TOML and arguments say the same") {
    check_example(parse_static_yaml(as_yaml));
    check_example(parse_static_toml(as_toml));
    check_example(parse_static_args(as_arguments));
}

TEST_CASE("a Deployment's container gives arguments and version") {
    const auto config = parse_static_args(R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik}
spec:
  template:
    spec:
      containers:
        - name: side
          image: busybox:1.36
        - name: traefik
          image: docker.io/library/traefik:v3.5.2@sha256:0123
          args: ["--entryPoints.web.address=:8000/tcp", "--providers.file.directory=/d"]
)");
    REQUIRE(config.has_value());
    REQUIRE(config->entry_points.size() == 1);
    CHECK(config->entry_points[0].port == 8000);
    REQUIRE(config->version);
    CHECK(*config->version == Version{3, 5, 2});
}

TEST_CASE("versions as in images, in answers of Traefik's API and in words") {
    CHECK(parse_version("3.7.15") == Version{3, 7, 15});
    CHECK(parse_version("v3.7") == newest_tested);
    CHECK(parse_version("v3.6") == Version{3, 6, 0});
    CHECK(parse_version("v3.8.0-rc.1") == Version{3, 8, 0});
    for (const char* text : {"", "v3", "latest", "3.x.1", "3.7.1.2", "3.-7.1", "3..1"}) {
        CHECK_FALSE(parse_version(text).has_value());
    }
}

TEST_CASE("without entry points Traefik opens port 80; nothing at all is assumed otherwise") {
    const auto config = parse_static_yaml("providers: {file: {directory: /d}}");
    REQUIRE(config.has_value());
    REQUIRE(config->entry_points.size() == 1);
    CHECK(config->entry_points[0].port == 80);
    CHECK(assumed_static_config().assumed);
    CHECK(assumed_static_config().entry_points.size() == 2);
}

TEST_CASE("what cannot be understood is an error that names it") {
    CHECK_FALSE(parse_static_yaml("entryPoints: {web: {address: nonsense}}").has_value());
    CHECK_FALSE(parse_static_yaml("entryPoints: [").has_value());
    CHECK_FALSE(parse_static_toml("[entryPoints").has_value());
    CHECK_FALSE(parse_static_args("--configFile=/etc/traefik/traefik.yml").has_value());
    CHECK_FALSE(parse_static_args("apiVersion: v1\nkind: Pod\nspec: {containers: []}").has_value());
    CHECK_FALSE(parse_entry_point("web").has_value());
    CHECK_FALSE(parse_entry_point("web=:99999").has_value());
    CHECK_FALSE(parse_entry_point("web=:80/sctp").has_value());
    const auto entry_point = parse_entry_point("lan=192.168.1.2:8080/tcp");
    REQUIRE(entry_point.has_value());
    CHECK(entry_point->host == "192.168.1.2");
    CHECK(entry_point->port == 8080);
}

TEST_CASE("providers are known by their keys") {
    const auto config = parse_static_args(
        "--entryPoints.web.address=:80 --providers.kubernetesIngress=true "
        "--providers.kubernetesCRD.namespaces=a --providers.file.directory=/x "
        "--providers.plugin.gatefile.directory=/y --providers.providersThrottleDuration=1s");
    REQUIRE(config);
    CHECK(config->other_providers ==
          std::vector<std::string>{"file", "kubernetescrd", "kubernetesingress", "plugin-gatefile"});
}
