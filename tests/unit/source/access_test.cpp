// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/access.hpp"

#include <doctest/doctest.h>

#include "gatefile/base/strings.hpp"
#include "key_pairs.hpp"
#include "temporary_directory.hpp"

namespace gatefile::source {

namespace {

using namespace std::chrono_literals;

struct AccessFixture {
    TemporaryDirectory directory;
    AccessSettings settings;
    Access::Clock::time_point now{};

    AccessFixture() { settings.kubeconfig = directory.path("config"); }

    /// A kubeconfig of one context; the fields are flow mappings' insides.
    void write_config(const std::string& cluster, const std::string& user) const {
        directory.write("config",
                        "clusters:\n- name: lab\n  cluster: {" + cluster +
                            "}\nusers:\n- name: me\n  user: {" + user +
                            "}\ncontexts:\n- name: c\n  context: {cluster: lab, user: "
                            "me}\ncurrent-context: c\n");
    }
    Access open() const {
        auto access = Access::open(settings);
        REQUIRE_MESSAGE(access, access.error().text);
        return *std::move(access);
    }
    std::string refusal() const {
        const auto access = Access::open(settings);
        REQUIRE(!access);
        return access.error().text;
    }
    std::string refusal_of(const std::string& cluster, const std::string& user) const {
        write_config(cluster, user);
        std::string text = refusal();
        // What precedes is always the same.
        const std::string file = directory.path("config") + ": ";
        const std::size_t at = text.find(file);
        return at == std::string::npos ? text : text.substr(at + file.size());
    }
    void write_pair(const KeyPair& certificate, const KeyPair& key) const {
        directory.write("me.crt", certificate.certificate);
        directory.write("me.key", key.key);
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string authorization(const Access& access) {
    for (const auto& [name, value] : access.headers()) {
        if (name == "Authorization") return value;
    }
    return "";
}

}  // namespace

TEST_CASE_FIXTURE(AccessFixture, "a context, its cluster and its user") {
    directory.write("config", R"(
clusters:
- {name: lab, cluster: {server: "https://lab.test:6443/", tls-server-name: api.test, proxy-url: "http://p:3128"}}
- {name: other, cluster: {server: "https://rancher.test/k8s/clusters/c-1"}}
users: [{name: me, user: {token: abc}}]
contexts:
- {name: lab, context: {cluster: lab, user: me, namespace: apps}}
- {name: other, context: {cluster: other}}
current-context: lab
)");
    const Access access = open();
    CHECK(access.server() == "https://lab.test:6443");
    CHECK(access.default_namespace() == "apps");
    CHECK(access.origin() == "context \"lab\" of " + directory.path("config"));
    CHECK(authorization(access) == "Bearer abc");
    CHECK(access.peer()->server_name == "api.test");
    CHECK(access.peer()->proxy == "http://p:3128");
    CHECK(access.peer()->verify);
    settings.context = "other";
    const Access other = open();
    CHECK(other.server() == "https://rancher.test/k8s/clusters/c-1");
    CHECK(other.default_namespace() == "default");
    CHECK(other.headers().empty());
    settings.context = "no";
    CHECK(refusal() == directory.path("config") +
                           ": no context \"no\", which --context names (there are: \"lab\", "
                           "\"other\")");
}

TEST_CASE_FIXTURE(AccessFixture, "the environment's proxy counts where the kubeconfig names none") {
    settings.environment = {{"HTTPS_PROXY", "http://env:3128"}, {"NO_PROXY", "near.test"}};
    write_config("server: 'https://lab.test:6443'", "");
    CHECK(open().peer()->proxy == "http://env:3128");
    write_config("server: 'https://near.test'", "");
    CHECK(open().peer()->proxy == "");
    write_config("server: 'https://near.test', proxy-url: 'http://p:3128'", "");
    CHECK(open().peer()->proxy == "http://p:3128");
    settings.environment["HTTPS_PROXY"] = "ftp://env";
    CHECK(open().peer()->proxy == "http://p:3128");
    write_config("server: 'https://lab.test'", "");
    CHECK(has(refusal(), "HTTPS_PROXY must be a URL"));
}

TEST_CASE_FIXTURE(AccessFixture, "what a server may look like") {
    const auto server = [&](const std::string& fields) {
        write_config(fields, "");
        return open().server();
    };
    CHECK(server("server: 'lab.test:8080'") == "http://lab.test:8080");
    CHECK(server("server: 'lab.test', insecure-skip-tls-verify: true") == "https://lab.test");
    CHECK(server("server: 'https://[::1]:6443'") == "https://[::1]:6443");
    CHECK(refusal_of("", "") == "server is missing");
    CHECK(refusal_of("server: 'ftp://a'", "") ==
          "server \"ftp://a\" is not of the form https://HOST:PORT");
    for (const char* bad : {"https://", "https:///a", "https://a b", "https://a?b", "://"}) {
        CAPTURE(bad);
        CHECK(has(refusal_of("server: '" + std::string(bad) + "'", ""), "is not of the form"));
    }
    const std::string with_password = refusal_of("server: 'https://u:s3cret@a'", "");
    CHECK(has(with_password, "user name"));
    CHECK(!has(with_password, "s3cret"));
}

TEST_CASE_FIXTURE(AccessFixture, "contradictions and gaps are named") {
    const std::string server = "server: 'https://a'";
    CHECK(has(refusal_of(server + ", insecure-skip-tls-verify: true, certificate-authority: x", ""),
              "contradict"));
    CHECK(has(refusal_of(server + ", proxy-url: 'ftp://u:s3cret@x'", ""), "proxy-url must be"));
    CHECK(!has(refusal_of(server + ", proxy-url: 'ftp://u:s3cret@x'", ""), "s3cret"));
    CHECK(has(refusal_of(server + ", tls-server-name: 'a b'", ""), "tls-server-name"));
    CHECK(has(refusal_of(server + ", certificate-authority-data: eA==", ""),
              "certificate-authority-data"));
    write_config(server + ", certificate-authority: none.crt", "");
    CHECK(refusal() == "reading certificate-authority " + directory.path("none.crt") +
                           " of cluster \"lab\" of " + directory.path("config") +
                           ": No such file or directory");
    CHECK(has(refusal_of(server, "token: a, username: b"), "contradict"));
    CHECK(has(refusal_of(server, "client-certificate: a"), "needs a client-key"));
    CHECK(has(refusal_of(server, "client-key-data: eA=="), "needs a client-certificate"));
    CHECK(has(refusal_of(server, "as-groups: [a]"), "need an as"));
    CHECK(has(refusal_of(server, "as: \"a\\r\\nX: y\""), "line breaks"));
    CHECK(has(refusal_of(server, "auth-provider: {name: gcp}"), "auth-provider \"gcp\""));
    CHECK(has(refusal_of(server, "exec: {command: x}"), "exec.apiVersion is missing"));
    const std::string bad_token = refusal_of(server, "token: \"s3\\u00e9cret\"");
    CHECK(has(bad_token, "characters that no token has"));
    CHECK(!has(bad_token, "cret"));

    directory.write("config", "contexts: [{name: c, context: {cluster: x, user: u}}]\n");
    CHECK(has(refusal(), "no current-context; name one with --context (there are: \"c\")"));
    settings.context = "c";
    CHECK(has(refusal(), "names cluster \"x\", which"));
    directory.write("config",
                    "clusters: [{name: x, cluster: {server: a}}]\n"
                    "contexts: [{name: c, context: {cluster: x, user: u}}]\n");
    CHECK(has(refusal(), "names user \"u\", which"));
}

TEST_CASE_FIXTURE(AccessFixture, "basic authentication and impersonation") {
    write_config("server: 'https://a'",
                 "username: u, password: p, as: robot, as-uid: '1', as-groups: [g, h], "
                 "as-user-extra: {\"a/b%\": [v, w]}");
    const Access access = open();
    const Access::Headers expected = {{"Authorization", "Basic dTpw"},
                                      {"Impersonate-User", "robot"},
                                      {"Impersonate-Uid", "1"},
                                      {"Impersonate-Group", "g"},
                                      {"Impersonate-Group", "h"},
                                      {"Impersonate-Extra-a%2Fb%25", "v"},
                                      {"Impersonate-Extra-a%2Fb%25", "w"}};
    CHECK(access.headers() == expected);
}

TEST_CASE_FIXTURE(AccessFixture, "a token file wins, and is read again each minute") {
    write_config("server: 'https://a'", "token: static, tokenFile: token");
    CHECK(authorization(open()) == "Bearer static");
    directory.write("token", " first\n");
    Access access = open();
    const auto peer = access.peer();
    REQUIRE(access.refresh(now));
    CHECK(authorization(access) == "Bearer first");
    directory.write("token", "second\n");
    REQUIRE(access.refresh(now + 59s));
    CHECK(authorization(access) == "Bearer first");
    REQUIRE(access.refresh(now + 60s));
    CHECK(authorization(access) == "Bearer second");
    CHECK(access.complaint().empty());

    directory.remove("token");
    REQUIRE(access.refresh(now + 120s));
    CHECK(authorization(access) == "Bearer second");
    CHECK(has(access.complaint(), directory.path("token")));
    directory.write("token", "\n");
    REQUIRE(access.refresh(now + 180s));
    CHECK(authorization(access) == "Bearer second");
    CHECK(has(access.complaint(), "it is empty"));

    directory.write("token", "third");
    access.refused();
    REQUIRE(access.refresh(now + 181s));
    CHECK(authorization(access) == "Bearer third");
    CHECK(access.peer() == peer);
}

TEST_CASE_FIXTURE(AccessFixture, "rotated certificates are a new peer, halves of a pair are not") {
    write_config("server: 'https://a', certificate-authority: ca.crt",
                 "client-certificate: me.crt, client-key: me.key");
    directory.write("ca.crt", first_pair.certificate);
    write_pair(first_pair, first_pair);
    Access access = open();
    const auto first = access.peer();
    CHECK(first->ca_pem == first_pair.certificate);
    CHECK(first->certificate_pem == first_pair.certificate);
    CHECK(first->key_pem.reveal() == first_pair.key);
    REQUIRE(access.refresh(now));
    CHECK(access.peer() == first);

    write_pair(second_pair, first_pair);
    REQUIRE(access.refresh(now + 60s));
    CHECK(access.peer() == first);
    CHECK(has(access.complaint(), "the client certificate of user \"me\""));
    CHECK(!has(access.complaint(), "BEGIN"));
    write_pair(second_pair, second_pair);
    REQUIRE(access.refresh(now + 120s));
    const auto second = access.peer();
    CHECK(second != first);
    CHECK(second->certificate_pem == second_pair.certificate);
    CHECK(first->certificate_pem == first_pair.certificate);

    directory.write("ca.crt", "half of a certif");
    REQUIRE(access.refresh(now + 180s));
    CHECK(access.peer() == second);
    CHECK(has(access.complaint(), "ca.crt"));
    directory.write("ca.crt", first_pair.certificate + second_pair.certificate);
    REQUIRE(access.refresh(now + 240s));
    CHECK(access.peer()->ca_pem == first_pair.certificate + second_pair.certificate);

    write_pair(first_pair, second_pair);
    CHECK(has(refusal(), "the client certificate of user \"me\""));
}

TEST_CASE_FIXTURE(AccessFixture, "data goes before files") {
    const std::string authority = base::encode_base64(first_pair.certificate);
    write_config("server: 'https://a', certificate-authority: none, certificate-authority-data: " +
                     authority,
                 "client-certificate: none, client-key: none, client-certificate-data: " +
                     authority + ", client-key-data: " + base::encode_base64(first_pair.key));
    const Access access = open();
    CHECK(access.peer()->ca_pem == first_pair.certificate);
    CHECK(access.peer()->key_pem.reveal() == first_pair.key);
}

TEST_CASE_FIXTURE(AccessFixture, "a Pod's ServiceAccount, when there is no kubeconfig") {
    settings.kubeconfig.reset();
    settings.environment = {{"HOME", directory.path("home")},
                            {"KUBERNETES_SERVICE_HOST", "fd00::1"},
                            {"KUBERNETES_SERVICE_PORT", "443"}};
    settings.service_account = directory.path("sa");
    directory.write("sa/ca.crt", first_pair.certificate);
    CHECK(has(refusal(), "automountServiceAccountToken"));
    CHECK(has(refusal(), directory.path("sa/token")));
    directory.write("sa/token", "t");
    directory.write("sa/namespace", "edge\n");
    Access access = open();
    CHECK(access.server() == "https://[fd00::1]:443");
    CHECK(access.default_namespace() == "edge");
    CHECK(access.origin() == "the Pod's ServiceAccount");
    CHECK(access.peer()->ca_pem == first_pair.certificate);
    CHECK(authorization(access) == "Bearer t");
    REQUIRE(access.refresh(now));
    directory.write("sa/token", "u");
    directory.write("sa/ca.crt", second_pair.certificate);
    REQUIRE(access.refresh(now + 61s));
    CHECK(authorization(access) == "Bearer u");
    CHECK(access.peer()->ca_pem == second_pair.certificate);

    settings.environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
    CHECK(open().server() == "https://10.0.0.1:443");
    settings.context = "c";
    CHECK(has(refusal(), "no context \"c\""));
    settings.context.reset();
    // A kubeconfig goes before.
    directory.write("home/.kube/config", "current-context: x\n");
    CHECK(has(refusal(), "no context \"x\""));
    directory.write("home/.kube/config", "apiVersion: v1\nkind: Config\n");
    CHECK(open().server() == "https://10.0.0.1:443");
    directory.write("home/.kube/config",
                    "clusters:\n- {name: far, cluster: {server: \"https://far:6443\"}}\n"
                    "contexts:\n- {name: far, context: {cluster: far}}\n");
    CHECK(has(refusal(), "no current-context"));
    // Beside others, one that chooses no context is for those who name one.
    settings.is_beside_others = true;
    CHECK(open().server() == "https://10.0.0.1:443");
    settings.context = "far";
    CHECK(open().server() == "https://far:6443");
}

TEST_CASE_FIXTURE(AccessFixture, "files that are not there yet are looked for at each call") {
    write_config("server: 'https://a'", "tokenFile: token");
    CHECK(has(refusal(), "reading the token file"));
    settings.waits_for_files = true;
    Access access = open();
    CHECK_FALSE(access.refresh(now));
    CHECK_FALSE(access.refresh(now + 1s));
    CHECK_FALSE(access.is_complete());
    directory.write("token", "late\n");
    CHECK(access.refresh(now + 2s));
    CHECK(access.is_complete());
    CHECK(authorization(access) == "Bearer late");
    // What the kubeconfig itself says wrongly stays an error.
    settings.context = "missing";
    CHECK(has(refusal(), "no context \"missing\""));
}

TEST_CASE_FIXTURE(AccessFixture, "a kubeconfig that is not there yet is looked for at each call") {
    settings.waits_for_files = true;
    CHECK(has(refusal(), "reading the kubeconfig"));
    settings.waits_for_config = true;
    Access access = open();
    CHECK(access.server().empty());
    CHECK(access.origin() == directory.path("config"));
    CHECK_FALSE(access.is_complete());
    const auto missing = access.refresh(now);
    REQUIRE(!missing);
    CHECK(has(missing.error().text, "reading the kubeconfig"));
    write_config("server: 'https://a'", "tokenFile: token");
    CHECK_FALSE(access.refresh(now + 1s));
    CHECK(access.server() == "https://a");
    CHECK_FALSE(access.is_complete());
    directory.write("token", "late\n");
    CHECK(access.refresh(now + 2s));
    CHECK(access.is_complete());
    CHECK(authorization(access) == "Bearer late");
}

TEST_CASE_FIXTURE(AccessFixture, "no way to an API server") {
    settings.kubeconfig.reset();
    CHECK(has(refusal(), "neither KUBECONFIG nor HOME is set"));
    settings.environment = {{"KUBECONFIG", directory.path("a") + ":" + directory.path("b")}};
    CHECK(has(refusal(), directory.path("a") + ", " + directory.path("b") + " (from KUBECONFIG)"));
    settings.environment = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}};
    CHECK(has(refusal(), "KUBERNETES_SERVICE_PORT"));
    settings.kubeconfig = directory.path("empty");
    directory.write("empty", "");
    CHECK(has(refusal(), "empty is empty"));
}

}  // namespace gatefile::source
