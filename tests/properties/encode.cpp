// SPDX-License-Identifier: Apache-2.0
#include "encode.hpp"

#include <chrono>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::properties {

using tree::Value;

Value text(std::string_view value) {
    return {.data = std::string(value)};
}

Value number(std::int64_t value) {
    return {.data = value};
}

Value map(std::initializer_list<std::pair<std::string_view, Value>> fields) {
    Value::Map out;
    for (const auto& [key, value] : fields)
        out.push_back({std::string(key), value});
    return {.data = std::move(out)};
}

Value
object(std::string_view version, std::string_view kind, std::string_view ns, std::string_view name) {
    return map({{"apiVersion", text(version)},
                {"kind", text(kind)},
                {"metadata", map({{"name", text(name)}, {"namespace", text(ns)}})}});
}

namespace {

std::string_view name_of(api::PathMatchType type) {
    switch (type) {
    case api::PathMatchType::Exact:
        return "Exact";
    case api::PathMatchType::PathPrefix:
        return "PathPrefix";
    case api::PathMatchType::RegularExpression:
        return "RegularExpression";
    }
    return "";
}

Value encode(const api::ValueMatch& match) {
    return map({{"type",
                 text(match.type == api::ValueMatchType::Exact ? "Exact" : "RegularExpression")},
                {"name", text(match.name)},
                {"value", text(match.value)}});
}

Value encode(const api::HttpRouteMatch& match) {
    const auto value_match = [](const api::ValueMatch& one) { return encode(one); };
    Value out = map(
        {{"path",
          map({{"type", text(name_of(match.path.type))}, {"value", text(match.path.value)}})}});
    if (!match.headers.empty()) set(out, "headers", list(match.headers, value_match));
    if (!match.query_params.empty()) set(out, "queryParams", list(match.query_params, value_match));
    if (match.method) set(out, "method", text(*match.method));
    return out;
}

Value encode(const api::GrpcRouteMatch& match) {
    Value out = Value{.data = Value::Map{}};
    if (match.method) {
        const bool exact = match.method->type == api::ValueMatchType::Exact;
        Value method = map({{"type", text(exact ? "Exact" : "RegularExpression")}});
        if (match.method->service) set(method, "service", text(*match.method->service));
        if (match.method->method) set(method, "method", text(*match.method->method));
        set(out, "method", std::move(method));
    }
    if (!match.headers.empty()) {
        set(out, "headers", list(match.headers, [](const auto& one) { return encode(one); }));
    }
    return out;
}

Value encode(const api::HeaderModifier& change) {
    const auto headers = [](const std::vector<api::HttpHeader>& all) {
        return list(all, [](const api::HttpHeader& one) {
            return map({{"name", text(one.name)}, {"value", text(one.value)}});
        });
    };
    return map({{"set", headers(change.set)},
                {"add", headers(change.add)},
                {"remove", list(change.remove, [](const auto& name) { return text(name); })}});
}

Value encode(const api::PathModifier& change) {
    const bool full = change.type == api::PathModifierType::ReplaceFullPath;
    return map({{"type", text(full ? "ReplaceFullPath" : "ReplacePrefixMatch")},
                {full ? "replaceFullPath" : "replacePrefixMatch", text(change.value)}});
}

Value encode(const api::RequestRedirect& redirect) {
    Value out = map({{"statusCode", number(redirect.status_code)}});
    if (redirect.scheme) set(out, "scheme", text(*redirect.scheme));
    if (redirect.hostname) set(out, "hostname", text(*redirect.hostname));
    if (redirect.path) set(out, "path", encode(*redirect.path));
    if (redirect.port) set(out, "port", number(*redirect.port));
    return out;
}

Value encode(const api::UrlRewrite& rewrite) {
    Value out;
    if (rewrite.hostname) set(out, "hostname", text(*rewrite.hostname));
    if (rewrite.path) set(out, "path", encode(*rewrite.path));
    return out;
}

Value encode(const api::Cors& cors) {
    const auto texts = [](const std::vector<std::string>& all) {
        return list(all, [](const auto& one) { return text(one); });
    };
    Value out = map({{"allowOrigins", texts(cors.allow_origins)},
                     {"allowMethods", texts(cors.allow_methods)},
                     {"allowHeaders", texts(cors.allow_headers)},
                     {"exposeHeaders", texts(cors.expose_headers)},
                     {"maxAge", number(cors.max_age)}});
    if (cors.allow_credentials) set(out, "allowCredentials", {.data = *cors.allow_credentials});
    return out;
}

Value encode(const api::RequestMirror& mirror) {
    Value out = map({{"backendRef",
                      map({{"name", text(mirror.backend.name)},
                           {"port", number(mirror.backend.port.value_or(80))}})}});
    if (mirror.percent) set(out, "percent", number(*mirror.percent));
    if (mirror.fraction) {
        set(out,
            "fraction",
            map({{"numerator", number(mirror.fraction->numerator)},
                 {"denominator", number(mirror.fraction->denominator)}}));
    }
    return out;
}

Value filter(std::string_view type, std::string_view field, Value settings) {
    return map({{"type", text(type)}, {field, std::move(settings)}});
}

}  // namespace

