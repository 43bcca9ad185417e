// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "gatefile/base/time.hpp"
#include "gatefile/graph/graph.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

/// When the certificates in use end, as a metric. Each is parsed once.
class CertificateTimes {
public:
    void count(const graph::Graph& graph, Metrics& metrics);

private:
    struct Known {
        std::string chain;
        base::Timestamp end;
    };
    std::map<std::pair<std::string, std::string>, Known> known_;
};

}  // namespace gatefile::agent
