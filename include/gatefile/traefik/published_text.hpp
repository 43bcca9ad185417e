// SPDX-License-Identifier: Apache-2.0
//
// What was published, read again as text: which of it changes by itself (the addresses of Pods,
// marks that are drawn at each start), and an older text with the addresses of now.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::traefik {

/// The same for all agents that make the same of the same objects, each with marks of its own.
std::string id_without_marks(std::string_view bytes);
/// The same for texts that differ in marks and in servers only, or in whether there are any.
std::string id_without_servers(std::string_view bytes);

/// The middleware, and its header, in which a text names the clusters beside the home that it was
/// made with.
inline constexpr std::string_view clusters_name = "gatefile-clusters";
inline constexpr std::string_view clusters_header = "X-Gatefile-Clusters";
/// What it has there for a cluster of this name.
std::string mark_of_cluster(std::string_view name);
/// Whether a text was made with it.
bool is_made_with_cluster(std::string_view bytes, std::string_view name);

/// LoadBalancer::backend of what leads to the inner entry point.
inline constexpr std::string_view inner_backend = "gatefile-inner";
/// Whose servers load balancers have whose name does not say it: lines of name and backend.
std::string backends_of(const Dynamic& dynamic);

struct Written {
    std::string_view bytes;          ///< as write() made it
    std::string_view backends = {};  ///< backends_of() the same; empty: not known, or none
};

struct Refreshed {
    std::string bytes;       ///< with its generation mark; empty: nothing changed
    std::string generation;  ///< likewise
    /// Backends of `older`, with servers, that `newer` does not have: nobody knows their servers.
    /// And services with other servers than in `newer`, of which nobody knows whose they are.
    std::vector<std::string> unknown;
};

/// `older` with the servers that its backends have in `newer`, whatever has them there. An Error
/// when one of them cannot be read.
base::Result<Refreshed> refresh_servers(const Written& older, const Written& newer, Format format);

}  // namespace gatefile::traefik
