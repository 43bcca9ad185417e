// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/render.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
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

/// By name. Only places are moved while sorting, and each item about once after that, where it is:
/// another list of them would cost more than the sorting.
template <typename Named>
void sort_by_name(std::vector<Named>& items) {
    std::vector<std::pair<std::string_view, std::size_t>> order;
    order.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        order.emplace_back(items[i].name, i);
    std::ranges::sort(order);
    for (std::size_t start = 0; start < order.size(); ++start) {
        // Along the circle of places that this one is in.
        if (order[start].second == start) continue;
        Named displaced = std::move(items[start]);
        std::size_t place = start;
        while (order[place].second != start) {
            const std::size_t from = std::exchange(order[place].second, place);
            items[place] = std::move(items[from]);
            place = from;
        }
        order[place].second = place;
        items[place] = std::move(displaced);
    }
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
