// SPDX-License-Identifier: Apache-2.0
//
// Credentials that a program prints: client.authentication.k8s.io v1 and v1beta1, as client-go's
// plugin/pkg/client/auth/exec has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/base/time.hpp"
#include "exec_process.hpp"
#include "kubeconfig.hpp"

namespace gatefile::source {

struct ExecCredential {
    base::SecretBytes token;
    std::string certificate_pem;
    base::SecretBytes key_pem;
    std::optional<base::Timestamp> expires;  ///< absent: good until it is refused
};

/// Whether the entry can be run at all; an Error is a clause about its fields.
base::Result<void> check_exec_entry(const ExecEntry& exec);

/// What goes into KUBERNETES_EXEC_INFO. `ca_pem` is of the cluster, read if it was a file.
std::string
make_exec_info(const ExecEntry& exec, const ClusterEntry& cluster, std::string_view ca_pem);

/// What the program printed. An Error quotes nothing of it.
base::Result<ExecCredential> parse_exec_credential(std::string_view text,
                                                   const std::string& api_version);

/// What to run; it may take 30 s.
Program
exec_program(const ExecEntry& exec, const ClusterEntry& cluster, std::string_view ca_pem);
/// What came of running that.
base::Result<ExecCredential> exec_credential(const ExecEntry& exec,
                                             const base::Result<std::string>& printed);

}  // namespace gatefile::source
