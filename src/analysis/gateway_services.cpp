// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/gateway_services.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::analysis {

namespace {

using tree::Node;
using Fields = std::vector<tree::Entry>;
using Map = std::map<std::string, std::string>;

constexpr const char* managed_by_label = "app.kubernetes.io/managed-by";
constexpr const char* gateway_label = "gateway.networking.k8s.io/gateway-name";
constexpr const char* class_label = "gateway.networking.k8s.io/gateway-class-name";
constexpr const char* instance_annotation = "gatefile.dev/instance";
constexpr const char* gateway_annotation = "gatefile.dev/gateway";
/// Of what was applied: says whether there is anything new to apply.
constexpr const char* content_annotation = "gatefile.dev/content";

struct Port {
    std::uint16_t port = 0;
    graph::Transport transport = graph::Transport::Tcp;
    std::uint16_t target = 0;
    auto operator<=>(const Port&) const = default;
};

std::string_view protocol_of(const Port& port) {
    return port.transport == graph::Transport::Udp ? "UDP" : "TCP";
}

std::string name_of(const Port& port) {
    return fmt::format("{}-{}", port.transport == graph::Transport::Udp ? "udp" : "tcp", port.port);
}

/// The ports of the listeners that have an entry point, each once.
std::vector<Port> ports_of(const graph::Gateway& gateway, const graph::Slot& slot) {
    std::set<Port> ports;
    for (const graph::Listener& listener : gateway.listeners) {
        for (const graph::SlotPort& port : slot.ports) {
            if (!listener.entry_point.empty() && port.entry_point == listener.entry_point &&
                port.port == listener.spec->port) {
                ports.insert({port.port, port.transport, port.bound_port});
            }
        }
    }
    return {ports.begin(), ports.end()};
}

/// A label's value has at most 63 characters; a Gateway's name may have more.
std::string label_value(const std::string& name) {
    constexpr std::size_t longest = 63;
    if (name.size() <= longest) return name;
    return name.substr(0, longest - 9) + "-" + base::sha256_hex(name).substr(0, 8);
}

class Writer {
public:
    Writer(const graph::Gateway& gateway, const GatewayServiceSettings& settings)
        : gateway_(gateway), settings_(settings) {}

    ObjectWrite service(const std::string& name, const std::vector<Port>& ports) {
        std::vector<Node> items;
        for (const Port& port : ports) {
            items.push_back(map({{"name", {}, text(name_of(port))},
                                 {"protocol", {}, text(protocol_of(port))},
                                 {"port", {}, Node::integer(port.port)},
                                 {"targetPort", {}, Node::integer(port.target)}}));
        }
        const std::string type = gateway_.parameters.service_type.value_or(settings_.type);
        const Node spec = map({{"type", {}, text(type)}, {"ports", {}, list(items)}});
        return finish("Service", "v1", name, {}, {{"spec", {}, spec}});
    }

    ObjectWrite slice(const std::string& service,
                      std::string_view family,
                      const std::vector<std::string>& addresses,
                      const std::vector<Port>& ports) {
        std::vector<Node> items;
        for (const Port& port : ports) {
            items.push_back(map({{"name", {}, text(name_of(port))},
                                 {"protocol", {}, text(protocol_of(port))},
                                 {"port", {}, Node::integer(port.target)}}));
        }
        std::vector<Node> endpoints;
        for (const std::string& address : addresses) {
            endpoints.push_back(
                map({{"addresses", {}, list({text(address)})},
                     {"conditions", {}, map({{"ready", {}, Node::boolean(true)}})}}));
        }
        return finish("EndpointSlice",
                      "discovery.k8s.io/v1",
                      service + (family == "IPv6" ? "-ipv6" : "-ipv4"),
                      {{std::string(api::service_name_label), service},
                       {"endpointslice.kubernetes.io/managed-by", "gatefile.dev"}},
                      {{"addressType", {}, text(family)},
                       {"endpoints", {}, list(endpoints)},
                       {"ports", {}, list(items)}});
    }

private:
    ObjectWrite finish(const char* kind,
                       const char* version,
                       const std::string& name,
                       Map labels,
                       const Fields& fields) {
        const api::Gateway& gateway = *gateway_.spec;
        Map annotations;
        if (gateway.infrastructure) {
            labels.insert(gateway.infrastructure->labels.begin(),
                          gateway.infrastructure->labels.end());
            annotations.insert(gateway.infrastructure->annotations.begin(),
                               gateway.infrastructure->annotations.end());
        }
        labels[managed_by_label] = "gatefile";
        labels[gateway_label] = label_value(gateway.meta.name);
        labels[class_label] = label_value(gateway.gateway_class_name);
        annotations[instance_annotation] = settings_.instance;
        annotations[gateway_annotation] = gateway.meta.name;
        const auto write = [&] {
            Fields object{{"apiVersion", {}, text(version)},
                          {"kind", {}, text(kind)},
                          {"metadata", {}, metadata(name, labels, annotations)}};
            object.insert(object.end(), fields.begin(), fields.end());
            return tree::write_json(map(object), tree::JsonStyle::Compact);
        };
        annotations[content_annotation] = base::sha256_hex(write()).substr(0, 16);
        return {{kind, gateway.meta.ns, name}, write()};
    }

