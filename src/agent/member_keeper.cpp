// SPDX-License-Identifier: Apache-2.0
#include "member_keeper.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gatefile/api/store.hpp"
#include "gatefile/source/cluster.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/value.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using tree::Value;

constexpr KeptText::Words kept_words{
    .file_name = "member-endpoints",
    .not_read = "the endpoints of other clusters that were kept cannot be read",
    .not_kept = "the endpoints of other clusters are not kept; an agent that starts while one is "
                "away would wait for it"};
constexpr std::string_view first_line = "gatefile member endpoints 1\n";
/// Pods come and go all day, and each writing has all of them.
constexpr auto quiet = 5s;
constexpr auto again_after = 30s;

Value text(std::string_view value) {
    return {std::string(value)};
}

Value number(std::int64_t value) {
    return {value};
}

/// As the API server writes them, so that they are decoded like its own.
class Objects {
public:
    explicit Objects(const std::set<std::string>& namespaces) : namespaces_(namespaces) {}

    Value::List of(const MemberToKeep& member) const {
        const auto counts = [&](const api::Meta& meta) {
            return member.is_from_before || namespaces_.contains(meta.ns);
        };
        Value::List items;
        for (const api::Service& service : member.objects->services)
            if (counts(service.meta)) items.push_back(encode(service));
        for (const api::EndpointSlice& slice : member.objects->endpoint_slices)
            if (counts(slice.meta)) items.push_back(encode(slice));
        return items;
    }

private:
    static Value meta(const api::Meta& meta) {
        Value::Map labels;
        if (const std::string* service = api::find(meta.labels, api::service_name_label))
            labels.push_back({std::string(api::service_name_label), text(*service)});
        return {Value::Map{{"name", text(meta.name)},
                           {"namespace", text(meta.ns)},
                           {"labels", {std::move(labels)}}}};
    }

    static Value encode(const api::Service& service) {
        Value::List ports;
        for (const api::ServicePort& port : service.ports) {
            Value::Map map{{"name", text(port.name)},
                           {"port", number(port.port)},
                           {"protocol", text(port.protocol)}};
            if (port.app_protocol) map.push_back({"appProtocol", text(*port.app_protocol)});
            if (port.target_port) map.push_back({"targetPort", number(*port.target_port)});
            if (port.target_port_name)
                map.push_back({"targetPort", text(*port.target_port_name)});
            if (port.node_port) map.push_back({"nodePort", number(*port.node_port)});
            ports.push_back({std::move(map)});
        }
        Value::List addresses;
        // What it is, an address or a name, is not asked where it is read.
        for (const std::string& address : service.load_balancer)
            addresses.push_back({Value::Map{{"hostname", text(address)}}});
        Value::Map spec{{"type", text(service.type)}, {"ports", {std::move(ports)}}};
        if (service.cluster_ip) spec.push_back({"clusterIP", text(*service.cluster_ip)});
        if (service.external_name) spec.push_back({"externalName", text(*service.external_name)});
        Value status{Value::Map{
            {"loadBalancer", {Value::Map{{"ingress", {std::move(addresses)}}}}}}};
        return {Value::Map{{"apiVersion", text("v1")},
                           {"kind", text("Service")},
                           {"metadata", meta(service.meta)},
                           {"spec", {std::move(spec)}},
                           {"status", std::move(status)}}};
    }

    static Value encode(const api::EndpointSlice& slice) {
        Value::List endpoints;
        for (const api::Endpoint& endpoint : slice.endpoints) {
            Value::List addresses;
            for (const std::string& address : endpoint.addresses)
                addresses.push_back(text(address));
            endpoints.push_back(
                {Value::Map{{"addresses", {std::move(addresses)}},
                            {"conditions",
                             {Value::Map{{"ready", {endpoint.ready}},
                                         {"serving", {endpoint.serving}},
                                         {"terminating", {endpoint.terminating}}}}}}});
        }
        Value::List ports;
        for (const api::EndpointPort& port : slice.ports) {
            Value::Map map{{"name", text(port.name)}, {"protocol", text(port.protocol)}};
            if (port.port) map.push_back({"port", number(*port.port)});
            if (port.app_protocol) map.push_back({"appProtocol", text(*port.app_protocol)});
            ports.push_back({std::move(map)});
        }
        return {Value::Map{{"apiVersion", text("discovery.k8s.io/v1")},
                           {"kind", text("EndpointSlice")},
                           {"metadata", meta(slice.meta)},
                           {"addressType", text(slice.address_type)},
                           {"endpoints", {std::move(endpoints)}},
                           {"ports", {std::move(ports)}}}};
    }

