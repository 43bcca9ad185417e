// SPDX-License-Identifier: Apache-2.0
#include "certificate_times.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gatefile::agent {

void count_certificate_times(const graph::Graph& graph, Metrics& metrics) {
    std::map<std::pair<std::string, std::string>, std::int64_t> ends;
    for (const graph::Gateway& gateway : graph.gateways) {
        const auto add = [&](const api::Secret& secret) {
            ends.emplace(std::pair(secret.meta.ns, secret.meta.name),
                         secret.key_pair().certificate.not_after.seconds);
        };
        if (gateway.client_certificate != nullptr) add(*gateway.client_certificate);
        for (const graph::Listener& listener : gateway.listeners) {
            for (const api::Secret* secret : listener.certificates)
                add(*secret);
        }
    }
    std::vector<Metrics::Series> series;
    for (const auto& [key, end] : ends)
        series.push_back({{key.first, key.second}, static_cast<double>(end)});
    metrics.replace(Metric::CertificateNotAfter, series);
}

}  // namespace gatefile::agent
