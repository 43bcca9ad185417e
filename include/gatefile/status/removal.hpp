// SPDX-License-Identifier: Apache-2.0
//
// The write that takes back what we told an object, so that its status says what it would say had
// we never been there. Sends nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatefile/status/write.hpp"

namespace gatefile::status {

struct Removal {
    Write write;
    std::vector<std::string> what;  ///< for people: "conditions", "addresses"
};

/// `object` as the API server has it, managedFields included. Of a route or BackendTLSPolicy our
/// entries for Gateways that `owns` go; a GatewayClass, Gateway or ListenerSet is taken for ours:
/// whoever calls has judged that. What others wrote stays. Nothing when there is nothing of ours.
/// What a status must have is then what the API server gives a new object.
std::optional<Removal> plan_removal(const std::string& kind,
                                    const tree::Node& object,
                                    const std::string& controller_name,
                                    const OwnsGateway& owns);

/// Whether some gatefile wrote the status of `object`, as far as the API server keeps account.
bool is_told_by_gatefile(const tree::Node& object);

}  // namespace gatefile::status
