// SPDX-License-Identifier: Apache-2.0
//
// Hosts that routers of other providers have, too. Traefik resolves TLS options per entry point and
// host: where two routers name a host in Host() and ask for different options, it renames both, and
// a root that was renamed has lost its children.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draft.hpp"
#include "rule.hpp"

namespace gatefile::traefik {

/// The TLS routers of others for one host.
struct Claim {
    std::vector<std::string> options;  ///< sorted; of more than one Traefik uses none
    std::vector<std::string> routers;
    bool connections = false;  ///< a router of TCP has it, before which ours must not come
};

/// By host; empty entry points of a neighbour count as this one.
std::map<std::string, Claim> claims_on(const std::vector<Neighbour>& neighbours,
                                       std::string_view entry_point);

/// What their TCP routers with TLS have, and are to keep; "*": all that nobody names.
std::vector<std::string_view> connections_on(const RenderSettings& settings,
                                             std::string_view entry_point);

/// A root of a listener for hosts whose options others decide.
struct SharedRoot {
    std::string part;
    std::string options;
    std::vector<std::string> hosts;
    bool listed = false;   ///< in Host(), because its options are the others'
    bool refused = false;  ///< answers 421
};

/// Puts the hosts to those that have the same root.
void add(std::vector<SharedRoot>& roots, SharedRoot root);

/// Matches the hosts without naming one in Host(): takes part in no conflict, and gets what the
/// server name was given.
Rule unlisted_rule(const std::vector<std::string_view>& hosts);

/// A host, or "*", and who has it.
using ClaimedHost = std::pair<std::string, const Claim*>;

/// The hosts are not none.
void report_adoption(Draft& draft,
                     const ir::Listener& listener,
                     const std::vector<ClaimedHost>& hosts);
void report_refusal(Draft& draft,
                    const ir::Listener& listener,
                    const std::vector<ClaimedHost>& hosts);

/// Which hosts of each listener others have routers for.
void report_shared_hosts(Draft& draft);

}  // namespace gatefile::traefik
