// SPDX-License-Identifier: Apache-2.0
//
// From a Service's port to protocol and endpoints (design.md §3.8).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "backends.hpp"

namespace gatefile::graph {

Resolution resolve_service(const Context& context,
                           BackendTlsPolicies& policies,
                           std::string_view ns,
                           std::string_view name,
                           std::uint16_t port,
                           BackendUse use);

/// The number of a Service's port that is named or numbered; 0 when the Service has none of that
/// name.
std::uint16_t port_of(const api::Service* service, std::string_view name, std::uint16_t number);

/// The Services that a reference leads to: the home's, then those of members, of which such as are
/// of type ExternalName are not followed and come last.
std::vector<const api::Service*>
services_of(const api::Snapshot& snapshot, std::string_view ns, std::string_view name);

/// The Service by which a reference is judged. What tenants of a member write must not decide it
/// for those of another one: so the home's, if there is one, else the first that can serve it, such
/// as a policy is for before the others. Null: there is none at all.
const api::Service* reference_of(const Context& context,
                                 const BackendTlsPolicies& policies,
                                 std::string_view ns,
                                 std::string_view name,
                                 std::uint16_t port,
                                 BackendUse use);

/// port_of() the home's Service, or else of the first in a member that has such a port.
std::uint16_t port_in_clusters(const std::vector<const api::Service*>& services,
                               const api::Snapshot& snapshot,
                               std::string_view name,
                               std::uint16_t number);

/// The entry of the backend map for a Service's port, with the port before without; null when
/// there is none.
const std::string* find_mapped(const BackendSettings& settings,
                               std::string_view ns,
                               std::string_view name,
                               std::uint16_t port);

/// Fills in protocol and endpoint from a URL of the backend map; says what is wrong with it.
void resolve_mapped(std::string_view url, BackendUse use, Resolution& resolution);

/// Fills in the endpoints that a Service's port has in the cluster `objects`. `port` is null for an
/// ExternalName without ports.
void resolve_endpoints(const Context& context,
                       const api::Snapshot& objects,
                       const api::Service& service,
                       const api::ServicePort* port,
                       Resolution& resolution);

/// Whether ports of the same number have to have the same name as well: a policy may be for one.
enum class PortNames : std::uint8_t { DoNotCount, Count };

/// The same for the Services of that name of all clusters, which share by their weights what comes.
/// A cluster that has nothing ready gives its share to the others. What port is meant is said by
/// `port`, of the Service `reference`.
void resolve_in_clusters(const Context& context,
                         const api::Service& reference,
                         const api::ServicePort* port,
                         PortNames names,
                         Resolution& resolution);

}  // namespace gatefile::graph
