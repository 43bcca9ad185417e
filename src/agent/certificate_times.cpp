// SPDX-License-Identifier: Apache-2.0
#include "certificate_times.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gatefile::agent {

std::vector<CertificateTime> certificate_times(const graph::Graph& graph) {
    std::map<std::pair<std::string, std::string>, base::Timestamp> ends;
    for (const graph::Gateway& gateway : graph.gateways) {
        const auto add = [&](const api::Secret& secret) {
            ends.emplace(std::pair(secret.meta.ns, secret.meta.name),
                         secret.key_pair().certificate.not_after);
        };
        if (gateway.client_certificate != nullptr) add(*gateway.client_certificate);
        for (const graph::Listener& listener : gateway.listeners) {
            for (const api::Secret* secret : listener.certificates)
                add(*secret);
        }
    }
    std::vector<CertificateTime> times;
    for (const auto& [key, end] : ends)
        times.push_back({key.first, key.second, end});
    return times;
}

std::optional<std::chrono::seconds> until_next_end(const std::vector<CertificateTime>& times,
                                                   base::Timestamp now) {
    std::optional<std::chrono::seconds> next;
    for (const CertificateTime& one : times) {
        const std::chrono::seconds left(one.not_after.seconds - now.seconds + 1);
        if (left > std::chrono::seconds(0) && (!next || left < *next)) next = left;
    }
    return next;
}

void count_certificate_times(const std::vector<CertificateTime>& times,
                             const std::vector<ShownCertificate>& shown,
                             Metrics& metrics) {
    std::vector<Metrics::Series> series;
    for (const ShownCertificate& one : shown)
        series.push_back({{"", one.file}, static_cast<double>(one.not_after.seconds)});
    for (const CertificateTime& one : times)
        series.push_back({{one.ns, one.name}, static_cast<double>(one.not_after.seconds)});
    metrics.replace(Metric::CertificateNotAfter, series);
}

}  // namespace gatefile::agent
