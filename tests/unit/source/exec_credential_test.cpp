// SPDX-License-Identifier: Apache-2.0
#include "exec_credential.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <thread>

#include "exec_process.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/source/access.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "key_pairs.hpp"
#include "temporary_directory.hpp"

namespace gatefile::source {

namespace {

using namespace std::chrono_literals;

constexpr const char* v1 = "client.authentication.k8s.io/v1";

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string refusal(const ExecEntry& exec) {
    const auto checked = check_exec_entry(exec);
    return checked ? "" : checked.error().text;
}

std::string refusal(const std::string& printed) {
    const auto parsed = parse_exec_credential(printed, v1);
    return parsed ? "" : parsed.error().text;
}

std::string credential(const std::string& status) {
    return std::string(
               R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",)") +
           R"("status":{)" + status + "}}";
}

/// A kubeconfig whose user is a script, which counts how often it ran.
struct ExecFixture {
    TemporaryDirectory directory;
    AccessSettings settings;
    Access::Clock::time_point now = Access::Clock::now();

    ExecFixture() {
        settings.kubeconfig = directory.path("config");
        settings.allow_exec = true;
        directory.write("config", R"(
clusters: [{name: lab, cluster: {server: "https://a"}}]
users:
- name: me
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./login
      env: [{name: WHO, value: me}]
      interactiveMode: Never
      installHint: "ask the\nplatform team"
contexts: [{name: c, context: {cluster: lab, user: me}}]
current-context: c
)");
    }
    void script(const std::string& lines) const {
        directory.write("login", "#!/bin/sh\necho x >>" + directory.path("runs") + "\n" + lines);
        chmod(directory.path("login").c_str(), 0700);
    }
    void prints(const std::string& status) const {
        script("cat <<EOF\n" + credential(status) + "\nEOF\n");
    }
    /// Until so many have begun, and have read what they are.
    void until_running(std::uintmax_t count) const {
        const auto end = Access::Clock::now() + 20s;
        while (runs() < count && Access::Clock::now() < end)
            std::this_thread::sleep_for(5ms);
        CHECK(runs() == count);
    }
    /// Until what runs beside us has ended; for `access` it is always `at`.
    static void until_ended(Access& access, Access::Clock::time_point at) {
        const auto end = Access::Clock::now() + 20s;
        do {
            std::this_thread::sleep_for(5ms);
            [[maybe_unused]] const auto read = access.refresh(at);
        } while (access.due() && *access.due() < at + 1s && Access::Clock::now() < end);
    }
    std::uintmax_t runs() const {
        std::error_code missing;
        const auto size = std::filesystem::file_size(directory.path("runs"), missing);
        return missing ? 0 : size / 2;
    }
    Access open() const {
        auto access = Access::open(settings);
        REQUIRE_MESSAGE(access, access.error().text);
        return *std::move(access);
    }
};

std::string token_of(const Access& access) {
    return access.headers().empty() ? "" : access.headers().front().second;
}

}  // namespace

TEST_CASE("entries that cannot be run") {
    const ExecEntry good{.command = "x", .api_version = v1, .interactive_mode = "IfAvailable"};
    CHECK(refusal(good).empty());
    ExecEntry exec = good;
    exec.interactive_mode = "";
    CHECK(has(refusal(exec), "interactiveMode is missing"));
    exec.api_version = "client.authentication.k8s.io/v1beta1";
    CHECK(refusal(exec).empty());
    exec.api_version = "client.authentication.k8s.io/v1alpha1";
    CHECK(has(refusal(exec), "v1alpha1"));
    exec = good;
    exec.interactive_mode = "Always";
    CHECK(has(refusal(exec), "nobody can be asked"));
    exec.interactive_mode = "never";
    CHECK(has(refusal(exec), "must be Never"));
    exec = good;
    exec.command = "";
    CHECK(has(refusal(exec), "command is missing"));
    exec = good;
    exec.environment = {{"A=B", "c"}};
    CHECK(has(refusal(exec), "exec.env"));
}

TEST_CASE("what the program is told") {
    const tree::ReadResult extension = tree::read("{audience: lab}", nullptr);
    const ClusterEntry cluster{.server = "https://a",
                               .tls_server_name = "b",
                               .proxy_url = "http://p",
                               .exec_extension = extension.documents.front().root};
    ExecEntry exec{.api_version = v1};
    CHECK(make_exec_info(exec, cluster, "CA") ==
          R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",)"
          R"("spec":{"interactive":false}})");
    exec.provide_cluster_info = true;
    CHECK(has(make_exec_info(exec, cluster, "CA"),
              R"("cluster":{"server":"https://a","tls-server-name":"b",)"
              R"("certificate-authority-data":"Q0E=","proxy-url":"http://p",)"
              R"("config":{"audience":"lab"}})"));
}

TEST_CASE("what the program may print") {
    const auto parsed = parse_exec_credential(
        credential(R"("token":"t","expirationTimestamp":"2030-01-01T00:00:00Z")"), v1);
    REQUIRE(parsed);
    CHECK(parsed->token.reveal() == "t");
    CHECK(base::format_rfc3339(*parsed->expires) == "2030-01-01T00:00:00Z");
    CHECK(has(refusal("s3cret"), "no ExecCredential"));
    CHECK(!has(refusal("s3cret"), "s3cret"));
    CHECK(has(refusal(""), "no ExecCredential"));
    CHECK(has(refusal(credential("")), "neither a token nor"));
    CHECK(has(refusal(credential(R"("token":17)")), "status.token must be of type string"));
    CHECK(has(refusal(credential(R"("token":"t","clientKeyData":"k")")), "only one of"));
    CHECK(has(refusal(credential(R"("token":"t","expirationTimestamp":"soon")")), "no time"));
    CHECK(has(refusal(credential(R"("clientCertificateData":"a","clientKeyData":"k")")),
              "the client certificate that it printed"));
    CHECK(has(refusal(R"({"apiVersion":"client.authentication.k8s.io/v1beta1",)"
                      R"("kind":"ExecCredential","status":{"token":"t"}})"),
              "v1beta1"));
}

TEST_CASE("programs: output, exit code, no input, time limit") {
    const auto run = [](const std::string& script, std::chrono::milliseconds limit = 5s) {
        return run_program({.command = "sh", .arguments = {"-c", script}, .limit = limit});
    };
    CHECK(*run("echo a; cat; echo b") == "a\nb\n");
    CHECK(run("exit 3").error().text == "\"sh\" ended with exit code 3");
    CHECK(has(run("kill -9 $$").error().text, "killed by signal 9"));
    const auto start = std::chrono::steady_clock::now();
    CHECK(has(run("sleep 20 & sleep 20", 200ms).error().text, "did not end within 0.2 s"));
    CHECK(has(run("exec >&-; sleep 20", 200ms).error().text, "did not end within 0.2 s"));
    CHECK(has(run("yes").error().text, "printed more than"));
    CHECK(std::chrono::steady_clock::now() - start < 4s);
    const auto missing = run_program({.command = "no-such-program"});
    CHECK(missing.error().kind == base::ErrorKind::Unsupported);
    // No shell: an argument is an argument.
    CHECK(*run_program({.command = "printf", .arguments = {"%s", "$(id) ;"}}) == "$(id) ;");
    CHECK(*run_program({.command = "sh",
                        .arguments = {"-c", "echo $HOME"},
                        .environment = {{"HOME", "/mine"}}}) == "/mine\n");
}

TEST_CASE_FIXTURE(ExecFixture, "no program is run unless that is allowed") {
    prints(R"("token":"t")");
    settings.allow_exec = false;
    const auto access = Access::open(settings);
    REQUIRE(!access);
    CHECK(access.error().kind == base::ErrorKind::Refused);
    CHECK(has(access.error().text, "from the program "));
    CHECK(runs() == 0);
}

TEST_CASE_FIXTURE(ExecFixture, "a credential is kept until it expires or is refused") {
    script("test \"$WHO\" = me && test -n \"$KUBERNETES_EXEC_INFO\" && cat <<EOF\n" +
           credential(R"("token":"one")") + "\nEOF\n");
    Access access = open();
    CHECK(runs() == 0);
    CHECK(token_of(access).empty());
    REQUIRE(access.refresh(now));
    CHECK(token_of(access) == "Bearer one");
    REQUIRE(access.refresh(now + 24h));
    CHECK(runs() == 1);

    prints(R"("token":"two","expirationTimestamp":"2999-01-01T00:00:00Z")");
    access.refused();
    REQUIRE(access.refresh(now + 25h));
    CHECK(token_of(access) == "Bearer two");
    // Calls that were under way with the old one.
    access.refused();
    REQUIRE(access.refresh(now + 25h + 1s));
    CHECK(runs() == 2);
    REQUIRE(access.refresh(now + 25h + 10s));
    CHECK(runs() == 3);
    REQUIRE(access.refresh(now + 26h));
    CHECK(runs() == 3);
}

TEST_CASE_FIXTURE(ExecFixture, "expired credentials are asked for again, and kept if that fails") {
    prints(R"("token":"old","expirationTimestamp":"2001-01-01T00:00:00Z")");
    Access access = open();
    REQUIRE(access.refresh(now));
    CHECK(token_of(access) == "Bearer old");
    script("exit 1\n");
    REQUIRE(access.refresh(now + 11s));
    CHECK(runs() == 2);
    CHECK(token_of(access) == "Bearer old");
    CHECK(has(access.complaint(), "ended with exit code 1"));
    REQUIRE(access.refresh(now + 12s));
    CHECK(runs() == 2);
    CHECK(!access.complaint().empty());
    prints(R"("token":"new","expirationTimestamp":"2999-01-01T00:00:00Z")");
    REQUIRE(access.refresh(now + 22s));
    CHECK(token_of(access) == "Bearer new");
    CHECK(access.complaint().empty());
}

TEST_CASE_FIXTURE(ExecFixture, "a first run that fails is an error, and tried again later") {
    Access access = open();
    const auto missing = access.refresh(now);
    REQUIRE(!missing);
    CHECK(has(missing.error().text, "the credentials of user \"me\" of "));
    CHECK(has(missing.error().text, "No such file or directory"));
    CHECK(has(missing.error().text, R"(ask the\nplatform team)"));
    prints(R"("token":"t")");
    CHECK(!access.refresh(now + 5s));
    CHECK(runs() == 0);
    REQUIRE(access.refresh(now + 10s));
    CHECK(token_of(access) == "Bearer t");
}

TEST_CASE_FIXTURE(ExecFixture, "a program that hangs is not waited for where nothing may wait") {
    settings.waits_for_files = true;
    script("sleep 60\n");
    const auto began = Access::Clock::now();
    Access access = open();
    CHECK_FALSE(access.is_complete());
    REQUIRE(access.refresh(now));
    CHECK_FALSE(access.is_complete());
    REQUIRE(access.due());
    CHECK(*access.due() - now < 1s);
    const auto slow = access.refresh(now + 3s);
    REQUIRE(!slow);
    CHECK(has(slow.error().text, "login\" has not ended yet"));
    until_running(1);
    prints(R"("token":"t")");
    const auto killed = access.refresh(now + 30s);
    REQUIRE(!killed);
    CHECK(has(killed.error().text, "did not end within 30 s and was killed"));
    CHECK_FALSE(access.is_complete());
    until_ended(access, now + 31s);
    CHECK(access.is_complete());
    CHECK(token_of(access) == "Bearer t");
    CHECK(!access.due());
    CHECK(Access::Clock::now() - began < 10s);
}

TEST_CASE_FIXTURE(ExecFixture, "while a credential is renewed beside us the old one is used") {
    settings.waits_for_files = true;
    prints(R"("token":"old","expirationTimestamp":"2001-01-01T00:00:00Z")");
    Access access = open();
    until_ended(access, now);
    CHECK(token_of(access) == "Bearer old");
    REQUIRE(access.due());
    CHECK(*access.due() == now + 10s);
    script("sleep 60\n");
    for (const auto later : {11s, 20s}) {
        REQUIRE(access.refresh(now + later));
        CHECK(access.is_complete());
        CHECK(token_of(access) == "Bearer old");
    }
    CHECK(access.complaint().empty());
    until_running(2);
    prints(R"("token":"new")");
    REQUIRE(access.refresh(now + 42s));
    CHECK(has(access.complaint(), "was killed"));
    until_ended(access, now + 43s);
    CHECK(token_of(access) == "Bearer new");
    // Refused, it is asked for without a call.
    access.refused();
    REQUIRE(access.due());
    CHECK(*access.due() <= now + 53s);
}

TEST_CASE_FIXTURE(ExecFixture, "a client certificate from a program is a new peer") {
    const auto escaped = [](std::string text) {
        std::string out;
        for (const char c : text)
            out += c == '\n' ? "\\n" : std::string(1, c);
        return out;
    };
    directory.write("out",
                    credential("\"clientCertificateData\":\"" + escaped(first_pair.certificate) +
                               "\",\"clientKeyData\":\"" + escaped(first_pair.key) + '"'));
    script("cat " + directory.path("out") + "\n");
    Access access = open();
    const auto before = access.peer();
    REQUIRE(access.refresh(now));
    CHECK(access.peer() != before);
    CHECK(access.peer()->certificate_pem == first_pair.certificate);
    CHECK(access.peer()->key_pem.reveal() == first_pair.key);
    CHECK(access.headers().empty());
}

}  // namespace gatefile::source
