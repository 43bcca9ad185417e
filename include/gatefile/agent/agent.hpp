// SPDX-License-Identifier: Apache-2.0
//
// `gatefile agent`: keeps a directory of manifests, or a cluster, published. Reads, translates,
// publishes, proves, reports; waits for the next change. Holds no translation rules.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/analysis/gateway_services.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/publish/output.hpp"
#include "gatefile/publish/store.hpp"
#include "gatefile/source/access.hpp"
#include "gatefile/source/manifests.hpp"

namespace gatefile::agent {

/// The Lease by which several agents agree on who writes status.
struct LeaseSettings {
    std::string ns;  ///< empty: the default namespace of the credentials
    std::string name;
};

/// A cluster beside the one that has the Gateways, status and Leases. Of it Services and
/// EndpointSlices are read, and nothing is written.
struct MemberSettings {
    std::string name;
    int weight = 1;  ///< as api::MemberCluster::weight
    source::AccessSettings access;
};

/// Traefik's HTTP provider asks here.
struct HttpTarget {
    std::string address = "127.0.0.1:9192";
    std::string path = "/";
    std::string token_file;        ///< empty: everybody may ask
    std::string certificate_file;  ///< empty: no TLS
    std::string key_file;
};

struct AgentSettings {
    source::ManifestSettings manifests;
    /// Objects come from a cluster, not from manifests.
    std::optional<source::AccessSettings> cluster;
    std::string cluster_name;             ///< beside others; empty: it stands alone
    int cluster_weight = 1;               ///< as MemberSettings::weight
    std::vector<MemberSettings> members;  ///< in the order of precedence
    std::vector<std::string> watch_namespaces;  ///< empty: all
    bool write_status = true;                   ///< to the cluster
    std::optional<LeaseSettings> lease;
    /// Each Gateway gets a Service.
    std::optional<analysis::GatewayServiceSettings> gateway_services;
    std::string identity;               ///< unique among the agents of one Lease
    std::optional<std::string> listen;  ///< "127.0.0.1:9191"
    bool page = true;                   ///< there, at /
    std::map<std::string, std::string> environment;
    Settings translate;
    publish::DirectorySettings out;
    std::optional<publish::DirectorySettings> keys;  ///< --keys files=DIR
    std::vector<HttpTarget> http_targets;            ///< besides the directory
    std::vector<publish::StoreSettings> stores;      ///< likewise
    /// Quiet time after a change before it is read, and the longest wait while changes go on.
    std::chrono::milliseconds debounce{30};
    std::chrono::milliseconds max_delay{500};
    /// Reads again this often, whatever the file system says; absent: only where no events come.
    std::optional<std::chrono::milliseconds> poll;
    /// How long an absence without evidence is held back before it is believed.
    std::chrono::milliseconds grace{30000};
    std::optional<std::string> status_file;
    /// Of the Traefik at traefik_api: the provider that has what we publish.
    std::string provider = "file";
    std::optional<std::string> traefik_api;  ///< base URL; each generation is looked for there
    std::chrono::milliseconds load_timeout{10000};
    std::optional<std::string> control;    ///< path of the control socket
    std::size_t history = 10;              ///< how many generations are kept
    std::optional<std::string> state_dir;  ///< keeps the last good output
    /// Who waits for something to serve, Traefik, is let go after this long.
    std::chrono::milliseconds startup_timeout{10000};
};

/// Runs until SIGTERM or SIGINT (finishing a publication that is under way) and leaves what is
/// published in place. SIGHUP reads again at once and publishes what it finds, held back or not.
/// An Error only when nothing could be started.
base::Result<void> run(AgentSettings settings, const Log& log);

}  // namespace gatefile::agent
