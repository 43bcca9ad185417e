// SPDX-License-Identifier: Apache-2.0
#include "cluster_removal.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "gatefile/agent/lease.hpp"
#include "gatefile/analysis/gateway_services.hpp"
#include "gatefile/api/objects.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/source/cluster.hpp"
#include "gatefile/status/removal.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "ownership.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using tree::Node;

/// An agent renews the leader's Lease every 2 s and its own every 5 s.
constexpr auto watch_time = 8s;
constexpr auto watch_pause = 500ms;

struct Text {
    std::string api_version;
    std::string json;
};

struct Reading {
    std::map<diag::ObjectRef, Text> texts;
    std::shared_ptr<const api::Snapshot> snapshot;
};

/// In the order in which they are told of.
bool has_status(std::string_view kind) {
    return kind == "GatewayClass" || kind == "Gateway" || kind == "ListenerSet" ||
           kind == "BackendTLSPolicy" || kind.ends_with("Route");
}

std::string_view string_at(const Node& map, std::string_view key) {
    const Node* value = map.find(key);
    return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

/// To be sent with a DELETE: only this object, and only as it was read.
std::string delete_options(const Node& object) {
    const Node* metadata = object.find("metadata");
    const Node none = Node::map({});
    const Node& meta = metadata != nullptr ? *metadata : none;
    tree::Arena arena;
    const std::vector<tree::Entry> guards{
        {"uid", {}, Node::string(string_at(meta, "uid"))},
        {"resourceVersion", {}, Node::string(string_at(meta, "resourceVersion"))}};
    const std::vector<tree::Entry> options{{"apiVersion", {}, Node::string("v1")},
                                           {"kind", {}, Node::string("DeleteOptions")},
                                           {"preconditions", {}, Node::map(guards)}};
    return tree::write_json(Node::map(options), tree::JsonStyle::Compact);
}

source::ApiCall delete_call(source::Action action, std::string path, const Node& object) {
    action.verb = "delete";
    return {
        .action = std::move(action), .path = std::move(path), .body = delete_options(object)};
}

}  // namespace

struct ClusterRemoval::State {
    const CleanupSettings& settings;
    source::Access access;
    http::Client client;
    source::ApiServer server;

    State(const CleanupSettings& cleanup, source::Access opened, http::Client made)
        : settings(cleanup), access(std::move(opened)), client(std::move(made)),
          server(client, access, {}) {}

    source::ApiAnswer ask(source::ApiCall call);
    base::Result<Reading> read(std::vector<std::string>& left);
    Scope scope() const { return {settings.selection, settings.watch_namespaces}; }
    /// Who serves its Gateway now may have written all that its status says.
    bool has_another_controller(const api::Snapshot& snapshot, const api::ListenerSet& set) const;
    bool is_ours(const diag::ObjectRef& object,
                 const Reading& reading,
                 const Node& text,
                 const status::OwnsGateway& owns) const;
    void plan_statuses(const Reading& reading,
                       std::vector<Step>& steps,
                       std::vector<std::string>& left) const;
    bool is_left(const diag::ObjectRef& object, const Reading& reading, const Node& text) const;
    void plan_services(const Reading& reading, std::vector<Step>& steps) const;
    base::Result<void> plan_leases(std::vector<Step>& steps);
    base::Result<std::vector<tree::Document>> leases();
    std::string lease_namespace() const {
        return settings.lease->ns.empty() ? access.default_namespace() : settings.lease->ns;
    }
};

source::ApiAnswer ClusterRemoval::State::ask(source::ApiCall call) {
    std::optional<source::ApiAnswer> answer;
    server.call(std::move(call), [&answer](source::ApiAnswer given) { answer = std::move(given); });
    while (!answer) {
        pollfd fd{client.fd(), POLLIN, 0};
        ::poll(&fd, 1, 50);
        client.turn();
    }
    return std::move(*answer);
}

