// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "../../../src/graph/services.hpp"

namespace gatefile::graph {
namespace {

Resolution mapped(std::string_view url, BackendUse use = BackendUse::Requests) {
    Resolution resolution;
    resolve_mapped(url, use, resolution);
    return resolution;
}

TEST_CASE("URLs of the backend map give protocol, host and port") {
    const auto check =
        [](std::string_view url, BackendProtocol protocol, const Endpoint& endpoint) {
            CAPTURE(url);
            const Resolution resolution = mapped(url);
            CHECK_FALSE(resolution.backend.fails);
            CHECK(resolution.backend.protocol == protocol);
            CHECK(resolution.backend.endpoints == std::vector<Endpoint>{endpoint});
        };
    check("http://app:8080", BackendProtocol::Http, {"app", 8080});
    check("http://app/", BackendProtocol::Http, {"app", 80});
    check("https://10.0.0.1", BackendProtocol::Https, {"10.0.0.1", 443});
    check("h2c://[2001:db8::1]:9000", BackendProtocol::H2c, {"2001:db8::1", 9000});
    check("HTTP://app", BackendProtocol::Http, {"app", 80});
}

TEST_CASE("what takes connections or datagrams is mapped by tcp and udp") {
    const auto connections = mapped("tcp://[2001:db8::1]:5432", BackendUse::Connections);
    CHECK(connections.backend.endpoints == std::vector<Endpoint>{{"2001:db8::1", 5432}});
    CHECK(mapped("https://app", BackendUse::Connections).backend.endpoints ==
          std::vector<Endpoint>{{"app", 443}});
    CHECK(mapped("udp://app:53", BackendUse::Datagrams).backend.endpoints ==
          std::vector<Endpoint>{{"app", 53}});
    CHECK(mapped("tcp://app", BackendUse::Connections).backend.fails);
    CHECK(mapped("udp://app:53", BackendUse::Connections).backend.fails);
    CHECK(mapped("tcp://app:53", BackendUse::Datagrams).backend.fails);
    CHECK(mapped("http://app:53", BackendUse::Datagrams).backend.fails);
    CHECK(mapped("tcp://app:53").backend.fails);
}

TEST_CASE("what is no URL of a backend fails") {
    for (const char* url : {"app:8080",
                            "ftp://app",
                            "http://app:0",
                            "http://app:65536",
                            "http://app:80x",
                            "http://app/path",
                            "http://user@app",
                            "http://[::1",
                            "http://[app]:80",
                            "http://",
                            ""}) {
        CAPTURE(url);
        CHECK(mapped(url).backend.fails);
        CHECK(mapped(url).findings.size() == 1);
    }
}

TEST_CASE("an entry with the port goes before one without") {
    BackendSettings settings;
    settings.map = {{"shop/cart", "http://any"}, {"shop/cart:80", "http://eighty"}};
    CHECK(*find_mapped(settings, "shop", "cart", 80) == "http://eighty");
    CHECK(*find_mapped(settings, "shop", "cart", 81) == "http://any");
    CHECK(find_mapped(settings, "shop", "car", 80) == nullptr);
}

}  // namespace
}  // namespace gatefile::graph
