// SPDX-License-Identifier: Apache-2.0
//
// The Kubernetes Events (events.k8s.io/v1) that tell of a change between two reports.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gatefile/base/time.hpp"
#include "gatefile/status/report.hpp"

namespace gatefile::status {

/// To POST to /apis/events.k8s.io/v1/namespaces/<ns>/events.
struct Event {
    std::string ns;
    std::string body;  ///< JSON
};

/// Who reports: a qualified name and which process, at most 128 bytes each.
struct Reporter {
    std::string controller;
    std::string instance;
};

/// An object's metadata.uid; empty when it is not there any more: then nothing is told of it.
using UidOf = std::function<std::string(const diag::ObjectRef&)>;

/// One for each Accepted and Programmed of a GatewayClass or Gateway, and each Accepted of a
/// route's parent, that turned True or False. Of what `before` says nothing about, only what is
/// False: an object that is served as it should be from the beginning is no news. The same
/// arguments give the same events, names included.
std::vector<Event> events(const Report& before,
                          const Report& after,
                          const UidOf& uid_of,
                          const Reporter& reporter,
                          base::Timestamp now);

}  // namespace gatefile::status