base::Result<Reading> ClusterRemoval::State::read(std::vector<std::string>& left) {
    Reading reading;
    source::ClusterSettings followed{
        .namespaces = settings.watch_namespaces,
        .poll = {},
        .seen = [&](const diag::ObjectRef& ref, std::string api_version, const Node& object) {
            if (!has_status(ref.kind) && ref.kind != "Service" && ref.kind != "EndpointSlice")
                return;
            reading.texts[ref] = {std::move(api_version),
                                  tree::write_json(object, tree::JsonStyle::Compact)};
        }};
    source::ReadOnce once{.degraded = [&](const source::ClusterNews& news) {
        // A kind that the cluster does not have holds nothing of ours.
        const std::string kind = news.resource.substr(0, news.resource.find(' '));
        const bool counts = has_status(kind) || ((kind == "Service" || kind == "EndpointSlice") &&
                                                 settings.services_wanted);
        if (!counts || !news.denied) return;
        std::string line = fmt::format("{}: {}", news.resource, news.problem);
        if (std::ranges::find(left, line) == left.end()) left.push_back(std::move(line));
    }};
    auto snapshot =
        source::read_cluster(*settings.cluster, std::move(followed), std::move(once));
    if (!snapshot) return snapshot.error();
    reading.snapshot = std::move(*snapshot);
    return reading;
}

bool ClusterRemoval::State::has_another_controller(const api::Snapshot& snapshot,
                                                   const api::ListenerSet& set) const {
    const std::string& ns = set.parent_ref.ns ? *set.parent_ref.ns : set.meta.ns;
    const api::Gateway* gateway = snapshot.find_gateway(ns, set.parent_ref.name);
    const api::GatewayClass* found =
        gateway != nullptr ? snapshot.find_gateway_class(gateway->gateway_class_name) : nullptr;
    return found != nullptr && found->controller_name != settings.selection.controller_name;
}

/// A Gateway without a class has nobody else who would correct what we said of it.
bool ClusterRemoval::State::is_ours(const diag::ObjectRef& object,
                                    const Reading& reading,
                                    const Node& text,
                                    const status::OwnsGateway& owns) const {
    const api::Snapshot& snapshot = *reading.snapshot;
    const graph::Selection& selection = settings.selection;
    if (object.kind == "GatewayClass") {
        // Who has Gateways of it in the other namespaces is not seen.
        if (!settings.watch_namespaces.empty()) return false;
        const api::GatewayClass* found = snapshot.find_gateway_class(object.name);
        // Other Gateways of it are another instance's, which has the class as well.
        return found != nullptr && graph::is_selected(selection, *found) &&
               std::ranges::none_of(snapshot.gateways, [&](const api::Gateway& gateway) {
                   return gateway.gateway_class_name == object.name &&
                          !graph::is_selected(snapshot, selection, gateway);
               });
    }
    if (object.kind == "ListenerSet") {
        const api::ListenerSet* set = snapshot.find_listener_set(object.ns, object.name);
        return status::is_told_by_gatefile(text) && owns(object.kind, object.ns, object.name) &&
               (set == nullptr || !has_another_controller(snapshot, *set));
    }
    if (object.kind != "Gateway") return true;
    const api::Gateway* found = snapshot.find_gateway(object.ns, object.name);
    if (found == nullptr) return false;
    if (graph::is_selected(snapshot, selection, *found)) return true;
    return scope().has_every_gateway() &&
           snapshot.find_gateway_class(found->gateway_class_name) == nullptr &&
           status::is_told_by_gatefile(text);
}

/// A class that is ours, as far as can be seen from some namespaces.
bool ClusterRemoval::State::is_left(const diag::ObjectRef& object,
                                    const Reading& reading,
                                    const Node& text) const {
    if (object.kind != "GatewayClass" || settings.watch_namespaces.empty()) return false;
    const api::GatewayClass* found = reading.snapshot->find_gateway_class(object.name);
    return found != nullptr && graph::is_selected(settings.selection, *found) &&
           status::plan_removal(object.kind, text, settings.selection.controller_name, {});
}

