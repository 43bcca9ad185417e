// SPDX-License-Identifier: Apache-2.0
#include <string_view>
#include <utility>
#include <vector>

#include "emitter.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/ir/emit.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::ir {
namespace {

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

std::string_view kind_text(CompositeKind kind) {
    switch (kind) {
    case CompositeKind::Weighted:
        return "weighted";
    case CompositeKind::HighestRandomWeight:
        return "highest random weight";
    case CompositeKind::Mirroring:
        return "mirroring";
    case CompositeKind::Failover:
        return "failover";
    }
    return "";
}

}  // namespace

tree::Node Encoder::backend(const Backend& backend) {
    const auto endpoint = [&](const Endpoint& one) {
        Fields fields{{"host", {}, text(one.host)}, {"port", {}, number(one.port)}};
        if (!one.cluster.empty()) {
            put(fields, "cluster", text(one.cluster));
            put(fields, "weight", number(one.weight));
        }
        return map(fields);
    };
    Fields fields;
    put(fields, "namespace", text(backend.ns));
    put(fields, "name", text(backend.name));
    put(fields, "port", number(backend.port));
    put(fields, "protocol", text(protocol_text(backend.protocol)));
    if (backend.tls) put(fields, "tls", number(*backend.tls));
    if (backend.composite) put(fields, "composite", number(*backend.composite));
    put(fields, "endpoints", list(backend.endpoints, endpoint));
    return map(fields);
}

tree::Node Encoder::composite(const Composite& composite) {
    const auto settings = [&](const tree::Value& value) {
        return tree::to_node(value, tree::Secrets::Omit, arena_);
    };
    const auto part = [&](const Composite::Part& one) {
        Fields fields;
        put(fields, "backend", number(one.backend));
        put(fields, "share", number(one.share));
        if (!one.filters.empty()) put(fields, "filters", filters(one.filters));
        put(fields, "settings", settings(*one.settings));
        return map(fields);
    };
    return map({{"kind", {}, text(kind_text(composite.kind))},
                {"settings", {}, settings(*composite.settings)},
                {"parts", {}, list(composite.parts, part)}});
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
    if (!listener.filters.empty()) put(fields, "filters", filters(listener.filters));
    if (listener.fail) put(fields, "fail", number(listener.fail->status));
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
    const auto route = [&](const RouteId& id) {
        return map({{"kind", {}, text(id.kind)},
                    {"namespace", {}, text(id.ns)},
                    {"name", {}, text(id.name)}});
    };
    const auto shown = [&](const Certificate& one) { return certificate(one); };
    Fields fields;
    put(fields, "routes", list(config.routes, route));
    put(fields, "rules", list(config.rules, [&](const Rule& one) { return rule(one); }));
    put(fields, "backends", list(config.backends, [&](const Backend& one) {
            return backend(one);
        }));
    if (!config.composites.empty()) {
        put(fields, "composites", list(config.composites, [&](const Composite& one) {
                return composite(one);
            }));
    }
    put(fields, "backendTls", list(config.backend_tls, [&](const BackendTls& one) {
            return backend_tls(one);
        }));
    put(fields, "certificates", list(config.certificates, shown));
    put(fields, "clientCertificates", list(config.client_certificates, shown));
    put(fields, "listeners", list(config.listeners, [&](const Listener& one) {
            return listener(one);
        }));
    put(fields, "streams", list(config.streams, [&](const Stream& one) { return stream(one); }));
    return map(fields);
}

tree::Node encode(const Config& config, tree::Arena& arena) {
    return Encoder(arena).config(config);
}

}  // namespace gatefile::ir
