// SPDX-License-Identifier: Apache-2.0
//
// Which hosts the routers of other providers have.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/regex_set.hpp"
#include "gatefile/traefik/neighbour.hpp"

namespace gatefile::traefik {

/// Empty entry points of a neighbour count as this one.
bool is_on(const Neighbour& neighbour, std::string_view entry_point);

/// Those on one entry point; the neighbours are kept.
class NeighbourHosts {
public:
    NeighbourHosts(const std::vector<Neighbour>& neighbours, std::string_view entry_point);

    /// One that has the host, or the wildcard, with some path; empty: none is known to.
    std::string_view router_for(std::string_view host) const;

private:
    std::map<std::string_view, std::string_view> by_host_;
    std::vector<std::string_view> with_pattern_;  ///< router of each pattern of the set
    base::RegexSet patterns_;
};

}  // namespace gatefile::traefik