    const std::set<std::string>& namespaces_;
};

/// Null where `cluster` is none.
std::shared_ptr<const api::Snapshot> objects_of(const tree::Node& cluster) {
    const tree::Node* items = cluster.find("items");
    if (items == nullptr || !items->is_list()) return nullptr;
    api::ObjectStore store;
    for (const tree::Node& item : items->items()) {
        const tree::Node* kind = item.find("kind");
        if (kind == nullptr || !kind->is_string()) return nullptr;
        if (std::ranges::find(source::member_kinds, kind->as_string()) ==
            source::member_kinds.end())
            return nullptr;
        diag::Diagnostics found;
        auto object = api::decode_object(kind->as_string(), item, found);
        if (!object) return nullptr;
        store.put(std::move(*object));
    }
    return store.snapshot();
}

bool have_same(const MemberToKeep& a, const MemberToKeep& b) {
    return a.name == b.name && a.objects->services.pointers() == b.objects->services.pointers();
}

}  // namespace

std::set<std::string> namespaces_of_backends(const api::Snapshot& home) {
    std::set<std::string> found;
    const auto take = [&found](const auto& objects) {
        for (const auto& object : objects)
            found.insert(object.meta.ns);
    };
    take(home.http_routes);
    take(home.grpc_routes);
    take(home.tls_routes);
    take(home.tcp_routes);
    take(home.udp_routes);
    take(home.reference_grants);
    return found;
}

std::string write_members(const std::set<std::string>& namespaces,
                          const std::vector<MemberToKeep>& members) {
    const Objects objects(namespaces);
    Value::List clusters;
    for (const MemberToKeep& member : members) {
        clusters.push_back(
            {Value::Map{{"name", text(member.name)}, {"items", {objects.of(member)}}}});
    }
    tree::Arena arena;
    const Value root{Value::Map{{"clusters", {std::move(clusters)}}}};
    return std::string(first_line) +
           tree::write_json(tree::to_node(root, tree::Secrets::Omit, arena),
                            tree::JsonStyle::Compact);
}

std::optional<MemberObjects> parse_members(std::string_view kept) {
    if (!kept.starts_with(first_line)) return std::nullopt;
    const auto document = tree::read_json(kept.substr(first_line.size()));
    if (!document) return std::nullopt;
    const tree::Node* clusters = document->root.find("clusters");
    if (clusters == nullptr || !clusters->is_list()) return std::nullopt;
    MemberObjects members;
    for (const tree::Node& cluster : clusters->items()) {
        const tree::Node* name = cluster.find("name");
        auto objects = objects_of(cluster);
        if (name == nullptr || !name->is_string() || objects == nullptr) return std::nullopt;
        members.insert_or_assign(std::string(name->as_string()), std::move(objects));
    }
    return members;
}

MemberKeeper::MemberKeeper(std::optional<std::string> directory, const Log& log)
    // What is old would be taken for all that there was; without it nothing is waited for.
    : kept_(std::move(directory), kept_words, KeptText::Old::Misleads, log) {}

MemberObjects MemberKeeper::read() {
    return kept_.read(parse_members).value_or(MemberObjects());
}

bool MemberKeeper::is_same(const std::vector<MemberToKeep>& members) const {
    return std::ranges::equal(members, members_, [](const auto& a, const auto& b) {
        return have_same(a, b) &&
               a.objects->endpoint_slices.pointers() == b.objects->endpoint_slices.pointers();
    });
}

void MemberKeeper::note(const api::Snapshot& home,
                        std::vector<MemberToKeep> members,
                        Clock::time_point now) {
    std::set<std::string> namespaces = namespaces_of_backends(home);
    const bool is_wider =
        namespaces != namespaces_ || !std::ranges::equal(members, members_, have_same);
    if (!is_wider && is_same(members)) return;
    namespaces_ = std::move(namespaces);
    members_ = std::move(members);
    if (is_wider) {
        write_at_ = now;
    } else if (!write_at_) {
        write_at_ = now + quiet;
    }
}

void MemberKeeper::turn(Clock::time_point now) {
    if (write_at_ && *write_at_ <= now) flush();
}

void MemberKeeper::flush() {
    if (!write_at_ || !kept_.is_on()) return;
    write_at_.reset();
    std::optional<std::string> text;
    if (!members_.empty()) text = write_members(namespaces_, members_);
    if (!kept_.keep(text)) write_at_ = Clock::now() + again_after;
}

}  // namespace gatefile::agent
