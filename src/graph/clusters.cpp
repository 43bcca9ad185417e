// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

/// What one cluster has for a backend.
struct Share {
    std::string_view cluster;
    int weight = 1;
    bool is_ending = false;
    bool is_lost = false;
    std::vector<Endpoint> endpoints;  ///< never none
};

/// Weights are kept below this where endpoints of the clusters have large common multiples.
constexpr std::int64_t finest = 1'000'000;

/// Whole numbers in the proportion of weight by count, so that the endpoints of a cluster have its
/// weight together, however many they are.
std::vector<std::int64_t> weights_of_endpoints(const std::vector<Share>& shares) {
    std::int64_t common = 1;
    for (const Share& share : shares) {
        const auto count = static_cast<std::int64_t>(share.endpoints.size());
        common = std::lcm(common, std::min(count, finest));
        if (common > finest) common = finest;
    }
    std::vector<std::int64_t> weights;
    std::int64_t divisor = 0;
    for (const Share& share : shares) {
        const auto count = static_cast<std::int64_t>(share.endpoints.size());
        weights.push_back(std::max<std::int64_t>(1, share.weight * common / count));
        divisor = std::gcd(divisor, weights.back());
    }
    for (std::int64_t& weight : weights)
        weight /= divisor;
    const std::int64_t heaviest = weights.empty() ? 0 : *std::ranges::max_element(weights);
    if (heaviest > finest) {
        for (std::int64_t& weight : weights)
            weight = std::max<std::int64_t>(1, weight * finest / heaviest);
    }
    return weights;
}

/// The stand-bys of `all` beside clusters that may be gone together with their endpoints: as heavy
/// as these together, so that a connection that is tried again soon comes to one.
void join_stand_bys(const std::vector<const Share*>& all, std::vector<Share>& active) {
    int together = 0;
    for (const Share& share : active)
        together += share.weight;
    for (const Share* share : all) {
        if (share->weight > 0) continue;
        active.push_back(*share);
        active.back().weight = together;
    }
}

/// The clusters that serve: those with a weight before those that stand by, and what is ready
/// before what terminates.
std::vector<Share> choose(const std::vector<Share>& shares) {
    for (const bool is_ending : {false, true}) {
        std::vector<const Share*> all;
        std::vector<Share> active;
        for (const Share& share : shares) {
            if (share.is_ending != is_ending) continue;
            all.push_back(&share);
            if (share.weight > 0) active.push_back(share);
        }
        if (all.empty()) continue;
        if (std::ranges::all_of(active, &Share::is_lost)) join_stand_bys(all, active);
        for (Share& share : active)
            share.weight = std::max(share.weight, 1);
        return active;
    }
    return {};
}

using Address = std::pair<std::string_view, std::uint16_t>;

/// Of an address that several of them have, the first keeps it.
std::vector<Share> distinct(std::vector<Share> shares) {
    std::set<std::pair<std::string, std::uint16_t>> taken;
    for (Share& share : shares) {
        std::erase_if(share.endpoints, [&](const Endpoint& endpoint) {
            return !taken.emplace(endpoint.host, endpoint.port).second;
        });
    }
    std::erase_if(shares, [](const Share& share) { return share.endpoints.empty(); });
    return shares;
}

std::vector<Endpoint> weighted(const std::vector<Share>& shares) {
    const std::vector<std::int64_t> weights = weights_of_endpoints(shares);
    std::vector<Endpoint> endpoints;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        for (Endpoint endpoint : shares[i].endpoints) {
            endpoint.weight = static_cast<int>(weights[i]);
            endpoint.cluster = shares[i].cluster;
            endpoints.push_back(std::move(endpoint));
        }
    }
    std::ranges::sort(endpoints);
    return endpoints;
}

class Clusters {
public:
    Clusters(const Context& context,
             const api::Service& reference,
             const api::ServicePort* port,
             PortNames names,
             Resolution& resolution)
        : context_(context), reference_(reference), port_(port), names_(names),
          resolution_(resolution) {}

    void resolve() {
        const api::Snapshot& home = context_.snapshot;
        const bool home_fails = look_in({.cluster = home.cluster,
                                         .weight = home.cluster_weight,
                                         .is_lost = home.cluster_is_lost,
                                         .endpoints = {}},
                                        home);
        for (const api::MemberCluster& member : home.members) {
            look_in({.cluster = member.name,
                     .weight = member.weight,
                     .is_lost = member.is_lost,
                     .endpoints = {}},
                    *member.objects);
        }
        tell_of_same_addresses();
        resolution_.backend.in_clusters = true;
        resolution_.backend.endpoints = weighted(distinct(choose(shares_)));
        resolution_.backend.fails = home_fails && shares_.empty();
        if (shares_.empty()) return;
        for (Finding& finding : resolution_.findings) {
            if (finding.code == diag::Code::BackendNoEndpoints && finding.hint.empty())
                finding.hint = "the other clusters take its share";
        }
    }

private:
    bool is_home(const api::Snapshot& objects) const { return &objects == &context_.snapshot; }

