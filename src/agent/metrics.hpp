// SPDX-License-Identifier: Apache-2.0
//
// What the agent counts, for Prometheus: a closed set of families, each declared once (metrics.cpp)
// with its name, labels and help. Safe to use from several threads. Label values come from closed
// sets (kinds, codes, results) and, for certificates alone, from names of objects; a family never
// holds more than `max_series`, so that nobody's manifests can fill the memory of who scrapes.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatefile::agent {

/// The labels, in the order in which their values are given, behind each.
enum class Metric : std::uint8_t {
    BuildInfo,            ///< version; set by the registry itself
    Objects,              ///< kind
    Diagnostics,          ///< severity, code
    Conflicts,            ///< code
    Routes,               ///< state
    GenerationInfo,       ///< generation; replace(), so that there is one
    PublishTotal,         ///< result
    PublishLastSuccess,   ///< seconds since 1970
    PublishHeld,          ///< 1 while an absence without evidence is held back
    Paused,               ///< 1 while nothing is published because an operator said so
    Problems,             ///< who, code
    PublishBytes,         ///< of the last generation
    TranslateDuration,    ///< observe(), seconds
    PublishDuration,      ///< observe(), seconds
    StorePublishTotal,    ///< store, result
    StorePublished,       ///< store; 1 while it holds what is published
    LoadTotal,            ///< result
    LoadDuration,         ///< observe(), seconds from publication to Traefik's API
    TraefikLoaded,        ///< 1 while Traefik serves what is published
    PluginOutdated,       ///< 1 while Traefik runs another version of our plugin
    WatchRestartsTotal,   ///< kind, reason
    Synced,               ///< kind
    ApiRequestsTotal,     ///< verb, resource, code
    ClusterSynced,        ///< cluster; this and the next three: of members
    ClusterReachable,     ///< cluster
    ClusterWatchRestartsTotal,  ///< cluster, kind, reason
    ClusterApiRequestsTotal,    ///< cluster, resource, code
    StatusWritesTotal,    ///< kind, result
    Leader,               ///< 1 while this agent writes status
    CertificateNotAfter,  ///< namespace, name; seconds since 1970
    ProcessStartTime,     ///< this and the next two: text() reads them
    ProcessResidentMemory,
    ProcessCpu,
};

class Metrics {
public:
    using Labels = std::initializer_list<std::string_view>;
    /// Label values and the value of one series.
    using Series = std::pair<std::vector<std::string>, double>;

    static constexpr std::size_t max_series = 2000;

    Metrics();

    void set(Metric metric, Labels labels, double value);
    /// Counters: `by` is never negative; 0 makes a series visible before anything happened.
    void add(Metric metric, Labels labels, double by = 1);
    void observe(Metric histogram, double value);
    /// All series of a family in one step, so that no scrape sees half of them. What exceeds
    /// max_series is left out from the end.
    void replace(Metric metric, const std::vector<Series>& series);
    void clear(Metric metric);

    /// The exposition format 0.0.4: families in the table's order, series ordered by their labels.
    std::string text() const;

private:
    static constexpr std::size_t family_count = static_cast<std::size_t>(Metric::ProcessCpu) + 1;
    static constexpr std::size_t bucket_count = 13;

    struct Histogram {
        std::array<std::uint64_t, bucket_count> counts{};  ///< not cumulated
        std::uint64_t count = 0;
        double sum = 0;
    };

    double* find_or_insert(Metric metric, const std::string& labels);

    mutable std::mutex mutex_;
    /// By the labels as they are printed.
    std::array<std::map<std::string, double>, family_count> series_;
    std::map<Metric, Histogram> histograms_;
};

/// "text/plain; version=0.0.4; charset=utf-8"
extern const std::string_view metrics_content_type;

}  // namespace gatefile::agent
