// SPDX-License-Identifier: Apache-2.0
#include "core_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "endpoint_address.hpp"
#include "gatefile/base/strings.hpp"
#include "metadata.hpp"
#include "names.hpp"

namespace gatefile::api::schema {

namespace {

using diag::Code;

constexpr std::size_t data_limit = 1024 * 1024;

std::string_view text_of(const tree::Node& map, std::string_view key) {
    const tree::Node* found = map.find(key);
    return found ? found->as_string() : std::string_view();
}

std::span<const tree::Node> items_of(const tree::Node& map, std::string_view key) {
    const tree::Node* found = map.find(key);
    return found ? found->items() : std::span<const tree::Node>();
}

std::span<const tree::Entry> entries_of(const tree::Node& map, std::string_view key) {
    const tree::Node* found = map.find(key);
    return found ? found->entries() : std::span<const tree::Entry>();
}

void report(const Reasons& reasons, std::string_view value, const Link& at, Faults& faults) {
    for (const std::string& reason : reasons) {
        faults.add(Code::InvalidValue, at, invalid(tree::Node::string(value), reason));
    }
}

/// util/validation.IsValidPortName
Reasons port_name_reasons(std::string_view name) {
    Reasons reasons;
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_allowed = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
    };
    if (name.size() > 15) reasons.emplace_back("must be no more than 15 characters");
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_allowed)) {
        reasons.emplace_back(
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if (std::none_of(name.begin(), name.end(), is_letter)) {
        reasons.emplace_back("must contain at least one letter (a-z)");
    }
    if (name.find("--") != name.npos) reasons.emplace_back("must not contain consecutive hyphens");
    if (name.starts_with('-') || name.ends_with('-')) {
        reasons.emplace_back("must not begin or end with a hyphen");
    }
    return reasons;
}

void check_app_protocol(const tree::Node& port, const Link& at, Faults& faults) {
    const tree::Node* protocol = port.find("appProtocol");
    if (!protocol || is_qualified_name(protocol->as_string())) return;
    report(qualified_name_reasons(protocol->as_string()),
           protocol->as_string(),
           at / "appProtocol",
           faults);
}

void check_target_port(const tree::Node& port, const Link& at, Faults& faults) {
    const tree::Node* target = port.find("targetPort");
    if (!target) return;
    // 0 is the port itself, as if it were absent.
    if (target->is_string()) {
        report(
            port_name_reasons(target->as_string()), target->as_string(), at / "targetPort", faults);
    } else if (target->as_int() < 0 || target->as_int() > 65535) {
        faults.add(Code::InvalidValue,
                   at / "targetPort",
                   invalid(*target, "must be between 1 and 65535, inclusive"));
    }
}

void check_service_port(const tree::Node& port,
                        bool must_have_name,
                        bool may_have_node_port,
                        const Link& at,
                        Faults& faults) {
    const std::string_view name = text_of(port, "name");
    if (name.empty()) {
        if (must_have_name) faults.add(Code::MissingField, at / "name", required());
    } else if (!is_dns1123_label(name)) {
        report(dns1123_label_reasons(name), name, at / "name", faults);
    }
    check_target_port(port, at, faults);
    check_app_protocol(port, at, faults);
    const tree::Node* node_port = port.find("nodePort");
    if (node_port && node_port->as_int() != 0 && !may_have_node_port) {
        faults.add(Code::InvalidValue,
                   at / "nodePort",
                   forbidden("may not be used when `type` is 'ClusterIP'"));
    }
}

/// The indices of items whose key an earlier item has, too; in no order.
template <typename Key>
std::vector<std::size_t> repeated(std::vector<std::pair<Key, std::size_t>> keys) {
    std::sort(keys.begin(), keys.end());
    std::vector<std::size_t> found;
    for (std::size_t i = 1; i < keys.size(); ++i) {
        if (keys[i - 1].first == keys[i].first) found.push_back(keys[i].second);
    }
    return found;
}

/// Names, and pairs of protocol and port, occur once.
void check_service_ports_unique(std::span<const tree::Node> ports, const Link& at, Faults& faults) {
    using Target = std::pair<std::string_view, std::int64_t>;
    std::vector<std::pair<std::string_view, std::size_t>> names;
    std::vector<std::pair<Target, std::size_t>> targets;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const std::string_view name = text_of(ports[i], "name");
        if (!name.empty()) names.emplace_back(name, i);
        const std::int64_t port = ports[i].find("port")->as_int();
        targets.emplace_back(Target{text_of(ports[i], "protocol"), port}, i);
    }
    for (const std::size_t i : repeated(std::move(names))) {
        const Link port_at = at / i;
        faults.add(Code::DuplicateItem, port_at / "name", duplicate(show(*ports[i].find("name"))));
    }
    for (const std::size_t i : repeated(std::move(targets))) {
        const std::string shown = fmt::format("{{\"protocol\":\"{}\",\"port\":{}}}",
                                              text_of(ports[i], "protocol"),
                                              ports[i].find("port")->as_int());
        faults.add(Code::DuplicateItem, at / i, duplicate(shown));
    }
}

