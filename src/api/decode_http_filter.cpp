// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::api {

namespace {

constexpr std::pair<std::string_view, PathModifierType> path_modifier_types[] = {
    {"ReplaceFullPath", PathModifierType::ReplaceFullPath},
    {"ReplacePrefixMatch", PathModifierType::ReplacePrefixMatch},
};

HttpHeader decode_header(const Cursor& at) {
    return {.name = at.text("name"), .value = at.text("value")};
}

template <typename Modifier>
Modifier decode_header_modifier(const Cursor& at) {
    Modifier modifier;
    modifier.set = at.list("set", decode_header);
    modifier.add = at.list("add", decode_header);
    modifier.remove = at.texts("remove");
    return modifier;
}

PathModifier decode_path_modifier(const Cursor& at) {
    const PathModifierType type = at.choice<PathModifierType>("type", path_modifier_types)
                                      .value_or(PathModifierType::ReplaceFullPath);
    const std::string_view field =
        type == PathModifierType::ReplaceFullPath ? "replaceFullPath" : "replacePrefixMatch";
    return {.type = type, .value = at.text(field)};
}

RequestRedirect decode_redirect(const Cursor& at) {
    return {.scheme = at.optional_text("scheme"),
            .hostname = at.optional_text("hostname"),
            .path = at.object("path", decode_path_modifier),
            .port = at.port("port"),
            .status_code = at.optional_int("statusCode").value_or(302)};
}

UrlRewrite decode_rewrite(const Cursor& at) {
    return {.hostname = at.optional_text("hostname"),
            .path = at.object("path", decode_path_modifier)};
}

RequestMirror::Fraction decode_fraction(const Cursor& at) {
    return {.numerator = at.optional_int("numerator").value_or(0),
            .denominator = at.optional_int("denominator").value_or(100)};
}

BackendObjectReference decode_backend_of(const Cursor& at) {
    return at.object("backendRef", decode_backend_object_reference)
        .value_or(BackendObjectReference{});
}

RequestMirror decode_mirror(const Cursor& at) {
    return {.backend = decode_backend_of(at),
            .percent = at.optional_int("percent"),
            .fraction = at.object("fraction", decode_fraction)};
}

Cors decode_cors(const Cursor& at) {
    return {.allow_origins = at.texts("allowOrigins"),
            .allow_credentials = at.boolean("allowCredentials"),
            .allow_methods = at.texts("allowMethods"),
            .allow_headers = at.texts("allowHeaders"),
            .expose_headers = at.texts("exposeHeaders"),
            .max_age = at.optional_int("maxAge").value_or(5)};
}

ExternalAuth decode_external_auth(const Cursor& at) {
    ExternalAuth auth{.protocol = at.text("protocol"), .backend = decode_backend_of(at)};
    at.object("http", [&](const Cursor& http) {
        auth.path = http.text("path");
        auth.allowed_headers = http.texts("allowedHeaders");
        auth.allowed_response_headers = http.texts("allowedResponseHeaders");
        return true;
    });
    at.object("forwardBody", [&](const Cursor& body) {
        auth.max_size = body.optional_int("maxSize").value_or(0);
        return true;
    });
    return auth;
}

ExtensionRef decode_extension_ref(const Cursor& at) {
    return {.group = at.text("group"), .kind = at.text("kind"), .name = at.text("name")};
}

/// The payload that belongs to a filter's type; its absence is what CEL refuses.
template <typename Filter>
HttpFilter
decode_payload(const Cursor& at, std::string_view field, Filter (*decode)(const Cursor&)) {
    std::optional<Filter> filter = at.object(field, decode);
    if (!filter) {
        at.report(diag::Code::MissingField,
                  field,
                  fmt::format("filter.{0} must be specified for its filter.type", field));
        return Filter{};
    }
    return std::move(*filter);
}

}  // namespace

HttpFilter decode_http_filter(const Cursor& at) {
    const std::string type = at.text("type");
    if (type == "RequestHeaderModifier") {
        return decode_payload(
            at, "requestHeaderModifier", decode_header_modifier<RequestHeaderModifier>);
    }
    if (type == "ResponseHeaderModifier") {
        return decode_payload(
            at, "responseHeaderModifier", decode_header_modifier<ResponseHeaderModifier>);
    }
    if (type == "RequestRedirect") return decode_payload(at, "requestRedirect", decode_redirect);
    if (type == "URLRewrite") return decode_payload(at, "urlRewrite", decode_rewrite);
    if (type == "RequestMirror") return decode_payload(at, "requestMirror", decode_mirror);
    if (type == "CORS") return decode_payload(at, "cors", decode_cors);
    if (type == "ExternalAuth") return decode_payload(at, "externalAuth", decode_external_auth);
    if (type == "ExtensionRef") return decode_payload(at, "extensionRef", decode_extension_ref);
    at.report(diag::Code::InvalidValue,
              "type",
              fmt::format("Unsupported value: {}", base::quote_for_message(type)));
    return ExtensionRef{};
}

}  // namespace gatefile::api
