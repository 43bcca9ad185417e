// SPDX-License-Identifier: Apache-2.0
#include "gatefile/ir/emit.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::ir {
namespace {

class Encoder {
public:
    explicit Encoder(tree::Arena& arena) : arena_(arena) {}

    using Fields = std::vector<tree::Entry>;

    static void put(Fields& fields, std::string_view key, const tree::Node& value) {
        fields.push_back({key, {}, value});
    }

    /// Percent-decoded paths need not be UTF-8; such a text is shown encoded again.
    tree::Node text(std::string_view bytes) {
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
    template <typename Number>
    static tree::Node number(Number value) {
        return tree::Node::integer(static_cast<std::int64_t>(value));
    }
    tree::Node map(const Fields& fields) { return tree::Node::map(arena_.copy(fields)); }
    template <typename Range, typename Encode>
    tree::Node list(const Range& range, Encode encode_one) {
        std::vector<tree::Node> items;
        for (const auto& item : range)
            items.push_back(encode_one(item));
        return tree::Node::list(arena_.copy(items));
    }
    tree::Node texts(const std::vector<std::string>& values) {
        return list(values, [&](const std::string& value) { return text(value); });
    }
    void put_texts(Fields& fields, std::string_view key, const std::vector<std::string>& values) {
        if (!values.empty()) put(fields, key, texts(values));
    }
    void put_text(Fields& fields, std::string_view key, const std::optional<std::string>& value) {
        if (value) put(fields, key, text(*value));
    }
    static void put_duration(Fields& fields,
                             std::string_view key,
                             const std::optional<std::chrono::milliseconds>& value) {
        if (value) put(fields, key, number(value->count()));
    }

    tree::Node config(const Config& config);

private:
    tree::Node value_match(const ValueMatch& match);
    tree::Node match(const Match& match);
    tree::Node headers(const std::vector<Header>& headers);
    tree::Node header_change(const HeaderChange& change);
    tree::Node path_change(const PathChange& change);
    tree::Node redirect(const Redirect& redirect);
    tree::Node cors(const CorsPolicy& cors);
    tree::Node extension(const ExtensionFilter& extension);
    tree::Node filter(const Filter& filter);
    tree::Node filters(const std::vector<Filter>& filters);
    tree::Node action(const Action& action);
    tree::Node rule(const Rule& rule);
    tree::Node backend(const Backend& backend);
    tree::Node sources(const std::vector<ListenerId>& sources);
    tree::Node tls(const Tls& tls);
    tree::Node backend_tls(const BackendTls& tls);
    tree::Node certificate(const Certificate& certificate);
    tree::Node options(const std::vector<std::pair<std::string, std::string>>& options);
    tree::Node listener(const Listener& listener);
    tree::Node stream(const Stream& stream);
    tree::Node stream_host(const StreamHost& host);
    tree::Node host(const Host& host);

    tree::Arena& arena_;
};

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

std::string_view protocol_text(BackendProtocol protocol) {
    switch (protocol) {
    case BackendProtocol::Http:
        return "http";
    case BackendProtocol::H2c:
        return "h2c";
    case BackendProtocol::Https:
        return "https";
    case BackendProtocol::Tcp:
        return "tcp";
    case BackendProtocol::Udp:
        return "udp";
    }
    return "";
}

std::string_view stream_text(StreamKind kind) {
    switch (kind) {
    case StreamKind::Tcp:
        return "tcp";
    case StreamKind::TlsPassthrough:
        return "tls passthrough";
    case StreamKind::TlsTerminate:
        return "tls terminate";
    case StreamKind::Udp:
        return "udp";
    }
    return "";
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

tree::Node Encoder::backend(const Backend& backend) {
    const auto endpoint = [&](const Endpoint& one) {
        return map({{"host", {}, text(one.host)}, {"port", {}, number(one.port)}});
    };
    Fields fields;
    put(fields, "namespace", text(backend.ns));
    put(fields, "name", text(backend.name));
    put(fields, "port", number(backend.port));
    put(fields, "protocol", text(protocol_text(backend.protocol)));
    if (backend.tls) put(fields, "tls", number(*backend.tls));
    put(fields, "endpoints", list(backend.endpoints, endpoint));
    return map(fields);
}

tree::Node Encoder::backend_tls(const BackendTls& tls) {
    Fields fields;
    put(fields, "id", text(tls.id));
    put(fields, "serverName", text(tls.server_name));
    put_text(fields, "uri", tls.uri);
    put(fields, "authorities", text(tls.ca_pem.empty() ? "system" : base::sha256_hex(tls.ca_pem)));
    if (tls.client_certificate) put(fields, "clientCertificate", number(*tls.client_certificate));
    put(fields, "options", options(tls.options));
    return map(fields);
}

tree::Node Encoder::certificate(const Certificate& certificate) {
    return map({{"id", {}, text(certificate.id)},
                {"names", {}, texts(certificate.names)},
                {"fingerprint", {}, text(certificate.fingerprint)}});
}

tree::Node Encoder::options(const std::vector<std::pair<std::string, std::string>>& options) {
    return list(options, [&](const std::pair<std::string, std::string>& one) {
        return map({{"name", {}, text(one.first)}, {"value", {}, text(one.second)}});
    });
}

tree::Node Encoder::host(const Host& host) {
    const auto entry = [&](const Entry& one) {
        return map({
            {"match", {}, match(one.match)},
            {"rule", {}, number(one.rule)},
            {"matchIndex", {}, number(one.match_index)},
        });
    };
    return map({
        {"hostname", {}, text(host.hostname)},
        {"entries", {}, list(host.entries, entry)},
    });
}

tree::Node Encoder::sources(const std::vector<ListenerId>& sources) {
    return list(sources, [&](const ListenerId& id) {
        Fields source;
        put(source, "namespace", text(id.gateway_ns));
        put(source, "gateway", text(id.gateway));
        if (!id.set.empty()) put(source, "listenerSet", text(id.set_ns + "/" + id.set));
        put(source, "listener", text(id.name));
        put(source, "port", number(id.port));
        return map(source);
    });
}

tree::Node Encoder::tls(const Tls& tls) {
    const auto index = [](std::size_t certificate) { return number(certificate); };
    Fields fields;
    put(fields, "certificates", list(tls.certificates, index));
    put(fields, "options", options(tls.options));
    if (const auto& clients = tls.client_validation) {
        put(fields,
            "clients",
            map({{"authorities", {}, text(base::sha256_hex(clients->ca_pem))},
                 {"insecureFallback", {}, tree::Node::boolean(clients->insecure_fallback)}}));
    }
    return map(fields);
}

tree::Node Encoder::listener(const Listener& listener) {
    Fields fields;
    put(fields, "entryPoint", text(listener.entry_point));
    put(fields, "hostname", text(listener.hostname));
    put(fields, "sources", sources(listener.sources));
    if (listener.tls) put(fields, "tls", tls(*listener.tls));
    put(fields, "hosts", list(listener.hosts, [&](const Host& one) { return host(one); }));
    return map(fields);
}

tree::Node Encoder::stream_host(const StreamHost& host) {
    const auto member = [&](const StreamMember& one) {
        Fields fields;
        if (one.backend) put(fields, "backend", number(*one.backend));
        put(fields, "weight", number(one.weight));
        return map(fields);
    };
    return map({{"hostname", {}, text(host.hostname)},
                {"route", {}, number(host.route)},
                {"members", {}, list(host.members, member)}});
}

tree::Node Encoder::stream(const Stream& stream) {
    Fields fields;
    put(fields, "kind", text(stream_text(stream.kind)));
    put(fields, "entryPoint", text(stream.entry_point));
    put(fields, "hostname", text(stream.hostname));
    put(fields, "sources", sources(stream.sources));
    if (stream.tls) put(fields, "tls", tls(*stream.tls));
    put(fields, "hosts", list(stream.hosts, [&](const StreamHost& one) {
            return stream_host(one);
        }));
    return map(fields);
}

tree::Node Encoder::config(const Config& config) {
    return map({
        {"routes",
         {},
         list(config.routes,
              [&](const RouteId& route) {
                  return map({{"kind", {}, text(route.kind)},
                              {"namespace", {}, text(route.ns)},
                              {"name", {}, text(route.name)}});
              })},
        {"rules", {}, list(config.rules, [&](const Rule& one) { return rule(one); })},
        {"backends", {}, list(config.backends, [&](const Backend& one) { return backend(one); })},
        {"backendTls",
         {},
         list(config.backend_tls, [&](const BackendTls& one) { return backend_tls(one); })},
        {"certificates",
         {},
         list(config.certificates, [&](const Certificate& one) { return certificate(one); })},
        {"clientCertificates",
         {},
         list(config.client_certificates,
              [&](const Certificate& one) { return certificate(one); })},
        {"listeners",
         {},
         list(config.listeners, [&](const Listener& one) { return listener(one); })},
        {"streams", {}, list(config.streams, [&](const Stream& one) { return stream(one); })},
    });
}

}  // namespace

tree::Node encode(const Config& config, tree::Arena& arena) {
    return Encoder(arena).config(config);
}

}  // namespace gatefile::ir
