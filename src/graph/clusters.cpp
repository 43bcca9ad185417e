// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
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
    return weights;
}

/// The clusters that serve: those with a weight before those that stand by, and what is ready
/// before what terminates.
std::vector<Share> choose(const std::vector<Share>& shares) {
    for (const bool is_ending : {false, true}) {
        for (const bool stands_by : {false, true}) {
            std::vector<Share> chosen;
            for (const Share& share : shares) {
                if (share.is_ending != is_ending || (share.weight == 0) != stands_by) continue;
                chosen.push_back(share);
                if (stands_by) chosen.back().weight = 1;
            }
            if (!chosen.empty()) return chosen;
        }
    }
    return {};
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
             const api::Service& service,
             const api::ServicePort* port,
             Resolution& resolution)
        : context_(context), first_(service), port_(port), resolution_(resolution) {}

    void resolve() {
        const api::Snapshot& home = context_.snapshot;
        const bool home_fails = look_in(home.cluster, home.cluster_weight, home, true);
        for (const api::MemberCluster& member : home.members)
            look_in(member.name, member.weight, *member.objects, false);
        resolution_.backend.endpoints = weighted(choose(shares_));
        resolution_.backend.fails = home_fails && shares_.empty();
        if (shares_.empty()) return;
        for (Finding& finding : resolution_.findings) {
            if (finding.code == diag::Code::BackendNoEndpoints && finding.hint.empty())
                finding.hint = "the other clusters take its share";
        }
    }

private:
    /// Whether it has no endpoint but such as must not be forwarded to.
    bool look_in(std::string_view cluster, int weight, const api::Snapshot& objects, bool is_home) {
        const api::Service* service = objects.find_service(first_.meta.ns, first_.meta.name);
        if (service == nullptr) return false;
        // What a tenant of a member writes must not lead out of that cluster.
        if (!is_home && service->type == "ExternalName") {
            tell("it is of type ExternalName, which is not followed", cluster);
            return false;
        }
        const api::ServicePort* port = same_port(*service);
        if (port == nullptr && service->type != "ExternalName") {
            tell(fmt::format("it has no {} port {} of the same appProtocol",
                             port_ == nullptr ? "TCP" : port_->protocol,
                             resolution_.backend.port),
                 cluster);
            return false;
        }
        Resolution here;
        here.backend.port = resolution_.backend.port;
        resolve_endpoints(context_, objects, *service, port, here);
        take_findings(here.findings, cluster, is_home);
        add(cluster, weight, here);
        return here.backend.fails;
    }

    const api::ServicePort* same_port(const api::Service& service) const {
        if (port_ == nullptr) return nullptr;
        const auto found = std::ranges::find_if(service.ports, [&](const api::ServicePort& port) {
            return port.port == port_->port && port.protocol == port_->protocol &&
                   port.app_protocol.value_or("") == port_->app_protocol.value_or("");
        });
        return found == service.ports.end() ? nullptr : &*found;
    }

    /// An address that two clusters have is one address; the first one has it.
    void add(std::string_view cluster, int weight, const Resolution& here) {
        std::vector<Endpoint> endpoints = here.backend.endpoints;
        std::erase_if(endpoints, [&](const Endpoint& endpoint) {
            return !addresses_.emplace(endpoint.host, endpoint.port).second;
        });
        if (endpoints.empty()) return;
        shares_.push_back({cluster, weight, here.is_ending, std::move(endpoints)});
    }

    /// What is wrong in a member is no fault of the route, which others may serve.
    void take_findings(const std::vector<Finding>& findings,
                       std::string_view cluster,
                       bool is_home) {
        for (Finding finding : findings) {
            if (!is_home) finding.code = diag::Code::BackendNoEndpoints;
            finding.detail += in(cluster);
            resolution_.findings.push_back(std::move(finding));
        }
    }

    void tell(std::string_view what, std::string_view cluster) {
        resolution_.findings.push_back(
            {diag::Code::BackendNoEndpoints,
             fmt::format("Service {} is not used{}: {}",
                         quoted_name(first_.meta.ns, first_.meta.name),
                         in(cluster),
                         what),
             {}});
    }

    static std::string in(std::string_view cluster) {
        return " in cluster " + base::quote_for_message(cluster);
    }

    const Context& context_;
    const api::Service& first_;
    const api::ServicePort* port_;
    Resolution& resolution_;
    std::set<std::pair<std::string, std::uint16_t>> addresses_;
    std::vector<Share> shares_;
};

}  // namespace

void resolve_in_clusters(const Context& context,
                         const api::Service& service,
                         const api::ServicePort* port,
                         Resolution& resolution) {
    Clusters(context, service, port, resolution).resolve();
}

}  // namespace gatefile::graph
