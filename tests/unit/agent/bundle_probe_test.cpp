// SPDX-License-Identifier: Apache-2.0
#include "bundle_probe.hpp"

#include <doctest/doctest.h>

#include "../source/temporary_directory.hpp"
#include "gatefile/agent/log.hpp"
#include "local_server.hpp"

namespace gatefile::agent {
namespace {

using namespace std::chrono_literals;
using Clock = BundleProbe::Clock;

const std::string newer_release =
    R"(200
{"metadata":{"name":"a","annotations":{"gateway.networking.k8s.io/bundle-version":"v99.0.0"}}})";

http::Client make_client() {
    auto client = http::Client::open();
    REQUIRE(client);
    return *std::move(client);
}

/// A probe of a server whose answers are `script` (tests/unit/http/server.py).
struct Probed {
    Probed(const std::string& name, const std::string& script)
        : url(http::LocalServer::get().plain("/script/" + name)), access(open()),
          server(client,
                 access,
                 {.ended = [this](const source::Action&, int) { ++answers; }, .warned = {}}) {
        http::ask(client, {.method = "POST", .url = url, .body = script});
    }

    source::Access open() const {
        directory.write("config",
                        "clusters: [{name: c, cluster: {server: '" + url +
                            "'}}]\ncontexts: [{name: c, context: {cluster: c}}]\n"
                            "current-context: c\n");
        source::AccessSettings settings;
        settings.kubeconfig = directory.path("config");
        auto found = source::Access::open(settings);
        REQUIRE_MESSAGE(found, found.error().text);
        return *std::move(found);
    }

    /// How often it has asked once it has had its turn.
    int asked(Clock::time_point now) {
        const bool is_due = probe.due() && *probe.due() <= now;
        const int wanted = answers + (is_due ? 1 : 0);
        probe.turn(now);
        REQUIRE(http::drive(client, [&] { return answers == wanted; }));
        return answers;
    }

    source::TemporaryDirectory directory;
    std::string url;
    int answers = 0;
    http::Client client = make_client();
    source::Access access;
    source::ApiServer server;
    Log log{2, LogFormat::Common, LogLevel::Error};
    BundleProbe probe{server, log};
};

TEST_CASE("a server that cannot say of which release it is is asked again after half a minute") {
    for (const char* status : {"500", "503", "429"}) {
        CAPTURE(status);
        Probed p(std::string("unsaid-") + status, status + ("\n\n" + newer_release));
        const auto began = Clock::now();
        REQUIRE(p.asked(began) == 1);
        REQUIRE(p.probe.due());
        CHECK(*p.probe.due() >= began + 30s);
        CHECK(*p.probe.due() <= Clock::now() + 30s);
        CHECK(p.probe.newer().empty());
        CHECK(p.asked(*p.probe.due() - 1ms) == 1);
        CHECK(p.asked(*p.probe.due()) == 2);
        CHECK(p.probe.newer().starts_with("Gateway API v99.0 is newer"));
        CHECK_FALSE(p.probe.due());
    }
}

TEST_CASE("who says of which release it is, or that nobody may know, is asked once") {
    for (const std::string& answer : {newer_release, std::string("403"), std::string("404")}) {
        const std::string status = answer.substr(0, 3);
        CAPTURE(status);
        Probed p("said-" + status, answer);
        REQUIRE(p.asked(Clock::now()) == 1);
        CHECK_FALSE(p.probe.due());
        CHECK(p.probe.newer().empty() == (status != "200"));
        CHECK(p.asked(Clock::now() + 1h) == 1);
    }
}

}  // namespace
}  // namespace gatefile::agent