void ClusterRemoval::State::plan_statuses(const Reading& reading,
                                          std::vector<Step>& steps,
                                          std::vector<std::string>& left) const {
    const status::OwnsGateway owns = ownership(reading.snapshot, scope(), nullptr);
    // Where nothing but the controller's name chooses, all that has it is ours.
    const bool has_all = scope().has_every_gateway() && scope().has_whole_classes();
    const status::OwnsGateway owns_entries = has_all ? status::OwnsGateway() : owns;
    for (const auto& [object, text] : reading.texts) {
        // It went while others were read.
        if (!has_status(object.kind) || reading.snapshot->find_meta(object) == nullptr) continue;
        const auto document = tree::read_json(text.json);
        if (!document) continue;
        if (is_left(object, reading, document->root)) {
            std::string line = fmt::format(
                "status of {}: Gateways of it in other namespaces cannot be seen with "
                "--watch-namespace; cleanup without it removes it",
                object.text());
            if (std::ranges::find(left, line) == left.end()) left.push_back(std::move(line));
        }
        if (!is_ours(object, reading, document->root, owns)) continue;
        auto removal = status::plan_removal(
            object.kind, document->root, settings.selection.controller_name, owns_entries);
        if (!removal) continue;
        source::ApiCall call = source::status_call(object, text.api_version);
        call.path += "?" + removal->write.query;
        call.content_type = std::move(removal->write.content_type);
        call.body = std::move(removal->write.body);
        steps.push_back({fmt::format("status of {}: {}",
                                     object.text(),
                                     base::join(removal->what, ", ")),
                         std::move(call)});
    }
}

void ClusterRemoval::State::plan_services(const Reading& reading, std::vector<Step>& steps) const {
    for (const auto& [object, text] : reading.texts) {
        const bool is_service = object.kind == "Service";
        if (!is_service && object.kind != "EndpointSlice") continue;
        const api::Meta* meta = reading.snapshot->find_meta(object);
        if (meta == nullptr || !analysis::is_gateway_service(*meta, settings.services_instance))
            continue;
        const auto document = tree::read_json(text.json);
        if (!document) continue;
        const std::string_view plural = is_service ? "services" : "endpointslices";
        steps.push_back({object.text(),
                         delete_call({.verb = {},
                                      .group = is_service ? "" : "discovery.k8s.io",
                                      .resource = std::string(plural),
                                      .ns = object.ns,
                                      .name = object.name},
                                     fmt::format("{}/v1/namespaces/{}/{}/{}",
                                                 is_service ? "/api" : "/apis/discovery.k8s.io",
                                                 object.ns,
                                                 plural,
                                                 object.name),
                                     document->root)});
    }
}

/// The leader's Lease and one for each agent, in lists.
base::Result<std::vector<tree::Document>> ClusterRemoval::State::leases() {
    std::vector<tree::Document> found;
    const std::string ns = lease_namespace();
    const std::string base = fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", ns);
    for (const std::string& query :
         {fmt::format("fieldSelector=metadata.name%3D{}", settings.lease->name),
          fmt::format("labelSelector=gatefile.dev%2Finstance%3D{}", settings.lease->name)}) {
        const source::ApiAnswer answer = ask({.action = {.verb = "list",
                                                         .group = "coordination.k8s.io",
                                                         .resource = "leases",
                                                         .ns = ns,
                                                         .name = {}},
                                              .path = base + "?" + query});
        if (!answer.ok()) return base::Error{base::ErrorKind::Network, answer.problem};
        auto document = tree::read_json(answer.body);
        if (!document) return document.error();
        found.push_back(std::move(*document));
    }
    return found;
}

