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
#include "gatefile/api/meta.hpp"

namespace gatefile::api {

struct ParentRef {
    std::string group;
    std::string kind;
    std::optional<std::string> ns;
    std::string name;
    std::optional<std::string> section_name;
    std::optional<std::uint16_t> port;
};

enum class PathMatchType : std::uint8_t { Exact, PathPrefix, RegularExpression };
enum class ValueMatchType : std::uint8_t { Exact, RegularExpression };

struct PathMatch {
    PathMatchType type = PathMatchType::PathPrefix;
    std::string value = "/";
};

/// A header or query parameter match.
struct ValueMatch {
    ValueMatchType type = ValueMatchType::Exact;
    std::string name;
    std::string value;
};

struct HttpRouteMatch {
    PathMatch path;
    std::vector<ValueMatch> headers;
    std::vector<ValueMatch> query_params;
    std::optional<std::string> method;
};

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HeaderModifier {
    std::vector<HttpHeader> set;
    std::vector<HttpHeader> add;
    std::vector<std::string> remove;
};

struct RequestHeaderModifier : HeaderModifier {};
struct ResponseHeaderModifier : HeaderModifier {};

enum class PathModifierType : std::uint8_t { ReplaceFullPath, ReplacePrefixMatch };

struct PathModifier {
    PathModifierType type = PathModifierType::ReplaceFullPath;
    std::string value;
};

struct RequestRedirect {
    std::optional<std::string> scheme;
    std::optional<std::string> hostname;
    std::optional<PathModifier> path;
    std::optional<std::uint16_t> port;
    int status_code = 302;
};

struct UrlRewrite {
    std::optional<std::string> hostname;
    std::optional<PathModifier> path;
};

struct BackendObjectReference {
    std::string group;
    std::string kind;
    std::string name;
    std::optional<std::string> ns;
    std::optional<std::uint16_t> port;
};

struct RequestMirror {
    BackendObjectReference backend;
    std::optional<int> percent;
    struct Fraction {
        int numerator = 0;
        int denominator = 100;
    };
    std::optional<Fraction> fraction;
};

struct Cors {
    std::vector<std::string> allow_origins;
    std::optional<bool> allow_credentials;
    std::vector<std::string> allow_methods;
    std::vector<std::string> allow_headers;
    std::vector<std::string> expose_headers;
    int max_age = 5;  ///< seconds
};

/// Experimental; the reference is kept, its settings are not read yet.
struct ExternalAuth {
    std::string protocol;
    BackendObjectReference backend;
};

struct ExtensionRef {
    std::string group, kind, name;
};

using HttpFilter = std::variant<RequestHeaderModifier,
                                ResponseHeaderModifier,
                                RequestRedirect,
                                UrlRewrite,
                                RequestMirror,
                                Cors,
                                ExternalAuth,
                                ExtensionRef>;

struct HttpBackendRef {
    BackendObjectReference ref;
    int weight = 1;
    std::vector<HttpFilter> filters;
};

struct HttpRouteTimeouts {
    std::optional<std::chrono::milliseconds> request;          ///< 0: no timeout
    std::optional<std::chrono::milliseconds> backend_request;  ///< 0: no timeout
};

struct HttpRouteRetry {
    std::vector<int> codes;
    int attempts = 1;  ///< retries after the first try
    std::optional<std::chrono::milliseconds> backoff;
};

struct SessionPersistence {
    std::string type;  ///< "Cookie" or "Header"
    struct Cookie {
        std::optional<std::string> name;
        std::optional<std::string> path;
        std::string lifetime_type;  ///< "Session" or "Permanent"
    };
    std::optional<Cookie> cookie;
    std::optional<std::string> header_name;
    std::optional<std::chrono::milliseconds> absolute_timeout;
    std::optional<std::chrono::milliseconds> idle_timeout;
};

struct HttpRouteRule {
    std::optional<std::string> name;
    std::vector<HttpRouteMatch> matches;  ///< never absent: defaulted to one PathPrefix /
    std::vector<HttpFilter> filters;
    std::vector<HttpBackendRef> backend_refs;
    std::optional<HttpRouteTimeouts> timeouts;
    std::optional<HttpRouteRetry> retry;
    std::optional<SessionPersistence> session_persistence;
};

struct HttpRoute {
    Meta meta;
    std::vector<ParentRef> parent_refs;
    std::vector<std::string> hostnames;
    std::vector<HttpRouteRule> rules;
    std::optional<std::string> use_default_gateways;  ///< experimental
};

}  // namespace gatefile::api
