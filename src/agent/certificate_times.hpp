// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/base/time.hpp"
#include "gatefile/graph/graph.hpp"
#include "http_publication.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

/// When a certificate that is in use ends.
struct CertificateTime {
    std::string ns;    ///< of its Secret; empty: it is in no Secret
    std::string name;  ///< likewise; else what it is for, or its file
    base::Timestamp not_after;
};

/// Of the certificates in use, by namespace and name.
std::vector<CertificateTime> certificate_times(const graph::Graph& graph);

/// How long until the next of them ends, at least a second; nothing when none does.
std::optional<std::chrono::seconds> until_next_end(const std::vector<CertificateTime>& times,
                                                   base::Timestamp now);

/// The same as a metric, with those that the agent itself shows.
void count_certificate_times(const std::vector<CertificateTime>& times,
                             const std::vector<ShownCertificate>& shown,
                             Metrics& metrics);

}  // namespace gatefile::agent