    /// Whether it has no endpoint but such as must not be forwarded to. `share` is to be filled.
    bool look_in(Share share, const api::Snapshot& objects) {
        const api::Service* service =
            objects.find_service(reference_.meta.ns, reference_.meta.name);
        if (service == nullptr) return false;
        if (!is_home(objects)) {
            if (const std::string_view why = why_not_in_member(*service); !why.empty()) {
                tell(why, share.cluster);
                return false;
            }
        }
        const api::ServicePort* port = same_port(*service);
        if (port == nullptr && service->type != "ExternalName") {
            tell(fmt::format("it has no {} port {} of the same {}",
                             port_ == nullptr ? "TCP" : port_->protocol,
                             resolution_.backend.port,
                             names_ == PortNames::Count ? "name and appProtocol" : "appProtocol"),
                 share.cluster);
            return false;
        }
        Resolution here;
        here.backend.port = resolution_.backend.port;
        resolve_endpoints(context_, objects, *service, port, here);
        take_findings(here.findings, share.cluster, is_home(objects));
        share.is_ending = here.is_ending;
        share.endpoints = std::move(here.backend.endpoints);
        if (!share.endpoints.empty()) shares_.push_back(std::move(share));
        return here.backend.fails;
    }

    /// Names lead wherever they lead; the virtual addresses of a cluster, and its names, mean
    /// something else, or somebody else, elsewhere. Empty: nothing speaks against it.
    std::string_view why_not_in_member(const api::Service& service) const {
        if (service.type == "ExternalName")
            return "it is of type ExternalName, which is not followed";
        switch (context_.settings.backends.mode) {
        case BackendMode::Auto:
        case BackendMode::Endpoints:
        case BackendMode::LoadBalancer:
            return "";
        case BackendMode::ClusterIp:
        case BackendMode::NodePort:
        case BackendMode::Dns:
            return "only endpoints and addresses of load balancers lead there";
        }
        return "";
    }

    const api::ServicePort* same_port(const api::Service& service) const {
        if (port_ == nullptr) return nullptr;
        const auto found = std::ranges::find_if(service.ports, [&](const api::ServicePort& port) {
            return port.port == port_->port && port.protocol == port_->protocol &&
                   port.app_protocol.value_or("") == port_->app_protocol.value_or("") &&
                   (names_ == PortNames::DoNotCount || port.name == port_->name);
        });
        return found == service.ports.end() ? nullptr : &*found;
    }

    /// Where networks overlap, what is meant for one cluster goes to another.
    void tell_of_same_addresses() {
        std::map<Address, std::string_view> owners;
        std::size_t count = 0;
        std::string first;
        for (const Share& share : shares_) {
            for (const Endpoint& endpoint : share.endpoints) {
                const auto [owner, is_new] =
                    owners.try_emplace({endpoint.host, endpoint.port}, share.cluster);
                if (is_new || ++count > 1) continue;
                first = fmt::format("{} of Service {} is an address{} and{}, so one of them cannot "
                                    "be reached",
                                    base::quote_for_message(endpoint.host),
                                    quoted_name(reference_.meta.ns, reference_.meta.name),
                                    in(owner->second),
                                    in(share.cluster));
            }
        }
        if (count == 0) return;
        if (count > 1) first += fmt::format("; {} more are like it", count - 1);
        resolution_.findings.push_back({diag::Code::BackendNoEndpoints,
                                        std::move(first),
                                        "addresses of clusters have to differ"});
    }

    /// What is wrong in a member is no fault of the route, which others may serve.
    void take_findings(const std::vector<Finding>& findings,
                       std::string_view cluster,
                       bool is_of_home) {
        for (Finding finding : findings) {
            if (!is_of_home) finding.code = diag::Code::BackendNoEndpoints;
            finding.detail += in(cluster);
            resolution_.findings.push_back(std::move(finding));
        }
    }

    void tell(std::string_view what, std::string_view cluster) {
        resolution_.findings.push_back(
            {diag::Code::BackendNoEndpoints,
             fmt::format("Service {} is not used{}: {}",
                         quoted_name(reference_.meta.ns, reference_.meta.name),
                         in(cluster),
                         what),
             {}});
    }

    static std::string in(std::string_view cluster) {
        return " in cluster " + base::quote_for_message(cluster);
    }

    const Context& context_;
    const api::Service& reference_;
    const api::ServicePort* port_;
    PortNames names_;
    Resolution& resolution_;
    std::vector<Share> shares_;
};

}  // namespace

void resolve_in_clusters(const Context& context,
                         const api::Service& reference,
                         const api::ServicePort* port,
                         PortNames names,
                         Resolution& resolution) {
    Clusters(context, reference, port, names, resolution).resolve();
}

}  // namespace gatefile::graph