    Node metadata(const std::string& name, const Map& labels, const Map& annotations) {
        const api::Meta& owner = gateway_.spec->meta;
        Fields fields{{"name", {}, text(name)},
                      {"namespace", {}, text(owner.ns)},
                      {"labels", {}, map(labels)},
                      {"annotations", {}, map(annotations)}};
        if (!owner.uid.empty()) {
            // The cluster removes it with the Gateway, even when we are gone.
            const Node reference = map({{"apiVersion", {}, text("gateway.networking.k8s.io/v1")},
                                        {"kind", {}, text("Gateway")},
                                        {"name", {}, text(owner.name)},
                                        {"uid", {}, text(owner.uid)}});
            fields.push_back({"ownerReferences", {}, list({reference})});
        }
        return map(fields);
    }

    Node text(std::string_view value) { return Node::string(arena_.copy(value)); }
    Node map(const Fields& fields) { return Node::map(arena_.copy(fields)); }
    Node map(const Map& strings) {
        Fields fields;
        for (const auto& [key, value] : strings)
            fields.push_back({arena_.copy(key), {}, text(value)});
        return map(fields);
    }
    Node list(const std::vector<Node>& items) { return Node::list(arena_.copy(items)); }

    const graph::Gateway& gateway_;
    const GatewayServiceSettings& settings_;
    tree::Arena arena_;
};

std::vector<ObjectWrite> wanted_for(const graph::Gateway& gateway,
                                    const graph::Slot& slot,
                                    const GatewayServiceSettings& settings) {
    const std::vector<Port> ports = ports_of(gateway, slot);
    if (ports.empty()) return {};
    Writer writer(gateway, settings);
    const std::string name = graph::gateway_service_name(*gateway.spec);
    std::vector<ObjectWrite> wanted{writer.service(name, ports)};
    std::vector<std::string> addresses = settings.addresses;
    if (addresses.empty() && slot.address) addresses.push_back(*slot.address);
    for (const std::string_view family : {"IPv4", "IPv6"}) {
        std::vector<std::string> of_family;
        for (const std::string& address : addresses) {
            if ((address.find(':') != std::string::npos) == (family == "IPv6")) {
                of_family.push_back(address);
            }
        }
        if (!of_family.empty()) wanted.push_back(writer.slice(name, family, of_family, ports));
    }
    return wanted;
}

bool has_annotation(const api::Meta& meta, std::string_view key, std::string_view value) {
    const std::string* found = api::find(meta.annotations, key);
    return found != nullptr && *found == value;
}

bool is_ours(const api::Meta& meta, const GatewayServiceSettings& settings) {
    return is_gateway_service(meta, settings.instance);
}

/// The body carries the hash of its content as a string of its own.
bool is_applied(const api::Meta& held, const ObjectWrite& wanted) {
    const std::string* content = api::find(held.annotations, content_annotation);
    return content != nullptr && wanted.body.find("\"" + *content + "\"") != std::string::npos;
}

/// Objects of ours whose Gateway is ours no more.
template <typename Kind>
void add_leftovers(const char* kind,
                   const api::Objects<Kind>& objects,
                   const std::set<std::pair<std::string, std::string>>& gateways,
                   const GatewayServiceSettings& settings,
                   std::vector<ObjectWrite>& writes) {
    for (const Kind& object : objects) {
        const std::string* gateway = api::find(object.meta.annotations, gateway_annotation);
        if (gateway == nullptr || !is_ours(object.meta, settings)) continue;
        if (gateways.contains({object.meta.ns, *gateway})) continue;
        writes.push_back({{kind, object.meta.ns, object.meta.name}, ""});
    }
}

}  // namespace

bool is_gateway_service(const api::Meta& meta, const std::string& instance) {
    const std::string* manager = api::find(meta.labels, managed_by_label);
    return manager != nullptr && *manager == "gatefile" &&
           has_annotation(meta, instance_annotation, instance);
}

std::vector<ObjectWrite> plan_gateway_services(const graph::Graph& graph,
                                               const GatewayServiceSettings& settings) {
    std::vector<ObjectWrite> writes;
    std::set<std::pair<std::string, std::string>> gateways;
    for (const graph::Gateway& gateway : graph.gateways) {
        gateways.emplace(gateway.spec->meta.ns, gateway.spec->meta.name);
        if (!gateway.accepted || !gateway.slot) continue;
        for (ObjectWrite& wanted :
             wanted_for(gateway, graph.capabilities.slots[*gateway.slot], settings)) {
            const api::Meta* held = graph.snapshot->find_meta(wanted.object);
            if (held != nullptr && (!is_ours(*held, settings) || is_applied(*held, wanted))) {
                continue;
            }
            writes.push_back(std::move(wanted));
        }
    }
    add_leftovers("Service", graph.snapshot->services, gateways, settings, writes);
    add_leftovers("EndpointSlice", graph.snapshot->endpoint_slices, gateways, settings, writes);
    return writes;
}

}  // namespace gatefile::analysis
