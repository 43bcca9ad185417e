// SPDX-License-Identifier: Apache-2.0
//
// From a Service's port to protocol and endpoints (design.md §3.8).
#pragma once

#include <string_view>

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

/// The same for the Services of that name of all clusters, which share by their weights what comes.
/// A cluster that has nothing ready gives its share to the others. `service` is the first of them.
void resolve_in_clusters(const Context& context,
                         const api::Service& service,
                         const api::ServicePort* port,
                         Resolution& resolution);

}  // namespace gatefile::graph
