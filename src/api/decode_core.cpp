// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "decode.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api {

namespace {

/// targetPort is an IntOrString.
void decode_target_port(const Cursor& at, ServicePort& port) {
    const tree::Node* target = at.node().find("targetPort");
    if (target != nullptr && target->is_string()) {
        port.target_port_name = std::string(target->as_string());
    } else {
        const auto number = at.integer("targetPort", 0, std::numeric_limits<std::uint16_t>::max());
        // The server stores 0 for "as port" in objects that were never defaulted.
        if (number && *number > 0) port.target_port = static_cast<std::uint16_t>(*number);
    }
}

ServicePort decode_service_port(const Cursor& at) {
    ServicePort port;
    port.name = at.text("name");
    port.port = at.port("port").value_or(0);
    port.protocol = at.optional_text("protocol").value_or("TCP");
    port.app_protocol = at.optional_text("appProtocol");
    decode_target_port(at, port);
    const auto node_port = at.integer("nodePort", 0, std::numeric_limits<std::uint16_t>::max());
    if (node_port && *node_port > 0) port.node_port = static_cast<std::uint16_t>(*node_port);
    return port;
}

std::string decode_ingress(const Cursor& at) {
    std::string ip = at.text("ip");
    return ip.empty() ? at.text("hostname") : ip;
}

std::vector<std::string> decode_load_balancer(const Cursor& status) {
    return status
        .object("loadBalancer", [](const Cursor& at) { return at.list("ingress", decode_ingress); })
        .value_or(std::vector<std::string>{});
}

Endpoint decode_endpoint(const Cursor& at) {
    Endpoint endpoint;
    endpoint.addresses = at.texts("addresses");
    at.object("conditions", [&endpoint](const Cursor& conditions) {
        endpoint.ready = conditions.boolean("ready").value_or(true);
        endpoint.serving = conditions.boolean("serving").value_or(endpoint.ready);
        endpoint.terminating = conditions.boolean("terminating").value_or(false);
        return true;
    });
    return endpoint;
}

EndpointPort decode_endpoint_port(const Cursor& at) {
    EndpointPort port;
    port.name = at.text("name");
    port.port = at.port("port");
    port.protocol = at.optional_text("protocol").value_or("TCP");
    port.app_protocol = at.optional_text("appProtocol");
    return port;
}

using SecretData = std::vector<std::pair<std::string, base::SecretBytes>>;

/// Values never reach a message: not even a wrong one, which may be a key without its base64.
SecretData decode_secret_data(const Cursor& data) {
    SecretData decoded;
    decoded.reserve(data.node().entries().size());
    for (const tree::Entry& entry : data.node().entries()) {
        if (entry.value.is_null()) {
            decoded.emplace_back(entry.key, base::SecretBytes());
            continue;
        }
        const tree::Node* value = data.value(entry.key, tree::Kind::String);
        if (value == nullptr) continue;
        std::optional<std::string> bytes = base::decode_base64(value->as_string());
        if (bytes) {
            decoded.emplace_back(entry.key, base::SecretBytes(std::move(*bytes)));
        } else {
            data.report(diag::Code::InvalidValue, entry.key, "illegal base64 data");
        }
    }
    return decoded;
}

SecretData decode_secret_strings(const Cursor& strings) {
    SecretData decoded;
    decoded.reserve(strings.node().entries().size());
    for (const tree::Entry& entry : strings.node().entries()) {
        const tree::Node* value = strings.value(entry.key, tree::Kind::String);
        decoded.emplace_back(
            entry.key,
            base::SecretBytes(value == nullptr ? std::string() : std::string(value->as_string())));
    }
    return decoded;
}

}  // namespace

const base::SecretBytes* Secret::find(std::string_view key) const {
    const auto found = std::lower_bound(
        data.begin(), data.end(), key, [](const auto& entry, std::string_view wanted) {
            return entry.first < wanted;
        });
    return found != data.end() && found->first == key ? &found->second : nullptr;
}

bool Secret::is_redacted() const {
    const std::string* value = api::find(meta.annotations, redacted_annotation);
    return value != nullptr && *value == "true";
}

Namespace decode_namespace(const Cursor&, Meta meta) {
    return {.meta = std::move(meta)};
}

Service decode_service(const Cursor& object, Meta meta) {
    Service service{.meta = std::move(meta)};
    object.object("spec", [&service](const Cursor& spec) {
        service.type = spec.optional_text("type").value_or("ClusterIP");
        service.cluster_ip = spec.optional_text("clusterIP");
        service.external_name = spec.optional_text("externalName");
        service.ports = spec.list("ports", decode_service_port);
        return true;
    });
    if (auto addresses = object.object("status", decode_load_balancer)) {
        service.load_balancer = std::move(*addresses);
    }
    return service;
}

EndpointSlice decode_endpoint_slice(const Cursor& object, Meta meta) {
    return {.meta = std::move(meta),
            .address_type = object.text("addressType"),
            .endpoints = object.list("endpoints", decode_endpoint),
            .ports = object.list("ports", decode_endpoint_port)};
}

Secret decode_secret(const Cursor& object, Meta meta) {
    Secret secret{.meta = std::move(meta),
                  .type = object.optional_text("type").value_or("Opaque"),
                  .data =
                      object.object("stringData", decode_secret_strings).value_or(SecretData{})};
    SecretData encoded = object.object("data", decode_secret_data).value_or(SecretData{});
    // stringData comes first, so that the stable sort and unique below keep its values.
    std::move(encoded.begin(), encoded.end(), std::back_inserter(secret.data));
    std::stable_sort(secret.data.begin(), secret.data.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
    });
    const auto end = std::unique(secret.data.begin(),
                                 secret.data.end(),
                                 [](const auto& a, const auto& b) { return a.first == b.first; });
    secret.data.erase(end, secret.data.end());
    return secret;
}

ConfigMap decode_config_map(const Cursor& object, Meta meta) {
    return {.meta = std::move(meta), .data = object.text_map("data")};
}

}  // namespace gatefile::api
