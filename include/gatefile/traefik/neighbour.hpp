// SPDX-License-Identifier: Apache-2.0
//
// Routers of other providers beside ours: from Traefik's API, or from Ingress, IngressRoute and
// IngressRouteTCP objects among manifests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatefile::traefik {

struct Neighbour {
    std::string name;                       ///< for messages: "shop@kubernetes", "Ingress shop/web"
    std::vector<std::string> entry_points;  ///< empty: may be any
    /// What its rule says in Host(), lower case, negated or not: as Traefik reads it for TLS.
    /// "*": every name that nobody else lists.
    std::vector<std::string> hosts;
    /// What its rule, which negates nothing, has in HostRegexp() or HostSNIRegexp().
    std::vector<std::string> patterns = {};
    bool tls = false;
    /// Of connections: the hosts are those of HostSNI().
    bool tcp = false;
    /// As a router of ours would have to write them ("shop-strict@kubernetescrd"); empty: the
    /// default ones.
    std::string tls_options;

    bool operator==(const Neighbour&) const = default;
};

/// One that has requests for the host, some or all, at an entry point; empty: none is known to.
std::string neighbour_for(const std::vector<Neighbour>& neighbours,
                          std::string_view entry_point,
                          std::string_view host);

/// Whether what a rule says in Host(), in lower case, can be a host of a listener: a name, "*.NAME"
/// or "*". Nothing else belongs into Neighbour::hosts.
bool is_host(std::string_view text);

/// As in Neighbour::patterns.
std::vector<std::string> host_patterns(std::string_view rule, bool tcp);

/// What TLS options a router names, as Neighbour::tls_options has them; `provider` is what the names
/// of its routers end in, behind the @.
std::string qualified_options(std::string_view options, std::string_view provider);

}  // namespace gatefile::traefik