void check_ip_families(const tree::Node& spec, const Link& at, Faults& faults) {
    std::vector<std::pair<std::string_view, std::size_t>> families;
    const std::span<const tree::Node> items = items_of(spec, "ipFamilies");
    for (std::size_t i = 0; i < items.size(); ++i)
        families.emplace_back(items[i].as_string(), i);
    const Link families_at = at / "ipFamilies";
    for (const std::size_t i : repeated(std::move(families)))
        faults.add(Code::DuplicateItem, families_at / i, duplicate(show(items[i])));
}

void check_health_check_port(const tree::Node& spec, const Link& at, Faults& faults) {
    const tree::Node* port = spec.find("healthCheckNodePort");
    if (!port || port->as_int() == 0) return;
    const bool is_used = text_of(spec, "type") == "LoadBalancer" &&
                         text_of(spec, "externalTrafficPolicy") == "Local";
    const char* const reason = !is_used ? "may only be set when `type` is 'LoadBalancer' and "
                                          "`externalTrafficPolicy` is 'Local'"
                                        : "must be between 1 and 65535, inclusive";
    if (is_used && port->as_int() <= 65535) return;
    faults.add(Code::InvalidValue, at / "healthCheckNodePort", invalid(*port, reason));
}

void check_external_name(const tree::Node& spec, const Link& at, Faults& faults) {
    std::string_view name = text_of(spec, "externalName");
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty()) {
        faults.add(Code::MissingField, at / "externalName", required());
    } else if (!is_dns1123_subdomain(name)) {
        report(dns1123_subdomain_reasons(name), name, at / "externalName", faults);
    }
}

void check_service(const tree::Node& object, Faults& faults) {
    const Link root;
    const Link at = root / "spec";
    const tree::Node* spec = object.find("spec");
    if (!spec) {
        faults.add(Code::MissingField, at / "ports", required());
        return;
    }
    const std::string_view type = text_of(*spec, "type");
    const std::string_view cluster_ip = text_of(*spec, "clusterIP");
    const bool headless = cluster_ip == "None";
    const std::span<const tree::Node> ports = items_of(*spec, "ports");
    if (ports.empty() && !headless && type != "ExternalName") {
        faults.add(Code::MissingField, at / "ports", required());
    }
    const Link ports_at = at / "ports";
    for (std::size_t i = 0; i < ports.size() && !faults.full(); ++i) {
        check_service_port(ports[i], ports.size() > 1, type != "ClusterIP", ports_at / i, faults);
    }
    check_service_ports_unique(ports, ports_at, faults);
    check_ip_families(*spec, at, faults);
    check_health_check_port(*spec, at, faults);
    if (type == "ExternalName") check_external_name(*spec, at, faults);
    if (!cluster_ip.empty() && !headless && !parse_address(cluster_ip)) {
        faults.add(Code::InvalidValue,
                   at / "clusterIP",
                   invalid(tree::Node::string(cluster_ip),
                           "must be empty, 'None', or a valid IP address"));
    }
    if (const tree::Node* selector = spec->find("selector")) {
        check_labels(*selector, at / "selector", faults);
    }
}

