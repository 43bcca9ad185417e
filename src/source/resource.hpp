// SPDX-License-Identifier: Apache-2.0
//
// The kinds that are read from a cluster, and where an API server keeps them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gatefile::source {

struct Resource {
    std::string_view kind;
    std::string_view group;
    std::span<const std::string_view> versions;  ///< the preferred one first
    std::string_view plural;
    bool namespaced;
    /// Its definition can be absent, or be removed with all objects.
    bool custom;
    /// We write its status.
    bool has_status;
    /// Followed by name, only where something refers to it.
    bool by_name;
};

std::span<const Resource> resources();
const Resource& resource_of(std::string_view kind);

/// "/apis/gateway.networking.k8s.io/v1/namespaces/NS/httproutes/NAME"; without `ns` all namespaces,
/// without `name` the collection.
std::string path_of(const Resource& resource,
                    std::string_view version,
                    std::string_view ns,
                    std::string_view name);

}  // namespace gatefile::source
