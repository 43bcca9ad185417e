// SPDX-License-Identifier: Apache-2.0
//
// HTTPRoute (gateway.networking.k8s.io, v1 and v1beta1) as decoded, standard and experimental
// fields, defaults filled in. Which combinations are allowed has been checked (api rules).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gatefile/api/gateway.hpp"
#include "gatefile/api/http_filter.hpp"
#include "gatefile/api/route.hpp"

namespace gatefile::api {

enum class PathMatchType : std::uint8_t { Exact, PathPrefix, RegularExpression };
enum class ValueMatchType : std::uint8_t { Exact, RegularExpression };

struct PathMatch {
    PathMatchType type = PathMatchType::PathPrefix;
    std::string value = "/";
    bool operator==(const PathMatch&) const = default;
};

/// A header or query parameter match.
struct ValueMatch {
    ValueMatchType type = ValueMatchType::Exact;
    std::string name;
    std::string value;
    bool operator==(const ValueMatch&) const = default;
};

struct HttpRouteMatch {
    PathMatch path;
    std::vector<ValueMatch> headers;
    std::vector<ValueMatch> query_params;
    std::optional<std::string> method;
    bool operator==(const HttpRouteMatch&) const = default;
};

struct HttpBackendRef {
    BackendObjectReference ref;
    int weight = 1;
    std::vector<HttpFilter> filters;
    bool operator==(const HttpBackendRef&) const = default;
};

struct HttpRouteTimeouts {
    std::optional<std::chrono::milliseconds> request;          ///< 0: no timeout
    std::optional<std::chrono::milliseconds> backend_request;  ///< 0: no timeout
    bool operator==(const HttpRouteTimeouts&) const = default;
};

struct HttpRouteRetry {
    std::vector<int> codes;
    int attempts = 1;  ///< retries after the first try
    std::optional<std::chrono::milliseconds> backoff;
    bool operator==(const HttpRouteRetry&) const = default;
};

struct SessionPersistence {
    std::string type;  ///< "Cookie" or "Header"
    struct Cookie {
        std::optional<std::string> name;
        std::optional<std::string> path;
        std::string lifetime_type;  ///< "Session" or "Permanent"
        bool operator==(const Cookie&) const = default;
    };
    std::optional<Cookie> cookie;
    std::optional<std::string> header_name;
    std::optional<std::chrono::milliseconds> absolute_timeout;
    std::optional<std::chrono::milliseconds> idle_timeout;
    bool operator==(const SessionPersistence&) const = default;
};

struct HttpRouteRule {
    std::optional<std::string> name;
    std::vector<HttpRouteMatch> matches;  ///< never absent: defaulted to one PathPrefix /
    std::vector<HttpFilter> filters;
    std::vector<HttpBackendRef> backend_refs;
    std::optional<HttpRouteTimeouts> timeouts;
    std::optional<HttpRouteRetry> retry;
    std::optional<SessionPersistence> session_persistence;
    bool operator==(const HttpRouteRule&) const = default;
};

struct HttpRoute : Route {
    std::vector<HttpRouteRule> rules;
    bool operator==(const HttpRoute&) const = default;
};

}  // namespace gatefile::api
