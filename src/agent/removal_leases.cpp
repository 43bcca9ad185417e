// SPDX-License-Identifier: Apache-2.0
#include "removal_leases.hpp"

#include <chrono>
#include <map>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "gatefile/agent/lease.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using tree::Node;

/// An agent renews the leader's Lease every 2 s and its own every 5 s.
constexpr auto watch_time = 8s;
constexpr auto watch_pause = 500ms;

/// Calls `visit` for each Lease of the lists, once.
template <typename Visit>
void for_each_lease(const std::vector<tree::Document>& lists, const Visit& visit) {
    std::set<std::string_view> visited;
    for (const tree::Document& list : lists) {
        const Node* items = list.root.find("items");
        if (items == nullptr || !items->is_list()) continue;
        for (const Node& item : items->items()) {
            const Node* metadata = item.find("metadata");
            const Node* name = metadata != nullptr ? metadata->find("name") : nullptr;
            if (name == nullptr || !name->is_string()) continue;
            if (visited.insert(name->as_string()).second) visit(name->as_string(), item);
        }
    }
}

}  // namespace

RemovalLeases::RemovalLeases(LeaseSettings lease, std::string default_namespace, Ask ask)
    : lease_(std::move(lease)), is_guessed_(lease_.ns.empty()), ask_(std::move(ask)) {
    if (is_guessed_) lease_.ns = std::move(default_namespace);
}

base::Result<std::vector<tree::Document>> RemovalLeases::lists() {
    std::vector<tree::Document> found;
    const std::string base =
        fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", lease_.ns);
    for (const std::string& query :
         {fmt::format("fieldSelector=metadata.name%3D{}", lease_.name),
          fmt::format("labelSelector=gatefile.dev%2Finstance%3D{}", lease_.name)}) {
        const source::ApiAnswer answer = ask_({.action = {.verb = "list",
                                                          .group = "coordination.k8s.io",
                                                          .resource = "leases",
                                                          .ns = lease_.ns,
                                                          .name = {}},
                                               .path = base + "?" + query});
        if (!answer.ok()) return base::Error{base::ErrorKind::Network, answer.problem};
        auto document = tree::read_json(answer.body);
        if (!document) return document.error();
        found.push_back(std::move(*document));
    }
    return found;
}

base::Result<std::vector<RemovalStep>> RemovalLeases::plan() {
    const auto found = lists();
    if (!found) return found.error();
    std::vector<RemovalStep> steps;
    for_each_lease(*found, [&](std::string_view name, const Node& lease) {
        steps.push_back(deletion({"Lease", lease_.ns, std::string(name)},
                                 "coordination.k8s.io",
                                 "leases",
                                 "/apis/coordination.k8s.io/v1",
                                 lease));
    });
    return steps;
}

base::Result<std::string> RemovalLeases::why_unknown() {
    if (!is_guessed_) return std::string();
    const auto found = plan();
    if (!found) return found.error();
    if (!found->empty()) return std::string();
    return fmt::format("Lease {0}: there is none in namespace {1}, which the credentials name, so "
                       "nobody knows whether agents live; name theirs: --lease NS/{0}",
                       lease_.name,
                       lease_.ns);
}

base::Result<void> RemovalLeases::refuse_living_agents() {
    std::map<std::string, LeaseState, std::less<>> before;
    std::string renewed;
    const auto end = Clock::now() + watch_time;
    for (bool first = true;; first = false) {
        const auto found = lists();
        if (!found) return found.error();
        bool is_held = false;
        for_each_lease(*found, [&](std::string_view name, const Node& lease) {
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
                            lease_.ns,
                            lease_.name)};
        }
        if (!is_held || Clock::now() >= end) return {};
        std::this_thread::sleep_for(watch_pause);
    }
}

}  // namespace gatefile::agent
