// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/published_text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/encode.hpp"

namespace gatefile::traefik {
namespace {

std::string yaml(const std::string& address, const std::string& rule, char mark = 'a') {
    return "http:\n"
           "  middlewares:\n"
           "    gatefile-generation:\n"
           "      headers:\n"
           "        customResponseHeaders:\n"
           "          X-Gatefile-Generation: \"" +
           std::string(64, mark) +
           "\"\n"
           "    unmark:\n"
           "      headers:\n"
           "        customRequestHeaders:\n"
           "          X-Gatefile-Hop: \"\"\n"
           "  routers:\n"
           "    hop:\n"
           "      rule: \"Header(`X-Gatefile-Hop`, `" +
           std::string(32, mark) +
           "`)\"\n"
           "    r:\n"
           "      rule: \"" +
           rule +
           "\"\n"
           "      service: \"service_shop_a_80\"\n"
           "  services:\n"
           "    service_shop_a_80:\n"
           "      loadBalancer:\n"
           "        passHostHeader: true\n"
           "        servers:\n"
           "          - url: \"http://" +
           address +
           ":80\"\n"
           "    wrr:\n"
           "      weighted:\n"
           "        services:\n"
           "          - name: \"service_shop_a_80\"\n";
}

std::string json(const std::string& address, const std::string& rule) {
    return R"({"http":{"middlewares":{"gatefile-generation":{"headers":{"customResponseHeaders":)"
           R"({"X-Gatefile-Generation":")" +
           std::string(64, 'c') + R"("}}}},"routers":{"r":{"rule":")" + rule +
           R"("}},"services":{"service_s":{"loadBalancer":{"servers":[{"url":"http://)" + address +
           R"(:80"}],"passHostHeader":true}}}}})"
           "\n";
}

