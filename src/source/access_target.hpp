// SPDX-License-Identifier: Apache-2.0
//
// The cluster and the user that the settings come to, judged as far as their fields go. A Pod's
// ServiceAccount becomes the entries that a kubeconfig for it would have.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/source/access.hpp"
#include "kubeconfig.hpp"

namespace gatefile::source {

struct AccessTarget {
    std::string origin;
    std::string server;  ///< with scheme, without a slash at the end
    std::string proxy;  ///< the kubeconfig's or, without one, the environment's
    std::string default_namespace = "default";
    std::string cluster_name;  ///< as messages have it: `cluster "lab" of FILE`
    std::string user_name;
    ClusterEntry cluster;
    UserEntry user;
    std::vector<tree::Document> documents;  ///< what cluster.exec_extension lives in
};

base::Result<AccessTarget> find_access_target(const AccessSettings& settings);

/// A clause about the field that is wrong.
base::Result<void> check_cluster_entry(const ClusterEntry& cluster);
base::Result<void> check_user_entry(const UserEntry& user);
/// client-go's DefaultServerURL: the scheme may be missing; "https" is what TLS settings speak for.
base::Result<std::string> normalise_server(const ClusterEntry& cluster, const UserEntry& user);

/// Authorization for a token or, without one, for a user name; then Impersonate-… .
Access::Headers make_access_headers(const UserEntry& user, std::string_view token);

}  // namespace gatefile::source
