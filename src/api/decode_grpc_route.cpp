// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

namespace gatefile::api {

namespace {

constexpr std::pair<std::string_view, ValueMatchType> method_match_types[] = {
    {"Exact", ValueMatchType::Exact},
    {"RegularExpression", ValueMatchType::RegularExpression},
};

GrpcMethodMatch decode_method(const Cursor& at) {
    return {
        .type =
            at.choice<ValueMatchType>("type", method_match_types).value_or(ValueMatchType::Exact),
        .service = at.optional_text("service"),
        .method = at.optional_text("method")};
}

GrpcRouteMatch decode_match(const Cursor& at) {
    return {.method = at.object("method", decode_method),
            .headers = at.list("headers", decode_value_match)};
}

GrpcRouteRule decode_rule(const Cursor& at) {
    return {.name = at.optional_text("name"),
            .matches = at.list("matches", decode_match),
            .filters = at.list("filters", decode_http_filter),
            .backend_refs = at.list("backendRefs", decode_http_backend_ref),
            .session_persistence = at.object("sessionPersistence", decode_session_persistence)};
}

}  // namespace

GrpcRoute decode_grpc_route(const Cursor& object, Meta meta) {
    GrpcRoute decoded;
    decoded.kind = RouteKind::Grpc;
    decoded.meta = std::move(meta);
    object.object("spec", [&decoded](const Cursor& spec) {
        decode_route(spec, decoded);
        decoded.rules = spec.list("rules", decode_rule);
        return true;
    });
    return decoded;
}

}  // namespace gatefile::api
