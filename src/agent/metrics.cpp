// SPDX-License-Identifier: Apache-2.0
#include "metrics.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "gatefile/base/result.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::agent {

const std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

namespace {

enum class Type : std::uint8_t { Counter, Gauge, Histogram };

struct Family {
    Metric metric;
    std::string_view name;
    Type type;
    std::array<std::string_view, 3> labels;  ///< names; empty behind the last
    std::string_view help;
};

// clang-format off
constexpr std::array families{
    Family{Metric::BuildInfo, "gatefile_build_info", Type::Gauge, {"version"},
           "The version of gatefile; always 1."},
    Family{Metric::Objects, "gatefile_objects", Type::Gauge, {"kind"},
           "Objects read, by kind."},
    Family{Metric::Diagnostics, "gatefile_diagnostics", Type::Gauge, {"severity", "code"},
           "Diagnostics of the last translation, by severity and code."},
    Family{Metric::Conflicts, "gatefile_conflicts", Type::Gauge, {"code"},
           "Listeners that share hosts with routers of other providers, by the diagnostic that says how."},
    Family{Metric::Routes, "gatefile_routes", Type::Gauge, {"state"},
           "Routes of the last translation, by what became of them."},
    Family{Metric::GenerationInfo, "gatefile_generation_info", Type::Gauge, {"generation"},
           "The generation that is published; always 1."},
    Family{Metric::PublishTotal, "gatefile_publish_total", Type::Counter, {"result"},
           "Publications, by result."},
    Family{Metric::PublishLastSuccess, "gatefile_publish_last_success_timestamp_seconds", Type::Gauge, {},
           "When something was last published, in seconds since 1970."},
    Family{Metric::PublishHeld, "gatefile_publish_held", Type::Gauge, {},
           "1 while a publication is held back because objects are missing without evidence."},
    Family{Metric::Paused, "gatefile_paused", Type::Gauge, {},
           "1 while publishing is paused by an operator; what is published stays."},
    Family{Metric::Problems, "gatefile_problems", Type::Gauge, {"who", "code"},
           "What is wrong, as `gatefile status` has it, by who is at fault."},
    Family{Metric::PublishBytes, "gatefile_publish_bytes", Type::Gauge, {},
           "Size of the generation that is published."},
    Family{Metric::TranslateDuration, "gatefile_translate_duration_seconds", Type::Histogram, {},
           "Time from objects to the bytes to publish."},
    Family{Metric::PublishDuration, "gatefile_publish_duration_seconds", Type::Histogram, {},
           "Time to write a generation."},
    Family{Metric::StorePublishTotal, "gatefile_store_publish_total", Type::Counter, {"store", "result"},
           "Publications into key-value stores, by result."},
    Family{Metric::StorePublished, "gatefile_store_published", Type::Gauge, {"store"},
           "1 while the store holds what is published."},
    Family{Metric::LoadTotal, "gatefile_load_total", Type::Counter, {"result"},
           "Generations looked for in Traefik's API, by result."},
    Family{Metric::LoadDuration, "gatefile_load_duration_seconds", Type::Histogram, {},
           "Time from a publication until Traefik's API showed it."},
    Family{Metric::TraefikLoaded, "gatefile_traefik_loaded", Type::Gauge, {},
           "1 while Traefik has loaded the generation that is published."},
    Family{Metric::PluginOutdated, "gatefile_plugin_outdated", Type::Gauge, {},
           "1 while Traefik runs another version of the provider plugin than this gatefile brings."},
    Family{Metric::WatchRestartsTotal, "gatefile_watch_restarts_total", Type::Counter, {"kind", "reason"},
           "Watches that were started again, by kind and reason."},
    Family{Metric::Synced, "gatefile_synced", Type::Gauge, {"kind"},
           "1 if the kind has been listed and is followed."},
    Family{Metric::ApiRequestsTotal, "gatefile_api_requests_total", Type::Counter, {"verb", "resource", "code"},
           "Requests to the API server, by verb, resource and status code."},
    Family{Metric::ClusterSynced, "gatefile_cluster_synced", Type::Gauge, {"cluster"},
           "1 if the Services and endpoints of a cluster beside the home have been listed."},
    Family{Metric::ClusterReachable, "gatefile_cluster_reachable", Type::Gauge, {"cluster"},
           "1 while the API server of a cluster beside the home answers; otherwise what it last said is served."},
    Family{Metric::ClusterWatchRestartsTotal, "gatefile_cluster_watch_restarts_total", Type::Counter, {"cluster", "kind", "reason"},
           "Watches of a cluster beside the home that were started again, by kind and reason."},
    Family{Metric::ClusterApiRequestsTotal, "gatefile_cluster_api_requests_total", Type::Counter, {"cluster", "resource", "code"},
           "Requests to the API server of a cluster beside the home, by resource and status code."},
    Family{Metric::StatusWritesTotal, "gatefile_status_writes_total", Type::Counter, {"kind", "result"},
           "Writes of status, by kind and result."},
    Family{Metric::Leader, "gatefile_leader", Type::Gauge, {},
           "1 while this agent is the one that writes status."},
    Family{Metric::CertificateNotAfter, "gatefile_certificate_not_after_seconds", Type::Gauge, {"namespace", "name"},
           "When the certificate of a Secret expires, in seconds since 1970."},
    Family{Metric::ProcessStartTime, "process_start_time_seconds", Type::Gauge, {},
           "Start time of the process since unix epoch in seconds."},
    Family{Metric::ProcessResidentMemory, "process_resident_memory_bytes", Type::Gauge, {},
           "Resident memory size in bytes."},
    Family{Metric::ProcessCpu, "process_cpu_seconds_total", Type::Counter, {},
           "Total user and system CPU time spent in seconds."},
};
// clang-format on

constexpr bool in_order() {
    for (std::size_t i = 0; i < families.size(); ++i) {
        if (static_cast<std::size_t>(families[i].metric) != i) return false;
    }
    return true;
}
static_assert(in_order(), "the table's order is the enum's");

/// Upper bounds in seconds; the same for all histograms, so that they can be compared.
constexpr std::array buckets{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};

/// Names of objects are at most 253 bytes long; anything longer is not worth a monitoring system's
/// memory.
constexpr std::size_t max_label_bytes = 256;

constexpr std::size_t index_of(Metric metric) {
    return static_cast<std::size_t>(metric);
}

constexpr const Family& family_of(Metric metric) {
    return families[index_of(metric)];
}

std::string_view type_name(Type type) {
    switch (type) {
    case Type::Counter:
        return "counter";
    case Type::Gauge:
        return "gauge";
    case Type::Histogram:
        return "histogram";
    }
    return "";
}

std::string print_value(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

void append_escaped(std::string& out, std::string_view value) {
    value = value.substr(0, max_label_bytes);
    // One byte that is not UTF-8 would make Prometheus refuse the whole page.
    value = value.substr(0, base::valid_utf8_prefix(value));
    for (const char c : value) {
        if (c == '\\' || c == '"') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
}

/// {kind="HTTPRoute",code="x"}, or nothing for a family without labels.
template <typename Values>
std::string print_labels(const Family& family, const Values& values) {
    std::string out;
    auto name = family.labels.begin();
    for (const auto& value : values) {
        GATEFILE_CHECK(name != family.labels.end() && !name->empty());
        fmt::format_to(std::back_inserter(out), "{}{}=\"", out.empty() ? "{" : ",", *name++);
        append_escaped(out, value);
        out += '"';
    }
    GATEFILE_CHECK(name == family.labels.end() || name->empty());
    if (!out.empty()) out += '}';
    return out;
}

double cpu_seconds() {
    timespec spent{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

/// Nothing where /proc is not mounted.
std::optional<double> resident_bytes() {
    const base::UniqueFd fd(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
    std::array<char, 128> text{};
    const ssize_t length = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
    if (length <= 0) return std::nullopt;
    const auto fields =
        base::split(std::string_view(text.data(), static_cast<std::size_t>(length)), ' ');
    const auto pages = fields.size() > 1 ? base::parse_int(fields[1]) : std::nullopt;
    if (!pages) return std::nullopt;
    return static_cast<double>(*pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void append_head(std::string& out, const Family& family) {
    fmt::format_to(std::back_inserter(out),
                   "# HELP {0} {1}\n# TYPE {0} {2}\n",
                   family.name,
                   family.help,
                   type_name(family.type));
}

void append_single(std::string& out, Metric metric, double value) {
    append_head(out, family_of(metric));
    fmt::format_to(std::back_inserter(out), "{} {}\n", family_of(metric).name, print_value(value));
}

void append_histogram(std::string& out,
                      const Family& family,
                      std::span<const std::uint64_t> counts,
                      std::uint64_t count,
                      double sum) {
    append_head(out, family);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        below += counts[i];
        fmt::format_to(std::back_inserter(out),
                       "{}_bucket{{le=\"{}\"}} {}\n",
                       family.name,
                       print_value(buckets[i]),
                       below);
    }
    fmt::format_to(std::back_inserter(out),
                   "{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n",
                   family.name,
                   count,
                   print_value(sum));
}

}  // namespace

Metrics::Metrics() {
    static_assert(families.size() == family_count && buckets.size() == bucket_count);
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    set(Metric::BuildInfo, {GATEFILE_VERSION}, 1);
    // The registry is made as the process starts.
    set(Metric::ProcessStartTime, {}, now.count());
}

double* Metrics::find_or_insert(Metric metric, const std::string& labels) {
    GATEFILE_CHECK(family_of(metric).type != Type::Histogram);
    auto& series = series_[index_of(metric)];
    const auto found = series.find(labels);
    if (found != series.end()) return &found->second;
    if (series.size() >= max_series) return nullptr;
    return &series.emplace(labels, 0.0).first->second;
}

void Metrics::set(Metric metric, Labels labels, double value) {
    const std::string key = print_labels(family_of(metric), labels);
    const std::lock_guard lock(mutex_);
    if (double* const slot = find_or_insert(metric, key)) *slot = value;
}

void Metrics::add(Metric metric, Labels labels, double by) {
    const std::string key = print_labels(family_of(metric), labels);
    const std::lock_guard lock(mutex_);
    if (double* const slot = find_or_insert(metric, key)) *slot += by;
}

void Metrics::observe(Metric histogram, double value) {
    GATEFILE_CHECK(family_of(histogram).type == Type::Histogram);
    const auto bucket = std::lower_bound(buckets.begin(), buckets.end(), value);
    const std::lock_guard lock(mutex_);
    Histogram& of = histograms_[histogram];
    if (bucket != buckets.end())
        ++of.counts[static_cast<std::size_t>(std::distance(buckets.begin(), bucket))];
    ++of.count;
    of.sum += value;
}

void Metrics::replace(Metric metric, const std::vector<Series>& series) {
    std::map<std::string, double> fresh;
    for (const auto& [labels, value] : series) {
        if (fresh.size() >= max_series) break;
        fresh.insert_or_assign(print_labels(family_of(metric), labels), value);
    }
    const std::lock_guard lock(mutex_);
    series_[index_of(metric)].swap(fresh);
}

void Metrics::clear(Metric metric) {
    const std::lock_guard lock(mutex_);
    series_[index_of(metric)].clear();
    histograms_.erase(metric);
}

std::string Metrics::text() const {
    std::string out;
    const std::lock_guard lock(mutex_);
    for (const Family& family : families) {
        const auto& series = series_[index_of(family.metric)];
        if (const auto found = histograms_.find(family.metric); found != histograms_.end()) {
            const Histogram& of = found->second;
            append_histogram(out, family, of.counts, of.count, of.sum);
        } else if (family.metric == Metric::ProcessResidentMemory) {
            if (const auto bytes = resident_bytes()) append_single(out, family.metric, *bytes);
        } else if (family.metric == Metric::ProcessCpu) {
            append_single(out, family.metric, cpu_seconds());
        } else if (!series.empty()) {
            append_head(out, family);
            for (const auto& [labels, value] : series) {
                fmt::format_to(
                    std::back_inserter(out), "{}{} {}\n", family.name, labels, print_value(value));
            }
        }
    }
    return out;
}

}  // namespace gatefile::agent
