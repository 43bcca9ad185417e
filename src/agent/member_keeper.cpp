// SPDX-License-Identifier: Apache-2.0
#include "member_keeper.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/publish/beside.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/value.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using tree::Value;

constexpr const char* file_name = "member-endpoints";
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
    explicit Objects(std::set<std::string_view> namespaces) : namespaces_(std::move(namespaces)) {}

    Value::List of(const api::Snapshot& member) const {
        Value::List items;
        for (const api::Service& service : member.services)
            if (namespaces_.contains(service.meta.ns)) items.push_back(encode(service));
        for (const api::EndpointSlice& slice : member.endpoint_slices)
            if (namespaces_.contains(slice.meta.ns)) items.push_back(encode(slice));
        return items;
    }

private:
    static Value meta(const api::Meta& meta) {
        Value::Map labels;
        for (const auto& [key, value] : meta.labels)
            labels.push_back({key, text(value)});
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

    std::set<std::string_view> namespaces_;
};

std::set<std::string_view> namespaces_of_backends(const api::Snapshot& home) {
    std::set<std::string_view> found;
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

/// Null where `cluster` is none.
std::shared_ptr<const api::Snapshot> objects_of(const tree::Document& document,
                                                const tree::Node& cluster) {
    const tree::Node* items = cluster.find("items");
    if (items == nullptr || !items->is_list()) return nullptr;
    api::SnapshotBuilder builder({.validate = false});
    diag::Diagnostics found;
    for (const tree::Node& item : items->items())
        builder.add({document.source, document.arena, item}, found);
    if (!found.items().empty()) return nullptr;
    return builder.finish();
}

}  // namespace

std::string write_members(const api::Snapshot& home,
                          const std::vector<api::MemberCluster>& members) {
    const Objects objects(namespaces_of_backends(home));
    Value::List clusters;
    for (const api::MemberCluster& member : members) {
        clusters.push_back({Value::Map{{"name", text(member.name)},
                                       {"items", {objects.of(*member.objects)}}}});
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
        auto objects = objects_of(*document, cluster);
        if (name == nullptr || !name->is_string() || objects == nullptr) return std::nullopt;
        members.insert_or_assign(std::string(name->as_string()), std::move(objects));
    }
    return members;
}

MemberKeeper::MemberKeeper(std::optional<std::string> directory, const Log& log)
    : directory_(std::move(directory)), log_(log) {}

MemberObjects MemberKeeper::read() {
    if (!directory_) return {};
    const auto kept = publish::read_beside(*directory_, file_name);
    if (kept && !*kept) return {};
    auto members = kept ? parse_members(**kept) : std::nullopt;
    if (!members) {
        log_.write(LogLevel::Warn,
                   "the endpoints of other clusters that were kept cannot be read",
                   {{"file", publish::path_beside(*directory_, file_name)},
                    {"error", kept ? std::string("it is damaged") : kept.error().text}});
        return {};
    }
    kept_ = base::sha256_hex(**kept);
    return std::move(*members);
}

void MemberKeeper::note(std::shared_ptr<const api::Snapshot> home,
                        std::vector<api::MemberCluster> members,
                        Clock::time_point now) {
    if (!directory_) return;
    home_ = std::move(home);
    members_ = std::move(members);
    if (!write_at_) write_at_ = now + quiet;
}

void MemberKeeper::turn(Clock::time_point now) {
    if (write_at_ && *write_at_ <= now) flush();
}

void MemberKeeper::flush() {
    if (!directory_ || !write_at_) return;
    write_at_.reset();
    const std::string kept = write_members(*home_, members_);
    const std::string hash = base::sha256_hex(kept);
    if (hash == kept_) return;
    const auto done = members_.empty() ? publish::remove_beside(*directory_, file_name)
                                       : publish::write_beside(*directory_, file_name, kept);
    if (done) {
        kept_ = hash;
        problem_.clear();
        return;
    }
    if (problem_ != done.error().text)
        log_.write(LogLevel::Error,
                   "the endpoints of other clusters are not kept; an agent that starts while one "
                   "is away would wait for it",
                   {{"error", done.error().text}});
    problem_ = done.error().text;
    write_at_ = Clock::now() + again_after;
}

}  // namespace gatefile::agent
