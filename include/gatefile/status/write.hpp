// SPDX-License-Identifier: Apache-2.0
//
// From the status that an object should have and the one that the API server holds to the request
// that makes them agree, or to none. Sends nothing.
//
// Lists that are maps (GatewayClass, Gateway, ListenerSet) go by server-side apply, which leaves
// alone what other managers own. A route's status.parents and a policy's status.ancestors are
// atomic: they are merged here, and so are lists that lose something. The resource version guards
// these writes, so that a 409 means: read again, plan again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gatefile/base/time.hpp"
#include "gatefile/status/report.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::status {

/// What the API server has.
struct Held {
    std::string resource_version;
    tree::Node status;  ///< null when the object has none
};

/// To <path of the object>/status.
struct Write {
    std::string method;
    std::string query;  ///< without "?"
    std::string content_type;
    std::string body;
};

/// Whether a Gateway (or the one of a ListenerSet; by kind, namespace and name) is this instance's:
/// another one of the same controller name may serve others. Empty: all are.
using OwnsGateway =
    std::function<bool(std::string_view kind, std::string_view ns, std::string_view name)>;

/// What an instance says of a GatewayClass that others of its controller's name serve as well: they
/// would write against each other for ever where they see it in two ways. So features that are
/// there stay, and of the same generation a condition only turns to True.
ObjectStatus beside_others(ObjectStatus wanted, const Held& held);

/// Nothing when what is held says the same: order of conditions, defaults that are spelled out,
/// conditions and parents of others do not count; observedGeneration does. lastTransitionTime is
/// kept while True stays True and False stays False, else it is `now`.
///
/// A route whose `wanted` has no parents is one that we serve no longer: our entries for Gateways
/// that `owns` are removed.
/// GatewayClasses, Gateways and ListenerSets with nothing wanted are left as they are, to whoever
/// serves them now.
std::optional<Write> plan_write(const ObjectStatus& wanted,
                                const Held& held,
                                const std::string& controller_name,
                                base::Timestamp now,
                                const OwnsGateway& owns = {});

/// Whether there is nothing to write for `b` once `a` was written.
inline bool same(const ObjectStatus& a, const ObjectStatus& b) {
    return a == b;
}

}  // namespace gatefile::status
