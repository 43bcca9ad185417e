// SPDX-License-Identifier: Apache-2.0
//
// Filters of routes' rules and backendRefs, and of listeners (gateway.networking.k8s.io), as
// decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gatefile/api/route.hpp"

namespace gatefile::api {

struct HttpHeader {
    std::string name;
    std::string value;
    bool operator==(const HttpHeader&) const = default;
};

struct HeaderModifier {
    std::vector<HttpHeader> set;
    std::vector<HttpHeader> add;
    std::vector<std::string> remove;
    bool operator==(const HeaderModifier&) const = default;
};

struct RequestHeaderModifier : HeaderModifier {};
struct ResponseHeaderModifier : HeaderModifier {};

enum class PathModifierType : std::uint8_t { ReplaceFullPath, ReplacePrefixMatch };

struct PathModifier {
    PathModifierType type = PathModifierType::ReplaceFullPath;
    std::string value;
    bool operator==(const PathModifier&) const = default;
};

struct RequestRedirect {
    std::optional<std::string> scheme;
    std::optional<std::string> hostname;
    std::optional<PathModifier> path;
    std::optional<std::uint16_t> port;
    int status_code = 302;
    bool operator==(const RequestRedirect&) const = default;
};

struct UrlRewrite {
    std::optional<std::string> hostname;
    std::optional<PathModifier> path;
    bool operator==(const UrlRewrite&) const = default;
};

struct RequestMirror {
    BackendObjectReference backend;
    std::optional<int> percent;
    struct Fraction {
        int numerator = 0;
        int denominator = 100;
        bool operator==(const Fraction&) const = default;
    };
    std::optional<Fraction> fraction;
    bool operator==(const RequestMirror&) const = default;
};

struct Cors {
    std::vector<std::string> allow_origins;
    std::optional<bool> allow_credentials;
    std::vector<std::string> allow_methods;
    std::vector<std::string> allow_headers;
    std::vector<std::string> expose_headers;
    int max_age = 5;  ///< seconds
    bool operator==(const Cors&) const = default;
};

/// Experimental (GEP-1494).
struct ExternalAuth {
    std::string protocol;  ///< "HTTP" or "GRPC"
    BackendObjectReference backend;
    std::string path;  ///< put in front of the request's; empty: nothing
    std::vector<std::string> allowed_headers;
    std::vector<std::string> allowed_response_headers;  ///< none: all
    int max_size = 0;                                   ///< of the body; 0: none is forwarded
    bool operator==(const ExternalAuth&) const = default;
};

struct ExtensionRef {
    std::string group, kind, name;
    bool operator==(const ExtensionRef&) const = default;
};

using HttpFilter = std::variant<RequestHeaderModifier,
                                ResponseHeaderModifier,
                                RequestRedirect,
                                UrlRewrite,
                                RequestMirror,
                                Cors,
                                ExternalAuth,
                                ExtensionRef>;

}  // namespace gatefile::api
