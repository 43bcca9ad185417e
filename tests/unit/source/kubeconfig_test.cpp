// SPDX-License-Identifier: Apache-2.0
#include "kubeconfig.hpp"

#include <doctest/doctest.h>

#include "temporary_directory.hpp"

namespace gatefile::source {

namespace {

Kubeconfig read(const std::string& text, const std::string& file = "/etc/kube/config") {
    Kubeconfig config;
    const auto merged = merge_kubeconfig(config, file, text);
    REQUIRE_MESSAGE(merged, merged.error().text);
    return config;
}

std::string refusal(const std::string& text) {
    Kubeconfig config;
    const auto merged = merge_kubeconfig(config, "kc", text);
    REQUIRE(!merged);
    return merged.error().text;
}

}  // namespace

TEST_CASE("every field of a cluster and a user") {
    const Kubeconfig config = read(R"(
apiVersion: v1
kind: Config
clusters:
- name: lab
  cluster:
    server: https://lab.test:6443
    tls-server-name: api.test
    proxy-url: socks5://127.0.0.1:1080
    insecure-skip-tls-verify: true
    disable-compression: true
    certificate-authority: pki/ca.crt
    certificate-authority-data: Q0E=
    extensions:
    - {name: other, extension: {a: 1}}
    - {name: client.authentication.k8s.io/exec, extension: {audience: lab}}
users:
- name: me
  user:
    client-certificate: pki/me.crt
    client-certificate-data: Q0VSVA==
    client-key: /abs/me.key
    client-key-data: S0VZ
    token: t0ken
    tokenFile: tokens/me
    username: u
    password: p
    as: robot
    as-uid: "17"
    as-groups: [a, b]
    as-user-extra: {Reason: [v, w]}
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: bin/login
      args: [--now]
      env: [{name: A, value: "1"}]
      installHint: get it
      interactiveMode: Never
      provideClusterInfo: true
contexts:
- name: c
  context: {cluster: lab, user: me, namespace: apps}
current-context: c
)");
    const ClusterEntry& cluster = config.clusters.at("lab");
    CHECK(cluster.server == "https://lab.test:6443");
    CHECK(cluster.tls_server_name == "api.test");
    CHECK(cluster.proxy_url == "socks5://127.0.0.1:1080");
    CHECK(cluster.insecure_skip_tls_verify);
    CHECK(cluster.certificate_authority == "/etc/kube/pki/ca.crt");
    CHECK(cluster.certificate_authority_data == "CA");
    REQUIRE(cluster.exec_extension);
    CHECK(cluster.exec_extension->find("audience")->as_string() == "lab");
    const UserEntry& user = config.users.at("me");
    CHECK(user.client_certificate == "/etc/kube/pki/me.crt");
    CHECK(user.client_certificate_data == "CERT");
    CHECK(user.client_key == "/abs/me.key");
    CHECK(user.client_key_data.reveal() == "KEY");
    CHECK(user.token.reveal() == "t0ken");
    CHECK(user.token_file == "/etc/kube/tokens/me");
    CHECK(user.username == "u");
    CHECK(user.password.reveal() == "p");
    CHECK(user.as == "robot");
    CHECK(user.as_uid == "17");
    CHECK(user.as_groups == std::vector<std::string>{"a", "b"});
    CHECK(user.as_user_extra.at("Reason") == std::vector<std::string>{"v", "w"});
    REQUIRE(user.exec);
    CHECK(user.exec->command == "/etc/kube/bin/login");
    CHECK(user.exec->arguments == std::vector<std::string>{"--now"});
    CHECK(user.exec->environment.front() == std::pair<std::string, std::string>{"A", "1"});
    CHECK(user.exec->install_hint == "get it");
    CHECK(user.exec->interactive_mode == "Never");
    CHECK(user.exec->provide_cluster_info);
    CHECK(config.contexts.at("c").default_namespace == "apps");
    CHECK(config.current_context == "c");
}

TEST_CASE("a program without a slash is looked for in PATH; paths of a file named barely stay") {
    const Kubeconfig config =
        read("users: [{name: a, user: {tokenFile: t, exec: {command: aws}}}]", "config");
    CHECK(config.users.at("a").exec->command == "aws");
    CHECK(config.users.at("a").token_file == "t");
}

TEST_CASE("JSON, empty files and entries that are null") {
    CHECK(read(R"({"clusters":[{"name":"a","cluster":{"server":"s"}}]})").clusters.size() == 1);
    CHECK(read("").clusters.empty());
    CHECK(read("# nothing\n").files.size() == 1);
    const Kubeconfig config = read("clusters: null\nusers: [{name: a, user: null}]\n");
    CHECK(config.users.contains("a"));
}

TEST_CASE("the first file wins, entry by entry") {
    Kubeconfig config;
    REQUIRE(merge_kubeconfig(config, "/one/config", R"(
clusters: [{name: a, cluster: {server: first}}]
users: [{name: u, user: {username: first}}]
)"));
    REQUIRE(merge_kubeconfig(config, "/two/config", R"(
clusters: [{name: a, cluster: {server: second, tls-server-name: x}}, {name: b, cluster: {server: b, certificate-authority: ca}}]
users: [{name: u, user: {token: other}}]
current-context: two
)"));
    REQUIRE(merge_kubeconfig(config, "/three/config", "current-context: three\n"));
    CHECK(config.clusters.at("a").server == "first");
    CHECK(config.clusters.at("a").tls_server_name.empty());
    CHECK(config.clusters.at("a").file == "/one/config");
    CHECK(config.clusters.at("b").certificate_authority == "/two/ca");
    CHECK(config.users.at("u").token.empty());
    CHECK(config.current_context == "two");
    CHECK(config.current_context_file == "/two/config");
}

TEST_CASE("faults name file, line and field, and never a secret") {
    CHECK(refusal("a: [\n") ==
          "kc:2: did not find expected node content while parsing a flow node");
    CHECK(refusal("users:\n- name: a\n  user:\n    token: 123456\n") ==
          "kc:4: users[0].user.token must be of type string, not integer");
    CHECK(refusal("users:\n- name: a\n  user:\n    token: *s3cret\n").find("s3cret") ==
          std::string::npos);
    CHECK(refusal("clusters:\n- name: a\n  cluster:\n    certificate-authority-data: '%'\n") ==
          "kc:4: clusters[0].cluster.certificate-authority-data is not base64");
    CHECK(refusal("users:\n- name: a\n- name: a\n") ==
          "kc:3: users[1].name \"a\" occurs twice in this file");
    CHECK(refusal("kind: Pod\n") == "kc:1: kind is \"Pod\", not \"Config\": this is no kubeconfig");
    CHECK(refusal("- a\n") == "kc:1: this is no kubeconfig: a map is expected");
    CHECK(refusal("contexts: [a]\n") == "kc:1: contexts[0] must be of type object, not string");
    CHECK(refusal("users: [{user: {as-groups: [1]}}]\n") ==
          "kc:1: users[0].user.as-groups[0] must be of type string, not integer");
    CHECK(refusal("users: [{user: {as-user-extra: {k: v}}}]\n") ==
          "kc:1: users[0].user.as-user-extra[\"k\"] must be of type array, not string");
}

TEST_CASE("where kubeconfigs are looked for") {
    using Names = std::vector<std::string>;
    const KubeconfigPlaces named = kubeconfig_places("f", {{"KUBECONFIG", "a"}});
    CHECK(named.files == Names{"f"});
    CHECK(named.must_exist);
    const std::map<std::string, std::string> list = {{"KUBECONFIG", "a::b:a"}, {"HOME", "/h"}};
    CHECK(kubeconfig_places({}, list).files == Names{"a", "b"});
    CHECK(!kubeconfig_places({}, list).must_exist);
    CHECK(kubeconfig_places({}, {{"KUBECONFIG", ""}, {"HOME", "/h"}}).files ==
          Names{"/h/.kube/config"});
    CHECK(kubeconfig_places({}, {}).files.empty());
}

TEST_CASE("files that are missing are skipped, unless they were named; unreadable ones are not") {
    const TemporaryDirectory directory;
    directory.write("b", "current-context: b\n");
    directory.write("d/x", "");
    const std::string a = directory.path("a");
    const std::string b = directory.path("b");
    const auto config = load_kubeconfig({.files = {a, b}, .named_by = "KUBECONFIG"});
    REQUIRE(config);
    CHECK(config->files == std::vector<std::string>{b});
    const auto missing =
        load_kubeconfig({.files = {a}, .named_by = "--kubeconfig", .must_exist = true});
    REQUIRE(!missing);
    CHECK(missing.error().text ==
          "reading the kubeconfig " + a + " (named by --kubeconfig): No such file or directory");
    CHECK(!load_kubeconfig({.files = {directory.path("d")}, .named_by = "KUBECONFIG"}));
}

}  // namespace gatefile::source