Value encode(const api::HttpFilter& any) {
    return std::visit(
        base::Overloaded{
            [](const api::RequestHeaderModifier& one) {
                return filter("RequestHeaderModifier", "requestHeaderModifier", encode(one));
            },
            [](const api::ResponseHeaderModifier& one) {
                return filter("ResponseHeaderModifier", "responseHeaderModifier", encode(one));
            },
            [](const api::RequestRedirect& one) {
                return filter("RequestRedirect", "requestRedirect", encode(one));
            },
            [](const api::UrlRewrite& one) {
                return filter("URLRewrite", "urlRewrite", encode(one));
            },
            [](const api::RequestMirror& one) {
                return filter("RequestMirror", "requestMirror", encode(one));
            },
            [](const api::Cors& one) { return filter("CORS", "cors", encode(one)); },
            [](const api::ExternalAuth&) { return Value(); },
            [](const api::ExtensionRef& one) {
                return filter("ExtensionRef",
                              "extensionRef",
                              map({{"group", text(one.group)},
                                   {"kind", text(one.kind)},
                                   {"name", text(one.name)}}));
            },
        },
        any);
}

namespace {

Value duration(std::chrono::milliseconds time) {
    const auto count = time.count();
    const bool seconds = count % 1000 == 0;
    return text(seconds ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms");
}

Value encode(const api::HttpRouteRetry& retry) {
    Value out = map({{"attempts", number(retry.attempts)}});
    if (!retry.codes.empty())
        set(out, "codes", list(retry.codes, [](int code) { return number(code); }));
    if (retry.backoff) set(out, "backoff", duration(*retry.backoff));
    return out;
}

Value encode(const api::SessionPersistence& session) {
    Value out = map({{"type", text(session.type)}});
    if (session.cookie) {
        Value cookie = map({{"lifetimeType", text(session.cookie->lifetime_type)}});
        if (session.cookie->name) set(cookie, "name", text(*session.cookie->name));
        set(out, "cookie", std::move(cookie));
    }
    if (session.header_name) set(out, "header", map({{"name", text(*session.header_name)}}));
    if (session.absolute_timeout) set(out, "absoluteTimeout", duration(*session.absolute_timeout));
    return out;
}

Value encode(const api::HttpBackendRef& ref) {
    return map({{"name", text(ref.ref.name)},
                {"port", number(ref.ref.port.value_or(80))},
                {"weight", number(ref.weight)},
                {"filters", list(ref.filters, [](const auto& one) { return properties::encode(one); })}});
}

Value encode(const api::StreamBackendRef& ref) {
    return map({{"name", text(ref.ref.name)},
                {"port", number(ref.ref.port.value_or(80))},
                {"weight", number(ref.weight)}});
}

/// What rules of HTTPRoutes and GRPCRoutes have in common.
template <typename Rule>
Value encode_rule(const Rule& one) {
    Value out = map(
        {{"matches", list(one.matches, [](const auto& match) { return encode(match); })},
         {"filters", list(one.filters, [](const auto& any) { return properties::encode(any); })},
         {"backendRefs", list(one.backend_refs, [](const auto& ref) { return encode(ref); })}});
    if (one.session_persistence)
        set(out, "sessionPersistence", encode(*one.session_persistence));
    return out;
}

Value encode(const api::HttpRouteRule& rule) {
    Value out = encode_rule(rule);
    if (rule.retry) set(out, "retry", encode(*rule.retry));
    return out;
}

Value encode(const api::GrpcRouteRule& rule) {
    return encode_rule(rule);
}

Value encode(const api::StreamRule& rule) {
    return map(
        {{"backendRefs", list(rule.backend_refs, [](const auto& ref) { return encode(ref); })}});
}

template <typename AnyRoute>
Value encode_route(const AnyRoute& route) {
    Value out = object("gateway.networking.k8s.io/v1",
                       std::string(name_of(route.kind)),
                       route.meta.ns,
                       route.meta.name);
    if (route.meta.created) {
        Value meta = *find(out, "metadata");
        set(meta, "creationTimestamp", text(base::format_rfc3339(*route.meta.created)));
        set(out, "metadata", std::move(meta));
    }
    const auto parent = [](const api::ParentRef& ref) {
        return map({{"name", text(ref.name)},
                    {"namespace", text(ref.ns.value_or(""))},
                    {"sectionName", text(ref.section_name.value_or(""))}});
    };
    set(out,
        "spec",
        map({{"parentRefs", list(route.parent_refs, parent)},
             {"hostnames", list(route.hostnames, [](const auto& name) { return text(name); })},
             {"rules", list(route.rules, [](const auto& rule) { return encode(rule); })}}));
    return out;
}

}  // namespace

Value encode(const api::HttpRoute& route) {
    return encode_route(route);
}

Value encode(const api::GrpcRoute& route) {
    return encode_route(route);
}

Value encode(const api::TlsRoute& route) {
    return encode_route(route);
}

}  // namespace gatefile::properties
