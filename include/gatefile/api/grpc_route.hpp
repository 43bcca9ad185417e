// SPDX-License-Identifier: Apache-2.0
//
// GRPCRoute (gateway.networking.k8s.io, v1) as decoded, defaults filled in. Filters and backendRefs
// are HTTPRoute's, of which a GRPCRoute may have some.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatefile/api/http_route.hpp"
#include "gatefile/api/route.hpp"

namespace gatefile::api {

struct GrpcMethodMatch {
    ValueMatchType type = ValueMatchType::Exact;
    std::optional<std::string> service;
    std::optional<std::string> method;
    bool operator==(const GrpcMethodMatch&) const = default;
};

struct GrpcRouteMatch {
    std::optional<GrpcMethodMatch> method;
    std::vector<ValueMatch> headers;
    bool operator==(const GrpcRouteMatch&) const = default;
};

struct GrpcRouteRule {
    std::optional<std::string> name;
    std::vector<GrpcRouteMatch> matches;  ///< none: every request
    std::vector<HttpFilter> filters;
    std::vector<HttpBackendRef> backend_refs;
    std::optional<SessionPersistence> session_persistence;
    bool operator==(const GrpcRouteRule&) const = default;
};

struct GrpcRoute : Route {
    std::vector<GrpcRouteRule> rules;
    bool operator==(const GrpcRoute&) const = default;
};

}  // namespace gatefile::api
