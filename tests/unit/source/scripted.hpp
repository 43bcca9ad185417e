// SPDX-License-Identifier: Apache-2.0
//
// An API server whose answers are written down beforehand, and the texts that one would send.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gatefile/source/api_server.hpp"
#include "local_server.hpp"
#include "temporary_directory.hpp"

namespace gatefile::source {

/// An object without more than metadata, or with `more` behind it (`,"spec":{}`).
inline std::string
object(const std::string& name, const std::string& version, const std::string& more = "") {
    return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + version + R"("})" +
           more + "}";
}

inline std::string event(const std::string& type,
                         const std::string& name,
                         const std::string& version,
                         const std::string& more = "") {
    return R"({"type":")" + type + R"(","object":)" + object(name, version, more) + "}\n";
}

inline std::string bookmark(const std::string& version, const std::string& annotations = "") {
    return R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":")" + version +
           R"(","annotations":{)" + annotations + "}}}}\n";
}

/// What a WatchList says after the objects that there are.
inline std::string end_of_list(const std::string& version) {
    return bookmark(version, R"("k8s.io/initial-events-end":"true")");
}

inline std::string error(const std::string& code) {
    return R"({"type":"ERROR","object":{"kind":"Status","code":)" + code + "}}\n";
}

/// A value of that many maps, one in the other.
inline std::string nested(std::size_t levels) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i)
        text += R"({"x":)";
    return text + '1' + std::string(levels, '}');
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Its answers are `script` (tests/unit/http/server.py), whatever it is asked.
struct ScriptedServer {
    ScriptedServer(const std::string& name, const std::string& script)
        : url(http::LocalServer::get().plain("/script/" + name)), access(open()),
          server(client, access, {}) {
        http::ask(client, {.method = "POST", .url = url, .body = script});
    }

    /// The paths, in their order.
    std::vector<std::string> asked() {
        std::istringstream lines(http::ask(client, {.url = url}).response.body);
        std::vector<std::string> paths;
        for (std::string line; std::getline(lines, line);)
            paths.push_back(line);
        return paths;
    }

    TemporaryDirectory directory;
    std::string url;
    http::Client client = make_client();
    Access access;
    ApiServer server;

private:
    static http::Client make_client() {
        auto client = http::Client::open();
        REQUIRE(client);
        return *std::move(client);
    }

    Access open() const {
        directory.write("config",
                        "clusters: [{name: c, cluster: {server: '" + url +
                            "'}}]\ncontexts: [{name: c, context: {cluster: c}}]\n"
                            "current-context: c\n");
        AccessSettings settings;
        settings.kubeconfig = directory.path("config");
        auto found = Access::open(settings);
        REQUIRE_MESSAGE(found, found.error().text);
        return *std::move(found);
    }
};

}  // namespace gatefile::source
