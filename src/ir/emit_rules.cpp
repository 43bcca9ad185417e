// SPDX-License-Identifier: Apache-2.0
#include "emitter.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::ir {
namespace {

std::string_view kind_text(PathKind kind) {
    switch (kind) {
    case PathKind::Exact:
        return "exact";
    case PathKind::Prefix:
        return "prefix";
    case PathKind::Regex:
        return "regex";
    }
    return "";
}

}  // namespace

tree::Node Encoder::text(std::string_view bytes) {
    if (base::is_utf8(bytes)) return tree::Node::string(arena_.copy(bytes));
    std::string encoded;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        if (value < 0x80) {
            encoded += byte;
        } else {
            encoded += fmt::format("%{:02X}", value);
        }
    }
    return tree::Node::string(arena_.copy(encoded));
}

tree::Node Encoder::value_match(const ValueMatch& match) {
    return map({
        {"name", {}, text(match.name)},
        {match.kind == ValueKind::Exact ? "exact" : "regex", {}, text(match.value)},
    });
}

tree::Node Encoder::match(const Match& match) {
    Fields fields;
    put(fields, kind_text(match.path.kind), text(match.path.value));
    if (match.path.call) put(fields, "call", tree::Node::boolean(true));
    put_text(fields, "method", match.method);
    const auto encode_value = [&](const ValueMatch& value) { return value_match(value); };
    if (!match.headers.empty()) put(fields, "headers", list(match.headers, encode_value));
    if (!match.query.empty()) put(fields, "query", list(match.query, encode_value));
    return map(fields);
}

tree::Node Encoder::headers(const std::vector<Header>& headers) {
    return list(headers, [&](const Header& header) {
        return map({{"name", {}, text(header.name)}, {"value", {}, text(header.value)}});
    });
}

tree::Node Encoder::header_change(const HeaderChange& change) {
    Fields fields;
    if (!change.set.empty()) put(fields, "set", headers(change.set));
    if (!change.add.empty()) put(fields, "add", headers(change.add));
    put_texts(fields, "remove", change.remove);
    return map(fields);
}

tree::Node Encoder::path_change(const PathChange& change) {
    return std::visit(base::Overloaded{
                          [&](const FullPath& full) {
                              return map({{"full", {}, text(full.path)}});
                          },
                          [&](const PrefixPath& prefix) {
                              return map({{"prefix", {}, text(prefix.matched)},
                                          {"replacement", {}, text(prefix.replacement)}});
                          },
                      },
                      change);
}

tree::Node Encoder::redirect(const Redirect& redirect) {
    Fields fields;
    put_text(fields, "scheme", redirect.scheme);
    put_text(fields, "hostname", redirect.hostname);
    if (redirect.port) put(fields, "port", number(*redirect.port));
    if (redirect.path) put(fields, "path", path_change(*redirect.path));
    put(fields, "status", number(redirect.status));
    return map(fields);
}

tree::Node Encoder::cors(const CorsPolicy& cors) {
    Fields fields;
    put_texts(fields, "allowOrigins", cors.allow_origins);
    if (cors.allow_credentials) {
        put(fields, "allowCredentials", tree::Node::boolean(*cors.allow_credentials));
    }
    put_texts(fields, "allowMethods", cors.allow_methods);
    put_texts(fields, "allowHeaders", cors.allow_headers);
    put_texts(fields, "exposeHeaders", cors.expose_headers);
    put(fields, "maxAge", number(cors.max_age));
    return map(fields);
}

tree::Node Encoder::external_auth(const ExternalAuth& auth) {
    Fields fields;
    put(fields, "backend", number(auth.backend));
    if (!auth.path.empty()) put(fields, "path", text(auth.path));
    put_texts(fields, "requestHeaders", auth.request_headers);
    put_texts(fields, "responseHeaders", auth.response_headers);
    put(fields, "maxBody", number(auth.max_body));
    return map({{"externalAuth", {}, map(fields)}});
}