void check_endpoint_slice(const tree::Node& object, Faults& faults) {
    const Link root;
    const std::string_view type = text_of(object, "addressType");
    const std::span<const tree::Node> endpoints = items_of(object, "endpoints");
    const Link endpoints_at = root / "endpoints";
    for (std::size_t i = 0; i < endpoints.size() && !faults.full(); ++i) {
        const Link endpoint_at = endpoints_at / i;
        const Link addresses_at = endpoint_at / "addresses";
        std::size_t index = 0;
        for (const tree::Node& address : items_of(endpoints[i], "addresses")) {
            report(address_reasons(address.as_string(), type),
                   address.as_string(),
                   addresses_at / index,
                   faults);
            ++index;
        }
    }
    const std::span<const tree::Node> ports = items_of(object, "ports");
    const Link ports_at = root / "ports";
    for (std::size_t i = 0; i < ports.size() && !faults.full(); ++i) {
        const Link port_at = ports_at / i;
        const std::string_view name = text_of(ports[i], "name");
        if (!name.empty() && !is_dns1123_label(name)) {
            report(dns1123_label_reasons(name), name, port_at / "name", faults);
        }
        check_app_protocol(ports[i], port_at, faults);
    }
}

/// The keys of one map of data; returns the bytes of its values.
std::size_t
check_data_keys(const tree::Node& object, std::string_view field, bool encoded, Faults& faults) {
    const Link root;
    const Link at = root / field;
    std::size_t bytes = 0;
    for (const tree::Entry& entry : entries_of(object, field)) {
        const std::size_t size = entry.value.as_string().size();
        bytes += encoded ? size / 4 * 3 : size;
        if (is_config_map_key(entry.key)) continue;
        report(config_map_key_reasons(entry.key), entry.key, at / entry.key, faults);
    }
    return bytes;
}

void check_data_size(std::size_t bytes, Faults& faults) {
    const Link root;
    if (bytes > data_limit) faults.add(Code::InvalidValue, root / "data", too_long(data_limit));
}

struct RequiredKeys {
    std::string_view type;
    std::array<std::string_view, 2> keys;  ///< the second may be empty
};

constexpr std::array<RequiredKeys, 4> required_keys = {{
    {"kubernetes.io/tls", {"tls.crt", "tls.key"}},
    {"kubernetes.io/ssh-auth", {"ssh-privatekey", ""}},
    {"kubernetes.io/dockercfg", {".dockercfg", ""}},
    {"kubernetes.io/dockerconfigjson", {".dockerconfigjson", ""}},
}};

bool has_key(const tree::Node& secret, std::string_view key) {
    for (const std::string_view field : {"data", "stringData"}) {
        const tree::Node* map = secret.find(field);
        if (map && map->find(key)) return true;
    }
    return false;
}

void check_secret(const tree::Node& object, Faults& faults) {
    check_data_size(check_data_keys(object, "data", true, faults) +
                        check_data_keys(object, "stringData", false, faults),
                    faults);
    const std::string_view type = text_of(object, "type");
    const Link root;
    const Link data = root / "data";
    if (type == "kubernetes.io/basic-auth" && !has_key(object, "username") &&
        !has_key(object, "password")) {
        faults.add(Code::MissingField, data / "username", required());
        faults.add(Code::MissingField, data / "password", required());
    }
    for (const RequiredKeys& each : required_keys) {
        if (each.type != type) continue;
        for (const std::string_view key : each.keys) {
            if (key.empty() || has_key(object, key)) continue;
            faults.add(Code::MissingField, data / key, required());
        }
    }
}

void check_config_map(const tree::Node& object, Faults& faults) {
    check_data_size(check_data_keys(object, "data", false, faults) +
                        check_data_keys(object, "binaryData", true, faults),
                    faults);
    const Link root;
    const Link data = root / "data";
    std::vector<std::string_view> binary;
    for (const tree::Entry& entry : entries_of(object, "binaryData"))
        binary.push_back(entry.key);
    std::sort(binary.begin(), binary.end());
    for (const tree::Entry& entry : entries_of(object, "data")) {
        if (!std::binary_search(binary.begin(), binary.end(), entry.key)) continue;
        faults.add(
            Code::InvalidValue,
            data / entry.key,
            invalid(tree::Node::string(entry.key), "duplicate of key present in binaryData"));
    }
}

}  // namespace

void check_core_rules(const tree::Node& object, const KnownKind& kind, Faults& faults) {
    if (kind.kind == "Service") check_service(object, faults);
    if (kind.kind == "EndpointSlice") check_endpoint_slice(object, faults);
    if (kind.kind == "Secret") check_secret(object, faults);
    if (kind.kind == "ConfigMap") check_config_map(object, faults);
}

}  // namespace gatefile::api::schema
