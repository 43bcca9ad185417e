// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/render.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "draft.hpp"
#include "gatefile/traefik/published_text.hpp"
#include "routers.hpp"
#include "services.hpp"
#include "shared_hosts.hpp"
#include "streams.hpp"
#include "tls.hpp"

namespace gatefile::traefik {

namespace {

/// By name. Only pointers are moved while sorting, and each item once after that.
template <typename Named>
void sort_by_name(std::vector<Named>& items) {
    std::vector<Named*> order;
    order.reserve(items.size());
    for (Named& item : items)
        order.push_back(&item);
    std::ranges::sort(
        order, {}, [](const Named* item) -> const std::string& { return item->name; });
    std::vector<Named> sorted;
    sorted.reserve(items.size());
    for (Named* item : order)
        sorted.push_back(std::move(*item));
    items = std::move(sorted);
}

std::size_t count_entries(const ir::Config& config) {
    std::size_t entries = 0;
    for (const ir::Listener& listener : config.listeners) {
        for (const ir::Host& host : listener.hosts)
            entries += host.entries.size();
    }
    return entries;
}

/// Used by no router: an agent that starts reads there whose endpoints are served.
void render_members(Draft& draft) {
    if (draft.config.members.empty()) return;
    std::string marks;
    for (const std::string& member : draft.config.members)
        marks += (marks.empty() ? "" : " ") + mark_of_cluster(member);
    draft.dynamic.middlewares.push_back(
        {std::string(clusters_name),
         HeadersMiddleware{.request = {{std::string(clusters_header), std::move(marks)}}}});
}

}  // namespace

Dynamic
render(const ir::Config& config, const RenderSettings& settings, diag::Diagnostics& diagnostics) {
    Draft draft{.config = config, .settings = settings, .diagnostics = diagnostics};
    // Leaves, and nodes for hostnames and indices above them.
    draft.dynamic.routers.reserve(count_entries(config) * 3 / 2 + 16);
    draft.dynamic.services.reserve(config.backends.size() + 1);
    const RenderedRules rules = render_rules(draft);
    render_listeners(draft, rules);
    render_streams(draft);
    render_members(draft);
    render_certificates(draft);
    report_shared_hosts(draft);
    Dynamic& out = draft.dynamic;
    sort_by_name(out.routers);
    sort_by_name(out.middlewares);
    sort_by_name(out.services);
    sort_by_name(out.transports);
    sort_by_name(out.tcp_routers);
    sort_by_name(out.tcp_services);
    sort_by_name(out.tcp_transports);
    sort_by_name(out.udp_routers);
    sort_by_name(out.udp_services);
    sort_by_name(out.tls_options);
    return std::move(draft.dynamic);
}

}  // namespace gatefile::traefik
