// SPDX-License-Identifier: Apache-2.0
//
// What clusters and the requests to them are made of.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster.hpp"

namespace gatefile::properties {

inline constexpr std::array<std::string_view, 6> labels{"a", "b", "ab", "abc", "a-b", "x"};
inline constexpr std::array<std::string_view, 9> segments{
    "a", "b", "ab", "abc", "a%20b", "%61", "~$", "%C3%A9", "a%2fb"};
inline constexpr std::array<std::string_view, 4> names{"X-A", "x-a", "X-B", "Version"};
inline constexpr std::array<std::string_view, 7> values{
    "1", "2", "12", "`) || Host(`*`", "\"\\", "{{ env \"HOME\" }}", "\t\xC3\xA9"};
inline constexpr std::array<std::string_view, 3> methods{"GET", "POST", "HEAD"};

inline constexpr std::array<std::string_view, 4> call_services{"a", "ab", "pkg.S", "b"};
inline constexpr std::array<std::string_view, 4> call_methods{"b", "ab", "Get", "a"};

struct Port {
    std::string_view entry_point;
    std::uint16_t port;
    bool tls;
};
inline constexpr std::array<Port, 3> ports{
    {{"web", 80, false}, {"alt", 8080, false}, {"secure", 443, true}}};

std::string exact_host(Random& random, const ClusterPlan& plan);
/// Empty, exact or a wildcard.
std::string hostname(Random& random, const ClusterPlan& plan);
/// Of the first so many segments.
std::string path(Random& random, std::size_t known = segments.size());
/// And of odd ones now and then, which the API takes.
std::string odd_path(Random& random);

/// Filters, backends and Services of a rule that has its matches; its number tells it apart.
void fill_rule(Random& random,
               std::string_view ns,
               std::size_t number,
               api::HttpRouteRule& rule,
               Cluster& cluster);

/// GRPCRoutes, TLSRoutes and what else the plan asks for besides HTTPRoutes.
void add_more(Random& random, const ClusterPlan& plan, Cluster& cluster);

/// Changes of headers and the like, one in `rarity` of each kind.
std::vector<api::HttpFilter> changes(Random& random, std::size_t rarity, bool has_prefix);
void add_backend(Random& random,
                 std::string_view ns,
                 std::size_t number,
                 std::size_t place,
                 std::vector<api::HttpBackendRef>& refs,
                 Cluster& cluster);
std::vector<api::ValueMatch> value_matches(Random& random, const ClusterPlan& plan);
/// To some of the listeners that `wanted` takes.
template <typename Wanted>
void add_parents(Random& random, const Cluster& cluster, api::Route& route, Wanted wanted) {
    for (const auto& gateway : cluster.gateways) {
        for (const api::Listener& listener : gateway->listeners) {
            if (!wanted(listener) || random.one_in(3)) continue;
            api::ParentRef& parent = route.parent_refs.emplace_back();
            parent.ns = gateway->meta.ns;
            parent.name = gateway->meta.name;
            parent.section_name = listener.name;
        }
    }
}

/// A graph for objects that have none, with faults of its own.
void add_graph(Random& random, Cluster& cluster);

}  // namespace gatefile::properties
