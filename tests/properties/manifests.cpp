// SPDX-License-Identifier: Apache-2.0
#include "manifests.hpp"

#include <initializer_list>
#include <utility>
#include <vector>

#include "clients.hpp"
#include "encode.hpp"
#include "gatefile/tree/write.hpp"
#include "key_pairs.hpp"

namespace gatefile::properties {
namespace {

using tree::Value;

Value encode(const api::ListenerTls& tls) {
    if (tls.mode == api::TlsMode::Passthrough) return map({{"mode", text("Passthrough")}});
    Value out = map({{"certificateRefs", list(tls.certificate_refs, [](const auto& ref) {
                          return map({{"name", text(ref.name)}});
                      })}});
    if (!tls.options.empty()) {
        Value options;
        for (const auto& [key, value] : tls.options)
            set(options, key, text(value));
        set(out, "options", std::move(options));
    }
    return out;
}

Value encode(const api::Listener& listener) {
    Value out = map({{"name", text(listener.name)},
                     {"port", number(listener.port)},
                     {"protocol", text(listener.protocol)},
                     {"allowedRoutes", map({{"namespaces", map({{"from", text("All")}})}})}});
    if (listener.hostname) set(out, "hostname", text(*listener.hostname));
    if (listener.tls) set(out, "tls", encode(*listener.tls));
    if (!listener.filters.empty()) {
        set(out, "filters", map({{"requests", list(listener.filters, [](const auto& one) {
                                      return properties::encode(one);
                                  })}}));
    }
    return out;
}

Value encode(const api::FrontendValidation& validation) {
    const auto ref = [](const api::ObjectReference& one) {
        return map({{"group", text(one.group)}, {"kind", text(one.kind)}, {"name", text(one.name)}});
    };
    return map({{"mode", text(validation.mode)},
                {"caCertificateRefs", list(validation.ca_certificate_refs, ref)}});
}

Value encode(const api::GatewayTls& tls) {
    const auto settings = [](const std::optional<api::FrontendValidation>& validation) {
        Value out;
        if (validation) set(out, "validation", encode(*validation));
        return out;
    };
    Value frontend = map({{"default", settings(tls.frontend_default)}});
    if (!tls.frontend_per_port.empty()) {
        set(frontend, "perPort", list(tls.frontend_per_port, [&](const auto& one) {
                return map({{"port", number(one.port)}, {"tls", settings(one.validation)}});
            }));
    }
    return map({{"frontend", std::move(frontend)}});
}

Value encode(const api::Gateway& gateway) {
    Value out = object(
        "gateway.networking.k8s.io/v1", "Gateway", gateway.meta.ns, gateway.meta.name);
    Value spec =
        map({{"gatewayClassName", text("gatefile")},
             {"listeners", list(gateway.listeners, [](const auto& one) { return encode(one); })}});
    if (gateway.tls) set(spec, "tls", encode(*gateway.tls));
    set(out, "spec", std::move(spec));
    return out;
}

Value service(const Service& from) {
    Value port = map({{"name", text("main")}, {"port", number(80)}});
    if (from.h2c) set(port, "appProtocol", text("kubernetes.io/h2c"));
    Value out = object("v1", "Service", from.ns, from.name);
    set(out, "spec", map({{"ports", {.data = Value::List{std::move(port)}}}}));
    return out;
}

Value endpoints(const Service& from) {
    Value out = object("discovery.k8s.io/v1", "EndpointSlice", from.ns, from.name);
    set(out,
        "metadata",
        map({{"name", text(from.name)},
             {"namespace", text(from.ns)},
             {"labels", map({{"kubernetes.io/service-name", text(from.name)}})}}));
    set(out, "addressType", text("IPv4"));
    Value port = map({{"name", text("main")}, {"port", number(from.port)}});
    set(out, "ports", {.data = Value::List{std::move(port)}});
    Value::List all;
    if (!from.address.empty())
        all.push_back(map({{"addresses", {.data = Value::List{text(from.address)}}}}));
    set(out, "endpoints", {.data = std::move(all)});
    return out;
}

Value secret(std::size_t place) {
    Value out = object("v1", "Secret", "infra", "c" + std::to_string(place));
    set(out, "type", text("kubernetes.io/tls"));
    set(out,
        "stringData",
        map({{"tls.crt", text(key_pairs[place].certificate)},
             {"tls.key", text(key_pairs[place].key)}}));
    return out;
}

Value authority(const Client& client) {
    Value out = object("v1", "ConfigMap", "infra", "ca-" + std::string(client.name));
    set(out, "data", map({{"ca.crt", text(client.authority)}}));
    return out;
}

Value middleware(std::string_view name, std::string_view type, Value settings) {
    Value out = object("traefik.io/v1alpha1", "Middleware", "infra", name);
    set(out, "spec", map({{type, std::move(settings)}}));
    return out;
}

Value headers(std::string_view name, Value set) {
    return middleware(name, "headers", map({{"customRequestHeaders", std::move(set)}}));
}

Value texts(std::initializer_list<std::string_view> all) {
    return list(all, [](std::string_view one) { return text(one); });
}

/// What filters of listeners name. Of "deny" it is known that it answers 403 here.
std::vector<Value> middlewares() {
    return {headers("mark", map({{"X-Listener", text("mark")}, {"Version", text("2")}})),
            headers("change", map({{"X-A", text("1")}, {"X-B", text("")}})),
            middleware("prefix", "addPrefix", map({{"prefix", text("/a")}})),
            middleware("strip", "stripPrefix", map({{"prefixes", texts({"/ab", "/a", "/b"})}})),
            middleware("deny", "ipAllowList", map({{"sourceRange", texts({"192.0.2.0/24"})}}))};
}

Value gateway_class() {
    return map({{"apiVersion", text("gateway.networking.k8s.io/v1")},
                {"kind", text("GatewayClass")},
                {"metadata", map({{"name", text("gatefile")}})},
                {"spec", map({{"controllerName", text("gatefile.dev/gateway-controller")}})}});
}

}  // namespace

std::string manifests(const Cluster& cluster) {
    std::string out;
    tree::Arena arena;
    const auto add = [&](const Value& value) {
        out += "---\n" + tree::write_yaml(to_node(value, tree::Secrets::Reveal, arena),
                                          tree::Templates::Plain);
    };
    add(gateway_class());
    for (std::size_t i = 0; i < key_pairs.size(); ++i)
        add(secret(i));
    for (const auto& gateway : cluster.gateways)
        add(encode(*gateway));
    for (const Client& client : clients)
        add(authority(client));
    for (const Value& one : middlewares())
        add(one);
    for (const auto& route : cluster.routes)
        add(encode(*route));
    for (const auto& route : cluster.grpc_routes)
        add(encode(*route));
    for (const auto& route : cluster.tls_routes)
        add(encode(*route));
    for (const Service& one : cluster.services) {
        add(service(one));
        add(endpoints(one));
    }
    return out;
}

}  // namespace gatefile::properties