tree::Node Encoder::extension(const ExtensionFilter& extension) {
    Fields fields;
    put(fields, "namespace", text(extension.ns));
    put(fields, "name", text(extension.name));
    put(fields, "type", text(extension.type));
    put(fields, "settings", tree::to_node(*extension.settings, tree::Secrets::Omit, arena_));
    if (extension.service) put(fields, "service", number(*extension.service));
    return map({{"extension", {}, map(fields)}});
}

tree::Node Encoder::filter(const Filter& filter) {
    return std::visit(base::Overloaded{
                          [&](const RequestHeaders& headers) {
                              return map({{"requestHeaders", {}, header_change(headers.change)}});
                          },
                          [&](const ResponseHeaders& headers) {
                              return map({{"responseHeaders", {}, header_change(headers.change)}});
                          },
                          [&](const Rewrite& rewrite) {
                              Fields fields;
                              put_text(fields, "hostname", rewrite.hostname);
                              if (rewrite.path) put(fields, "path", path_change(*rewrite.path));
                              return map({{"rewrite", {}, map(fields)}});
                          },
                          [&](const Redirect& to) {
                              return map({{"redirect", {}, redirect(to)}});
                          },
                          [&](const Mirror& mirror) {
                              return map(
                                  {{"mirror",
                                    {},
                                    map({{"backend", {}, number(mirror.backend)},
                                         {"numerator", {}, number(mirror.numerator)},
                                         {"denominator", {}, number(mirror.denominator)}})}});
                          },
                          [&](const CorsPolicy& policy) {
                              return map({{"cors", {}, cors(policy)}});
                          },
                          [&](const ExternalAuth& auth) { return external_auth(auth); },
                          [&](const ExtensionFilter& one) { return extension(one); },
                      },
                      filter);
}

tree::Node Encoder::filters(const std::vector<Filter>& filters) {
    return list(filters, [&](const Filter& one) { return filter(one); });
}

tree::Node Encoder::action(const Action& action) {
    const auto member = [&](const Member& one) {
        Fields fields;
        put(fields, "ref", number(one.ref));
        if (one.backend) {
            put(fields, "backend", number(*one.backend));
        } else {
            put(fields, "fail", number(one.fail.status));
        }
        put(fields, "weight", number(one.weight));
        if (!one.filters.empty()) put(fields, "filters", filters(one.filters));
        return map(fields);
    };
    return std::visit(base::Overloaded{
                          [&](const Forward& forward) {
                              return map({{"forward", {}, list(forward.members, member)}});
                          },
                          [&](const Answer&) { return tree::Node::string("answer"); },
                          [&](const Fail& fail) {
                              return map({{"fail", {}, number(fail.status)}});
                          },
                      },
                      action);
}

tree::Node Encoder::rule(const Rule& rule) {
    Fields fields;
    put(fields, "route", number(rule.route));
    put(fields, "index", number(rule.index));
    if (!rule.variant.empty()) put(fields, "variant", text(rule.variant));
    if (!rule.filters.empty()) put(fields, "filters", filters(rule.filters));
    put(fields, "action", action(rule.action));
    put_duration(fields, "requestTimeoutMs", rule.request_timeout);
    put_duration(fields, "backendTimeoutMs", rule.backend_timeout);
    if (rule.retry) {
        Fields retry;
        put(retry, "attempts", number(rule.retry->attempts));
        if (!rule.retry->codes.empty()) {
            put(retry, "codes", list(rule.retry->codes, [](int code) { return number(code); }));
        }
        put_duration(retry, "backoffMs", rule.retry->backoff);
        put(fields, "retry", map(retry));
    }
    if (rule.stickiness) {
        Fields stickiness;
        put_text(stickiness, "cookie", rule.stickiness->cookie);
        put_text(stickiness, "path", rule.stickiness->path);
        put_duration(stickiness, "maxAgeMs", rule.stickiness->max_age);
        put(fields, "stickiness", map(stickiness));
    }
    return map(fields);
}

}  // namespace gatefile::ir
