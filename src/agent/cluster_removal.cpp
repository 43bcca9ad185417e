// SPDX-License-Identifier: Apache-2.0
#include "cluster_removal.hpp"

#include <poll.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "gatefile/analysis/gateway_services.hpp"
#include "gatefile/api/objects.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/source/cluster.hpp"
#include "gatefile/status/removal.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "ownership.hpp"
#include "removal_leases.hpp"

namespace gatefile::agent {

namespace {

using tree::Node;

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

void add_once(std::vector<std::string>& lines, std::string line) {
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
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
    bool is_anothers(const api::Meta& service, const Reading& reading) const;
    void plan_services(const Reading& reading,
                       std::vector<Step>& steps,
                       std::vector<std::string>& left) const;
    RemovalLeases leases() {
        return {*settings.lease, access.default_namespace(), [this](source::ApiCall call) {
                    return ask(std::move(call));
                }};
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
        add_once(left, fmt::format("{}: {}", news.resource, news.problem));
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
            add_once(left,
                     fmt::format("status of {}: Gateways of it in other namespaces cannot be seen "
                                 "with --watch-namespace; cleanup without it removes it",
                                 object.text()));
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

/// Whether agents with other settings made it, and no others can be thought of than those that are
/// cleaned up after: its Gateway is ours by these settings, too, or gone.
bool ClusterRemoval::State::is_anothers(const api::Meta& service, const Reading& reading) const {
    const std::string* name =
        analysis::gateway_of_another(service, settings.services_instance);
    if (name == nullptr) return false;
    const api::Gateway* gateway = reading.snapshot->find_gateway(service.ns, *name);
    return gateway == nullptr ||
           graph::is_selected(*reading.snapshot, settings.selection, *gateway);
}

void ClusterRemoval::State::plan_services(const Reading& reading,
                                          std::vector<Step>& steps,
                                          std::vector<std::string>& left) const {
    for (const auto& [object, text] : reading.texts) {
        const bool is_service = object.kind == "Service";
        if (!is_service && object.kind != "EndpointSlice") continue;
        const api::Meta* meta = reading.snapshot->find_meta(object);
        if (meta == nullptr) continue;
        if (is_anothers(*meta, reading)) {
            add_once(left,
                     fmt::format("{}: agents with another --controller-name, --gateway-class or "
                                 "--gateway-selector made it; run cleanup with what they had, or "
                                 "delete it",
                                 object.text()));
        }
        if (!analysis::is_gateway_service(*meta, settings.services_instance)) continue;
        const auto document = tree::read_json(text.json);
        if (!document) continue;
        steps.push_back(deletion(object,
                                 is_service ? "" : "discovery.k8s.io",
                                 is_service ? "services" : "endpointslices",
                                 is_service ? "/api/v1" : "/apis/discovery.k8s.io/v1",
                                 document->root));
    }
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
    if (!state_->settings.lease || state_->settings.force) return {};
    return state_->leases().refuse_living_agents();
}

base::Result<std::string> ClusterRemoval::why_unknown() {
    return state_->settings.lease ? state_->leases().why_unknown() : std::string();
}

base::Result<std::vector<ClusterRemoval::Step>>
ClusterRemoval::plan(std::vector<std::string>& left) {
    const auto reading = state_->read(left);
    if (!reading) return reading.error();
    std::vector<Step> steps;
    state_->plan_statuses(*reading, steps, left);
    state_->plan_services(*reading, steps, left);
    if (!state_->settings.lease) return steps;
    auto of_leases = state_->leases().plan();
    if (!of_leases) return of_leases.error();
    std::ranges::move(*of_leases, std::back_inserter(steps));
    return steps;
}

std::string ClusterRemoval::carry_out(const Step& step) {
    const source::ApiAnswer answer = state_->ask(step.call);
    if (answer.ok() || answer.status == 404) return {};
    if (answer.status == 409) return std::string(try_again);
    return answer.problem;
}

}  // namespace gatefile::agent