namespace {

/// Calls `visit` for each Lease of the lists, once.
template <typename Visit>
void for_each_lease(const std::vector<tree::Document>& lists, const Visit& visit) {
    std::set<std::string_view> visited;
    for (const tree::Document& list : lists) {
        const Node* items = list.root.find("items");
        if (items == nullptr || !items->is_list()) continue;
        for (const Node& item : items->items()) {
            const Node* metadata = item.find("metadata");
            if (metadata == nullptr) continue;
            const std::string_view name = string_at(*metadata, "name");
            if (visited.insert(name).second) visit(name, item);
        }
    }
}

}  // namespace

base::Result<void> ClusterRemoval::State::plan_leases(std::vector<Step>& steps) {
    if (!settings.lease) return {};
    const auto lists = leases();
    if (!lists) return lists.error();
    const std::string ns = lease_namespace();
    for_each_lease(*lists, [&](std::string_view name, const Node& lease) {
        const std::string lease_name(name);
        steps.push_back({diag::ObjectRef{"Lease", ns, lease_name}.text(),
                         delete_call({.verb = {},
                                      .group = "coordination.k8s.io",
                                      .resource = "leases",
                                      .ns = ns,
                                      .name = lease_name},
                                     fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/"
                                                 "leases/{}",
                                                 ns,
                                                 lease_name),
                                     lease)});
    });
    return {};
}

ClusterRemoval::ClusterRemoval(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClusterRemoval::ClusterRemoval(ClusterRemoval&&) noexcept = default;
ClusterRemoval& ClusterRemoval::operator=(ClusterRemoval&&) noexcept = default;
ClusterRemoval::~ClusterRemoval() = default;

base::Result<ClusterRemoval> ClusterRemoval::open(const CleanupSettings& settings) {
    auto access = source::Access::open(*settings.cluster);
    if (!access) return access.error();
    auto client = http::Client::open();
    if (!client) return client.error();
    return ClusterRemoval(
        std::make_unique<State>(settings, std::move(*access), std::move(*client)));
}

base::Result<void> ClusterRemoval::refuse_living_agents() {
    const CleanupSettings& settings = state_->settings;
    if (!settings.lease || settings.force) return {};
    std::map<std::string, LeaseState, std::less<>> before;
    std::string renewed;
    const auto end = Clock::now() + watch_time;
    for (bool first = true;; first = false) {
        const auto lists = state_->leases();
        if (!lists) return lists.error();
        bool is_held = false;
        for_each_lease(*lists, [&](std::string_view name, const Node& lease) {
            LeaseState now = parse_lease(lease);
            is_held = is_held || !now.holder.empty();
            const auto known = before.find(name);
            const bool is_new = !first && known == before.end();
            const bool changed = known != before.end() &&
                                 known->second.resource_version != now.resource_version;
            if ((is_new || changed) && !now.holder.empty()) renewed = now.holder;
            before.insert_or_assign(std::string(name), std::move(now));
        });
        if (!renewed.empty()) {
            return base::Error{
                base::ErrorKind::Refused,
                fmt::format("agent {} lives: it renews a Lease of {}/{}; stop it first",
                            base::quote_for_message(renewed),
                            state_->lease_namespace(),
                            settings.lease->name)};
        }
        if (!is_held || Clock::now() >= end) return {};
        std::this_thread::sleep_for(watch_pause);
    }
}

base::Result<std::vector<ClusterRemoval::Step>>
ClusterRemoval::plan(std::vector<std::string>& left) {
    const auto reading = state_->read(left);
    if (!reading) return reading.error();
    std::vector<Step> steps;
    state_->plan_statuses(*reading, steps, left);
    state_->plan_services(*reading, steps);
    if (auto planned = state_->plan_leases(steps); !planned) return planned.error();
    return steps;
}

std::string ClusterRemoval::carry_out(const Step& step) {
    const source::ApiAnswer answer = state_->ask(step.call);
    if (answer.ok() || answer.status == 404) return {};
    if (answer.status == 409) return std::string(try_again);
    return answer.problem;
}

}  // namespace gatefile::agent
