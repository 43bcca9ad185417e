// SPDX-License-Identifier: Apache-2.0
#include "encode_middleware.hpp"

#include <variant>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::traefik {
namespace {

using tree::Node;

Node pairs_node(const std::vector<HeaderPair>& pairs, NodeBuilder& build) {
    Fields fields;
    for (const HeaderPair& pair : pairs) {
        fields.add(build.copy(pair.name), build.string(pair.value));
    }
    return build.map(fields);
}

void add_pairs(Fields& fields,
               std::string_view key,
               const std::vector<HeaderPair>& pairs,
               NodeBuilder& build) {
    if (!pairs.empty()) fields.add(key, pairs_node(pairs, build));
}

void add_strings(Fields& fields,
                 std::string_view key,
                 const std::vector<std::string>& items,
                 NodeBuilder& build) {
    if (!items.empty()) fields.add(key, build.strings(items));
}

void add_string(Fields& fields,
                std::string_view key,
                const std::optional<std::string>& text,
                NodeBuilder& build) {
    if (text) fields.add(key, build.string(*text));
}

Node headers_node(const HeadersMiddleware& headers, NodeBuilder& build) {
    Fields fields;
    if (headers.allow_credentials) {
        fields.add("accessControlAllowCredentials", Node::boolean(*headers.allow_credentials));
    }
    add_strings(fields, "accessControlAllowHeaders", headers.allow_headers, build);
    add_strings(fields, "accessControlAllowMethods", headers.allow_methods, build);
    add_strings(fields, "accessControlAllowOriginList", headers.allow_origins, build);
    add_strings(fields, "accessControlAllowOriginListRegex", headers.allow_origin_patterns, build);
    add_strings(fields, "accessControlExposeHeaders", headers.expose_headers, build);
    if (headers.max_age) fields.add("accessControlMaxAge", Node::integer(*headers.max_age));
    if (headers.add_vary) fields.add("addVaryHeader", Node::boolean(true));
    add_pairs(fields, "customRequestHeaders", headers.request, build);
    add_pairs(fields, "customResponseHeaders", headers.response, build);
    return build.map(fields);
}

Node modifier_node(const HeaderModifierMiddleware& modifier, NodeBuilder& build) {
    Fields fields;
    add_pairs(fields, "add", modifier.add, build);
    add_strings(fields, "remove", modifier.remove, build);
    add_pairs(fields, "set", modifier.set, build);
    return build.map(fields);
}

Node request_redirect_node(const RequestRedirectMiddleware& redirect, NodeBuilder& build) {
    Fields fields;
    add_string(fields, "hostname", redirect.hostname, build);
    add_string(fields, "path", redirect.path, build);
    add_string(fields, "pathPrefix", redirect.path_prefix, build);
    add_string(fields, "port", redirect.port, build);
    add_string(fields, "scheme", redirect.scheme, build);
    fields.add("statusCode", Node::integer(redirect.status));
    return build.map(fields);
}

Node rewrite_node(const UrlRewriteMiddleware& rewrite, NodeBuilder& build) {
    Fields fields;
    add_string(fields, "hostname", rewrite.hostname, build);
    add_string(fields, "path", rewrite.path, build);
    add_string(fields, "pathPrefix", rewrite.path_prefix, build);
    return build.map(fields);
}

Node redirect_regex_node(const RedirectRegexMiddleware& redirect, NodeBuilder& build) {
    return build.map({{"permanent", Node::boolean(redirect.permanent)},
                      {"regex", build.string(redirect.regex)},
                      {"replacement", build.string(redirect.replacement)}});
}

Node status_node(const StatusMiddleware& status, NodeBuilder& build) {
    // Nobody has the limited broadcast address, so everybody is rejected.
    const std::string nobody = "255.255.255.255/32";
    return build.map({{"rejectStatusCode", Node::integer(status.status)},
                      {"sourceRange", build.strings(std::span(&nobody, 1))}});
}

Node retry_node(const RetryMiddleware& retry, NodeBuilder& build) {
    Fields fields;
    fields.add("attempts", Node::integer(retry.attempts));
    if (retry.initial_interval) {
        fields.add("initialInterval",
                   build.string(base::format_go_duration(*retry.initial_interval)));
    }
    if (!retry.status.empty()) {
        // Without this POST, PATCH and LOCK would not be retried on a status.
        fields.add("retryNonIdempotentMethod", Node::boolean(true));
        std::vector<std::string> codes;
        for (const int code : retry.status)
            codes.push_back(std::to_string(code));
        fields.add("status", build.strings(codes));
    }
    return build.map(fields);
}

Node extension_node(const ExtensionMiddleware& extension,
                    tree::Secrets secrets,
                    NodeBuilder& build) {
    const Node settings = build.value(*extension.settings, secrets);
    if (extension.service.empty()) return settings;
    Fields fields;
    for (const tree::Entry& entry : settings.entries())
        fields.add(entry.key, entry.value);
    fields.add("service", build.string(extension.service));
    return build.map(fields);
}

Node generation_node(const GenerationMiddleware& generation, NodeBuilder& build) {
    return build.map({{"customResponseHeaders",
                       build.map({{generation_header, build.string(generation.hash)}})}});
}

}  // namespace

Node middleware_node(const Middleware& middleware,
                     Format format,
                     tree::Secrets secrets,
                     NodeBuilder& build) {
    // Traefik knows these in JSON only and would refuse a whole YAML file for them.
    const auto json_only = [&](std::string_view key, Node node) {
        GATEFILE_CHECK(format == Format::Plugin);
        return build.map({{key, node}});
    };
    return std::visit(
        base::Overloaded{
            [&](const HeadersMiddleware& m) {
                return build.map({{"headers", headers_node(m, build)}});
            },
            [&](const HeaderModifierMiddleware& m) {
                return json_only(m.response ? "responseHeaderModifier" : "requestHeaderModifier",
                                 modifier_node(m, build));
            },
            [&](const RequestRedirectMiddleware& m) {
                return json_only("requestRedirect", request_redirect_node(m, build));
            },
            [&](const UrlRewriteMiddleware& m) {
                return json_only("URLRewrite", rewrite_node(m, build));
            },
            [&](const RedirectRegexMiddleware& m) {
                return build.map({{"redirectRegex", redirect_regex_node(m, build)}});
            },
            [&](const ReplacePathMiddleware& m) {
                return build.map({{"replacePath", build.map({{"path", build.string(m.path)}})}});
            },
            [&](const ReplacePathRegexMiddleware& m) {
                return build.map({{"replacePathRegex",
                                   build.map({{"regex", build.string(m.regex)},
                                              {"replacement", build.string(m.replacement)}})}});
            },
            [&](const StatusMiddleware& m) {
                return build.map({{"ipAllowList", status_node(m, build)}});
            },
            [&](const RetryMiddleware& m) {
                return build.map({{"retry", retry_node(m, build)}});
            },
            [&](const ExtensionMiddleware& m) {
                return build.map({{build.copy(m.type), extension_node(m, secrets, build)}});
            },
            [&](const GenerationMiddleware& m) {
                return build.map({{"headers", generation_node(m, build)}});
            },
        },
        middleware.settings);
}

}  // namespace gatefile::traefik