/// A text of one service of each kind as they are written: with a server, or without endpoints.
std::string of_each_kind(bool has_servers, Format format) {
    const std::string mark(64, 'a');
    if (format == Format::Plugin) {
        const std::string http = has_servers ? R"("servers":[{"url":"http://10.0.0.1:80"}],)" : "";
        const std::string tcp = has_servers ? R"("servers":[{"address":"10.0.0.1:5432"}],)" : "";
        const std::string udp = has_servers ? R"({"address":"10.0.0.1:53"})" : "";
        return R"({"http":{"middlewares":{"gatefile-generation":{"headers":)"
               R"({"customResponseHeaders":{"X-Gatefile-Generation":")" +
               mark +
               R"("}}}},"services":{"service_s":{"loadBalancer":{"passHostHeader":true,)" + http +
               R"("serversTransport":"t"}},"service_last":{"loadBalancer":{"passHostHeader":true)" +
               (has_servers ? R"(,"servers":[{"url":"http://10.0.0.1:80"}])" : "") +
               R"(}}}},"tcp":{"services":{"service_s":{"loadBalancer":{)" + tcp +
               R"("serversTransport":"t"}}}},"udp":{"services":{"service_s":{"loadBalancer":)"
               R"({"servers":[)" +
               udp + "]}}}}}\n";
    }
    const auto list = [has_servers](std::string_view server) {
        return has_servers ? "        servers:\n          - " + std::string(server) + "\n"
                           : std::string();
    };
    return "http:\n"
           "  middlewares:\n"
           "    gatefile-generation:\n"
           "      headers:\n"
           "        customResponseHeaders:\n"
           "          X-Gatefile-Generation: \"" +
           mark +
           "\"\n"
           "  services:\n"
           "    service_s:\n"
           "      loadBalancer:\n"
           "        passHostHeader: true\n" +
           list("url: \"http://10.0.0.1:80\"") +
           "        serversTransport: \"t\"\n"
           "    service_last:\n"
           "      loadBalancer:\n"
           "        passHostHeader: true\n" +
           list("url: \"http://10.0.0.1:80\"") +
           "tcp:\n"
           "  services:\n"
           "    service_s:\n"
           "      loadBalancer:\n" +
           list("address: \"10.0.0.1:5432\"") +
           "        serversTransport: \"t\"\n"
           "udp:\n"
           "  services:\n"
           "    service_s:\n"
           "      loadBalancer:\n" +
           (has_servers ? list("address: \"10.0.0.1:53\"") : "        servers: []\n");
}

TEST_CASE("marks that are drawn at each start are not in what agents compare") {
    CHECK(id_without_marks(yaml("10.0.0.1", "x", 'a')) ==
          id_without_marks(yaml("10.0.0.1", "x", 'b')));
    CHECK(id_without_marks(yaml("10.0.0.1", "x")) != id_without_marks(yaml("10.0.0.2", "x")));
    const std::string ask = "\"http://127.0.0.1:8099/gatefile-auth/";
    CHECK(id_without_marks(ask + std::string(32, 'a') + "\"") ==
          id_without_marks(ask + std::string(32, 'b') + "\""));
    CHECK(id_without_marks("X-Gatefile-Hop") == id_without_marks("X-Gatefile-Hop"));
}

TEST_CASE("what differs in addresses only is told from what differs in rules") {
    CHECK(id_without_servers(yaml("10.0.0.1", "x", 'a')) ==
          id_without_servers(yaml("10.0.0.2", "x", 'b')));
    CHECK(id_without_servers(yaml("10.0.0.1", "x")) != id_without_servers(yaml("10.0.0.1", "y")));
    CHECK(id_without_servers(json("10.0.0.1\\\"]", "x")) ==
          id_without_servers(json("10.0.0.2", "x")));
    CHECK(id_without_servers(json("10.0.0.1", "x")) != id_without_servers(json("10.0.0.1", "y")));
    CHECK(id_without_servers("{\"servers\":[") == id_without_servers("{\"servers\":["));
}

TEST_CASE("an older text gets the addresses of now, and its own mark") {
    const std::string older = yaml("10.0.0.1", "old");
    const auto fresh = refresh_servers({older}, {yaml("10.0.0.2", "new")}, Format::File);
    REQUIRE(fresh);
    CHECK(fresh->bytes.find("10.0.0.1") == std::string::npos);
    CHECK(fresh->bytes.find("\"http://10.0.0.2:80\"") != std::string::npos);
    CHECK(fresh->bytes.find("rule: \"old\"") != std::string::npos);
    CHECK(fresh->bytes.find("\"" + fresh->generation + "\"") != std::string::npos);
    CHECK(fresh->generation.size() == 64);
    CHECK(fresh->unknown.empty());
    CHECK(id_without_servers(fresh->bytes) == id_without_servers(older));
    const auto plugin = refresh_servers({json("10.0.0.1", "old")}, {json("10.0.0.2", "new")},
                                        Format::Plugin);
    REQUIRE(plugin);
    CHECK(plugin->bytes.find("10.0.0.2") != std::string::npos);
    CHECK(plugin->bytes.find("\"old\"") != std::string::npos);
}

TEST_CASE("a text with the addresses of now stays, and services that nobody has are named") {
    const auto same = refresh_servers({yaml("10.0.0.1", "old")}, {yaml("10.0.0.1", "new")},
                                      Format::File);
    REQUIRE(same);
    CHECK(same->bytes.empty());
    const auto gone = refresh_servers({yaml("10.0.0.1", "old")}, {"http: {}\n"}, Format::File);
    REQUIRE(gone);
    CHECK(gone->bytes.empty());
    CHECK(gone->unknown == std::vector<std::string>{"service_shop_a_80"});
    CHECK_FALSE(refresh_servers({"a: ["}, {"{}"}, Format::File));
}

TEST_CASE("a Service that goes to no endpoints and back is followed, and no change to people") {
    for (const Format format : {Format::File, Format::Plugin}) {
        CAPTURE(format == Format::File);
        const std::string one = of_each_kind(true, format);
        const std::string none = of_each_kind(false, format);
        CHECK(id_without_servers(one) == id_without_servers(none));
        for (const auto& [older, newer] : {std::pair(one, none), std::pair(none, one)}) {
            const auto fresh = refresh_servers({older}, {newer}, format);
            REQUIRE(fresh);
            CHECK(fresh->unknown.empty());
            // Whatever the mark: nothing else tells it from a fresh publication.
            CHECK(fresh->bytes.size() == newer.size());
            CHECK(id_without_marks(fresh->bytes) == id_without_marks(newer));
        }
    }
}

struct Balanced {
    std::string name;
    std::string backend;
    std::string host;  ///< empty: no server
};

/// What there is to know of a text: it, and whose servers it has.
struct Known {
    Known(const std::vector<Balanced>& services, Format format) {
        Dynamic dynamic;
        for (const Balanced& one : services) {
            LoadBalancer balancer{.backend = one.backend};
            if (!one.host.empty()) balancer.urls.push_back("http://" + one.host);
            dynamic.services.push_back({one.name, {}, std::move(balancer)});
        }
        text = write(dynamic, format, {}).bytes;
        backends = backends_of(dynamic);
    }
    operator Written() const { return {text, backends}; }

    std::string text;
    std::string backends;
};

const std::string rule_of_route = "httproute_shop_web_r0";
const std::string first_backend = "service_shop_one_80";
const std::string other_backend = "service_shop_pods_80";

TEST_CASE("a rule's own load balancer follows the Service that it was made of") {
    for (const Format format : {Format::File, Format::Plugin}) {
        CAPTURE(format == Format::File);
        const Known older({{rule_of_route, first_backend, "old"}}, format);
        CHECK(older.backends == "httproute_shop_web_r0 service_shop_one_80\n");
        const auto refreshed = [&](const std::vector<Balanced>& services) {
            const auto fresh = refresh_servers(older, Known(services, format), format);
            REQUIRE(fresh);
            return *fresh;
        };
        // As it is under the same name, shared, of another rule, or shared with a deadline.
        for (const std::string& name :
             {rule_of_route, first_backend, std::string("httproute_shop_web_r1"),
              first_backend + "_timeout_5000ms"}) {
            CAPTURE(name);
            const Refreshed fresh = refreshed({{name, first_backend, "new"}});
            CHECK(fresh.bytes == Known({{rule_of_route, first_backend, "new"}}, format).text);
            CHECK(fresh.unknown.empty());
        }
        // The rule has gone over to another Service.
        const Refreshed stays = refreshed({{rule_of_route, other_backend, "other"}});
        CHECK(stays.bytes.empty());
        CHECK(stays.unknown == std::vector{first_backend});
        const Refreshed moved = refreshed(
            {{rule_of_route, other_backend, "other"}, {first_backend, first_backend, "new"}});
        CHECK(moved.bytes == Known({{rule_of_route, first_backend, "new"}}, format).text);
        const Refreshed empty = refreshed(
            {{rule_of_route, other_backend, "other"}, {first_backend, first_backend, ""}});
        CHECK(empty.bytes == Known({{rule_of_route, first_backend, ""}}, format).text);
    }
}

TEST_CASE("a load balancer stays as it is where nobody knows whose servers it has") {
    const Known newer({{rule_of_route, first_backend, "new"}}, Format::File);
    const Known older({{rule_of_route, first_backend, "old"}}, Format::File);
    // The second is what a crash may leave.
    for (const std::string& lines : {std::string(), older.backends.substr(0, 38)}) {
        const auto fresh = refresh_servers({older.text, lines}, newer, Format::File);
        REQUIRE(fresh);
        CHECK(fresh->bytes.empty());
        CHECK(fresh->unknown == std::vector{rule_of_route});
    }
    const auto same = refresh_servers({newer.text}, newer, Format::File);
    REQUIRE(same);
    CHECK(same->unknown.empty());
    // Its name says it.
    const Known shared({{first_backend + "_timeout_5000ms", first_backend, "old"}}, Format::File);
    const Known fresher({{first_backend + "_timeout_5000ms", first_backend, "new"}}, Format::File);
    const auto followed = refresh_servers({shared.text}, fresher, Format::File);
    REQUIRE(followed);
    CHECK(followed->bytes == fresher.text);
}

TEST_CASE("what leads to the inner entry point leads there, and is no Service's") {
    const std::string inner(inner_backend);
    const Known older({{rule_of_route, inner, "127.0.0.1:1"}}, Format::File);
    const Known newer({{rule_of_route, first_backend, "new"}}, Format::File);
    const auto alone = refresh_servers(older, newer, Format::File);
    REQUIRE(alone);
    CHECK(alone->bytes.empty());
    CHECK(alone->unknown.empty());
    const Known moved({{rule_of_route, first_backend, "new"}, {"r", inner, "127.0.0.1:2"}},
                      Format::File);
    const auto followed = refresh_servers(older, moved, Format::File);
    REQUIRE(followed);
    CHECK(followed->bytes == Known({{rule_of_route, inner, "127.0.0.1:2"}}, Format::File).text);
}

TEST_CASE("a service without servers that nobody has any more is nothing to tell") {
    const std::string older = of_each_kind(false, Format::File);
    const auto gone = refresh_servers({older}, {"http: {}\n"}, Format::File);
    REQUIRE(gone);
    CHECK(gone->bytes.empty());
    CHECK(gone->unknown.empty());
}

}  // namespace
}  // namespace gatefile::traefik
