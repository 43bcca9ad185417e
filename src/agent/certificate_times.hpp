// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/base/time.hpp"
#include "gatefile/graph/graph.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

/// When the certificate of a Secret that is in use ends.
struct CertificateTime {
    std::string ns;
    std::string name;
    base::Timestamp not_after;
};

/// Of the certificates in use, by namespace and name.
std::vector<CertificateTime> certificate_times(const graph::Graph& graph);

/// How long until the next of them ends, at least a second; nothing when none does.
std::optional<std::chrono::seconds> until_next_end(const std::vector<CertificateTime>& times,
                                                   base::Timestamp now);

/// The same as a metric.
void count_certificate_times(const std::vector<CertificateTime>& times, Metrics& metrics);

}  // namespace gatefile::agent
