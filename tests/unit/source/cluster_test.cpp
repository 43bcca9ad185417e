// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/cluster.hpp"

#include <doctest/doctest.h>

#include "scripted.hpp"

namespace gatefile::source {

namespace {

/// All objects of one kind of such a server.
struct Followed : ScriptedServer {
    Followed(const std::string& name, std::string_view kind, const std::string& script)
        : ScriptedServer(name, script),
          cluster({.namespaces = {}, .poll = {}, .kinds = {kind}},
                  server,
                  [this](const ClusterNews& news) {
                      if (news.kind == ClusterNews::Kind::Held) ++held;
                  }) {}

    /// Whether, before long, these are the names, and those that are refused.
    bool until(const std::string& names, const std::string& refused) {
        return http::drive(client, [&] {
            cluster.turn(Cluster::Clock::now());
            return names == taken() && refused == complaints();
        });
    }

    std::string taken() const {
        std::string text;
        const auto snapshot = cluster.snapshot();
        for (const api::Service& service : snapshot->services)
            text += service.meta.name + service.cluster_ip.value_or("") + " ";
        for (const api::Middleware& middleware : snapshot->middlewares)
            text += middleware.meta.name + " ";
        return text;
    }

    std::string complaints() const {
        std::string text;
        for (const diag::Diagnostic& found : cluster.refused().items())
            text += found.object.name + " ";
        return text;
    }

    Cluster cluster;
    int held = 0;
};

/// A Service whose cluster IP tells of its version.
std::string service(const std::string& name, const std::string& version) {
    return event("ADDED", name, version, R"(,"spec":{"clusterIP":")" + version + R"("})");
}

std::string broken(const std::string& type, const std::string& name, const std::string& version) {
    return event(type, name, version, R"(,"spec":{"clusterIP":7})");
}

}  // namespace

// What comes in one answer may be taken in one turn, so what a test looks at ends one.

TEST_CASE("an object that can be read no more stays as it was, over lists, too") {
    Followed f("stays",
               "Service",
               "200\n" + service("a", "1") + service("b", "2") + end_of_list("3") + "\n200\n" +
                   broken("MODIFIED", "a", "4") + "\n200\n" + error("410") + "\n200\n" +
                   broken("ADDED", "a", "4") + service("b", "6") + end_of_list("7") +
                   "\n200\n" + error("410") + "\n200 open\n" + service("b", "6") +
                   end_of_list("8"));
    REQUIRE(f.until("a1 b2 ", ""));
    f.cluster.take_changed();
    REQUIRE(f.until("a1 b2 ", "a "));
    CHECK(f.cluster.take_changed());
    REQUIRE(f.until("a1 b6 ", "a "));
    f.cluster.take_changed();
    // Nobody complains any more of what is not there.
    REQUIRE(f.until("b6 ", ""));
    CHECK(f.cluster.take_changed());
    CHECK(f.held == 0);
}

TEST_CASE("an object is refused until it is mended or gone") {
    Followed f("refused",
               "Service",
               "200\n" + service("b", "1") + broken("ADDED", "a", "2") + end_of_list("3") +
                   "\n200\n" + service("a", "5") + "\n200\n" + broken("MODIFIED", "a", "6") +
                   "\n200 open\n" + event("DELETED", "a", "7"));
    REQUIRE(f.until("b1 ", "a "));
    CHECK(f.cluster.take_changed());
    REQUIRE(f.until("a5 b1 ", ""));
    REQUIRE(f.until("a5 b1 ", "a "));
    REQUIRE(f.until("b1 ", ""));
    CHECK(f.held == 0);
}

TEST_CASE("an object that is nested too deep is refused alone") {
    const std::string plugin = R"(,"spec":{"plugin":{"p":)";
    const std::string deep = plugin + nested(9000) + "}}";
    const std::string good = plugin + nested(10) + "}}";
    Followed watched("deep-watch",
                     "Middleware",
                     "200 open\n" + event("ADDED", "a", "1", good) +
                         event("ADDED", "b", "2", deep) + event("ADDED", "c", "3", good) +
                         end_of_list("4"));
    REQUIRE(watched.until("a c ", "b "));
    CHECK(watched.cluster.ready());
    CHECK(has(watched.cluster.refused().items().front().detail, "nested more than 200 deep"));
    Followed listed("deep-list",
                    "Middleware",
                    "422\n\n200\n" R"({"metadata":{"resourceVersion":"4"},"items":[)" +
                        object("a", "1", good) + "," + object("b", "2", deep) + "," +
                        object("c", "3", good) + "]}\n\n200 open\n" +
                        event("MODIFIED", "a", "5", deep));
    REQUIRE(listed.until("a c ", "a b "));
}

}  // namespace gatefile::source
