// SPDX-License-Identifier: Apache-2.0
//
// Calls to one API server: who we are is put on each, a 401 makes the credentials be read again,
// and what went wrong becomes a sentence.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gatefile/http/client.hpp"
#include "gatefile/source/access.hpp"

namespace gatefile::source {

/// What a call is about, in the words of RBAC and of metrics.
struct Action {
    std::string verb;      ///< get, list, watch, create, update, patch, delete
    std::string group;     ///< "" for the core group
    std::string resource;  ///< "httproutes", "httproutes/status"
    std::string ns;        ///< empty: cluster-scoped or all namespaces
    std::string name;      ///< empty: no single object
};

struct ApiCall {
    Action action;
    std::string path;  ///< with query: "/apis/...?watch=1"
    std::string body;
    std::string content_type = "application/json";
    std::chrono::milliseconds timeout{30000};  ///< zero: a stream
    std::string accept = "application/json";
};

struct ApiAnswer {
    int status = 0;                        ///< 0: no response
    std::optional<http::Failure> failure;  ///< then: why
    std::string body;
    std::string problem;  ///< empty on 2xx; else a clause fit for a message
    std::optional<std::chrono::seconds> retry_after;
    bool ok() const { return status >= 200 && status < 300; }
};

class ApiServer {
public:
    using Done = std::function<void(ApiAnswer)>;
    using Clock = std::chrono::steady_clock;
    /// Told of every call that ended, and once of each warning: the server's, and what is wrong
    /// with our credentials.
    struct Observer {
        std::function<void(const Action&, int status)> ended;
        std::function<void(const std::string&)> warned;
    };

    ApiServer(http::Client& client, Access& access, Observer observer)
        : client_(client), access_(access), observer_(std::move(observer)) {}

    http::Client::Id call(ApiCall call, Done done, http::Chunk chunk = {});
    void cancel(http::Client::Id id) { client_.cancel(id); }
    const Access& access() const { return access_; }

private:
    void warn(const std::string& text);

    http::Client& client_;
    Access& access_;
    Observer observer_;
    std::set<std::string> warned_;
};

/// The message of a Status object, or the start of whatever the body is.
std::string message_of(std::string_view body);

}  // namespace gatefile::source
