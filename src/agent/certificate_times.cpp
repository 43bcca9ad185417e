// SPDX-License-Identifier: Apache-2.0
#include "certificate_times.hpp"

#include <vector>

#include "gatefile/base/x509.hpp"

namespace gatefile::agent {

void CertificateTimes::count(const graph::Graph& graph, Metrics& metrics) {
    std::map<std::pair<std::string, std::string>, Known> now;
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            for (const api::Secret* secret : listener.certificates) {
                const std::pair key(secret->meta.ns, secret->meta.name);
                const base::SecretBytes* chain = secret->find("tls.crt");
                if (chain == nullptr || now.contains(key)) continue;
                const auto before = known_.find(key);
                if (before != known_.end() && before->second.chain == chain->reveal()) {
                    now.insert(*before);
                } else if (const auto parsed = base::parse_certificate_chain(chain->reveal())) {
                    now[key] = {std::string(chain->reveal()), parsed->not_after};
                }
            }
        }
    }
    known_ = std::move(now);
    std::vector<Metrics::Series> series;
    for (const auto& [key, known] : known_) {
        series.push_back({{key.first, key.second}, static_cast<double>(known.end.seconds)});
    }
    metrics.replace(Metric::CertificateNotAfter, series);
}

}  // namespace gatefile::agent
