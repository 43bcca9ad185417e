// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

namespace gatefile::api {

namespace {

constexpr std::pair<std::string_view, PathMatchType> path_match_types[] = {
    {"Exact", PathMatchType::Exact},
    {"PathPrefix", PathMatchType::PathPrefix},
    {"RegularExpression", PathMatchType::RegularExpression},
};

constexpr std::pair<std::string_view, ValueMatchType> value_match_types[] = {
    {"Exact", ValueMatchType::Exact},
    {"RegularExpression", ValueMatchType::RegularExpression},
};

PathMatch decode_path_match(const Cursor& at) {
    return {
        .type =
            at.choice<PathMatchType>("type", path_match_types).value_or(PathMatchType::PathPrefix),
        .value = at.optional_text("value").value_or("/")};
}

HttpRouteMatch decode_match(const Cursor& at) {
    return {.path = at.object("path", decode_path_match).value_or(PathMatch{}),
            .headers = at.list("headers", decode_value_match),
            .query_params = at.list("queryParams", decode_value_match),
            .method = at.optional_text("method")};
}

HttpRouteTimeouts decode_timeouts(const Cursor& at) {
    return {.request = at.duration("request"), .backend_request = at.duration("backendRequest")};
}

HttpRouteRetry decode_retry(const Cursor& at) {
    HttpRouteRetry retry;
    if (const tree::Node* codes = at.value("codes", tree::Kind::List)) {
        for (const tree::Node& code : codes->items()) {
            if (code.is_int() && code.as_int() >= 100 && code.as_int() <= 599) {
                retry.codes.push_back(static_cast<int>(code.as_int()));
            } else {
                at.report(diag::Code::WrongType, "codes", "must be HTTP status codes");
            }
        }
    }
    retry.attempts = at.optional_int("attempts").value_or(1);
    retry.backoff = at.duration("backoff");
    return retry;
}

SessionPersistence::Cookie decode_cookie(const Cursor& at) {
    return {.name = at.optional_text("name"),
            .path = at.optional_text("path"),
            .lifetime_type = at.optional_text("lifetimeType").value_or("Session")};
}

HttpRouteRule decode_rule(const Cursor& at) {
    return {.name = at.optional_text("name"),
            .matches = at.list("matches", decode_match),
            .filters = at.list("filters", decode_http_filter),
            .backend_refs = at.list("backendRefs", decode_http_backend_ref),
            .timeouts = at.object("timeouts", decode_timeouts),
            .retry = at.object("retry", decode_retry),
            .session_persistence = at.object("sessionPersistence", decode_session_persistence)};
}

}  // namespace

ValueMatch decode_value_match(const Cursor& at) {
    return {
        .type =
            at.choice<ValueMatchType>("type", value_match_types).value_or(ValueMatchType::Exact),
        .name = at.text("name"),
        .value = at.text("value")};
}

HttpBackendRef decode_http_backend_ref(const Cursor& at) {
    return {.ref = decode_backend_object_reference(at),
            .weight = at.optional_int("weight").value_or(1),
            .filters = at.list("filters", decode_http_filter)};
}

SessionPersistence decode_session_persistence(const Cursor& at) {
    return {.type = at.optional_text("type").value_or("Cookie"),
            .cookie = at.object("cookie", decode_cookie),
            .header_name =
                at.object("header", [](const Cursor& header) { return header.text("name"); }),
            .absolute_timeout = at.duration("absoluteTimeout"),
            .idle_timeout = at.duration("idleTimeout")};
}

HttpRoute decode_http_route(const Cursor& object, Meta meta) {
    HttpRoute decoded;
    decoded.meta = std::move(meta);
    object.object("spec", [&decoded](const Cursor& spec) {
        decode_route(spec, decoded);
        decoded.rules = spec.list("rules", decode_rule);
        return true;
    });
    return decoded;
}

}  // namespace gatefile::api
