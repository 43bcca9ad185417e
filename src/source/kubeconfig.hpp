// SPDX-License-Identifier: Apache-2.0
//
// kubeconfig files as client-go's tools/clientcmd reads and merges them (api/v1/types.go). What is
// held here is what the files say, relative paths resolved against the file that holds them, base64
// decoded; the files that they name are not read here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::source {

struct ClusterEntry {
    std::string file;  ///< which kubeconfig it is from, as named; for messages
    std::string server;
    std::string tls_server_name;
    std::string proxy_url;
    bool insecure_skip_tls_verify = false;
    std::string certificate_authority;       ///< a path
    std::string certificate_authority_data;  ///< PEM; goes before the path
    /// extensions[name=client.authentication.k8s.io/exec].extension; its arena is kept by
    /// Kubeconfig::documents.
    std::optional<tree::Node> exec_extension;
};

/// users[].user.exec
struct ExecEntry {
    std::string command;
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;
    std::string api_version;
    std::string install_hint;
    std::string interactive_mode;
    bool provide_cluster_info = false;
};

struct UserEntry {
    std::string file;
    std::string client_certificate;       ///< a path
    std::string client_certificate_data;  ///< PEM; goes before the path
    std::string client_key;
    base::SecretBytes client_key_data;
    base::SecretBytes token;
    std::string token_file;
    std::string username;
    base::SecretBytes password;
    std::string as;
    std::string as_uid;
    std::vector<std::string> as_groups;
    std::map<std::string, std::vector<std::string>> as_user_extra;
    std::optional<ExecEntry> exec;
    std::string auth_provider;  ///< its name; "" when there is none
};

struct ContextEntry {
    std::string file;
    std::string cluster;
    std::string user;
    std::string default_namespace;
};

struct Kubeconfig {
    std::string current_context;
    std::string current_context_file;
    std::map<std::string, ClusterEntry> clusters;
    std::map<std::string, UserEntry> users;
    std::map<std::string, ContextEntry> contexts;
    std::vector<std::string> files;  ///< that were read, first one first
    std::vector<tree::Document> documents;
};

/// Adds what a file says and those before it did not: entries go by name as a whole, and the first
/// current-context counts. An Error names file and line.
base::Result<void>
merge_kubeconfig(Kubeconfig& into, const std::string& file, std::string_view text);

/// Where kubeconfigs are looked for.
struct KubeconfigPlaces {
    std::vector<std::string> files;  ///< no name twice
    std::string named_by;            ///< "--kubeconfig", "KUBECONFIG" or "HOME"
    bool must_exist = false;
};
KubeconfigPlaces kubeconfig_places(const std::optional<std::string>& option,
                                   const std::map<std::string, std::string>& environment);

/// Reads and merges them all; files that do not exist are skipped unless they must.
base::Result<Kubeconfig> load_kubeconfig(const KubeconfigPlaces& places);

}  // namespace gatefile::source
