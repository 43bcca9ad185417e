// SPDX-License-Identifier: Apache-2.0
#include "metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

using gatefile::agent::Metric;
using gatefile::agent::Metrics;

namespace {

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

bool has_line(const Metrics& metrics, const std::string& wanted) {
    const auto all = lines(metrics.text());
    return std::find(all.begin(), all.end(), wanted) != all.end();
}

std::size_t count_starting(const Metrics& metrics, std::string_view start) {
    const auto all = lines(metrics.text());
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](const auto& line) { return line.rfind(start, 0) == 0; }));
}

}  // namespace

TEST_CASE("a fresh registry knows itself and the process, and nothing else") {
    const Metrics metrics;
    CHECK(has_line(metrics, "gatefile_build_info{version=\"" GATEFILE_VERSION "\"} 1"));
    CHECK(has_line(metrics, "# TYPE process_cpu_seconds_total counter"));
    CHECK(count_starting(metrics, "process_resident_memory_bytes ") == 1);
    CHECK(count_starting(metrics, "process_start_time_seconds ") == 1);
    CHECK(count_starting(metrics, "gatefile_") == 1);
}

TEST_CASE("a family has its help and type once, then its series by their labels") {
    Metrics metrics;
    metrics.set(Metric::Objects, {"Service"}, 3);
    metrics.set(Metric::Objects, {"HTTPRoute"}, 2.5);
    metrics.set(Metric::Objects, {"Service"}, 4);
    const std::string text = metrics.text();
    const std::string wanted = "# HELP gatefile_objects Objects read, by kind.\n"
                               "# TYPE gatefile_objects gauge\n"
                               "gatefile_objects{kind=\"HTTPRoute\"} 2.5\n"
                               "gatefile_objects{kind=\"Service\"} 4\n";
    CHECK(text.find(wanted) != std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("counters add up, each set of labels for itself") {
    Metrics metrics;
    metrics.add(Metric::PublishTotal, {"failed"}, 0);
    metrics.add(Metric::PublishTotal, {"ok"});
    metrics.add(Metric::PublishTotal, {"ok"});
    metrics.add(Metric::ApiRequestsTotal, {"get", "httproutes", "200"}, 5);
    CHECK(has_line(metrics, "gatefile_publish_total{result=\"failed\"} 0"));
    CHECK(has_line(metrics, "gatefile_publish_total{result=\"ok\"} 2"));
    CHECK(has_line(
        metrics,
        "gatefile_api_requests_total{verb=\"get\",resource=\"httproutes\",code=\"200\"} 5"));
}

TEST_CASE("values are written as Prometheus reads them") {
    Metrics metrics;
    metrics.set(Metric::PublishBytes, {}, 1795456789);
    CHECK(has_line(metrics, "gatefile_publish_bytes 1795456789"));
    metrics.set(Metric::PublishBytes, {}, std::numeric_limits<double>::infinity());
    CHECK(has_line(metrics, "gatefile_publish_bytes +Inf"));
    metrics.set(Metric::PublishBytes, {}, std::nan(""));
    CHECK(has_line(metrics, "gatefile_publish_bytes NaN"));
}

TEST_CASE("label values can break neither the line nor the page") {
    Metrics metrics;
    metrics.set(Metric::CertificateNotAfter,
                {"a\"b\\c\nd",
                 "x\xff"
                 "y"},
                7);
    CHECK(has_line(metrics,
                   R"(gatefile_certificate_not_after_seconds{namespace="a\"b\\c\nd",name="x"} 7)"));

    metrics.clear(Metric::CertificateNotAfter);
    // 255 bytes and a two-byte character: the cut is in its middle.
    metrics.set(Metric::CertificateNotAfter, {"n", std::string(255, 'a') + "\xc3\xa4" + "tail"}, 1);
    CHECK(has_line(metrics,
                   "gatefile_certificate_not_after_seconds{namespace=\"n\",name=\"" +
                       std::string(255, 'a') + "\"} 1"));
}

TEST_CASE("histograms count into cumulated buckets, bounds included") {
    Metrics metrics;
    CHECK(count_starting(metrics, "gatefile_publish_duration_seconds") == 0);
    metrics.observe(Metric::PublishDuration, 0.0005);
    metrics.observe(Metric::PublishDuration, 0.25);
    metrics.observe(Metric::PublishDuration, 60);
    CHECK(has_line(metrics, "# TYPE gatefile_publish_duration_seconds histogram"));
    CHECK(has_line(metrics, "gatefile_publish_duration_seconds_bucket{le=\"0.001\"} 1"));
    CHECK(has_line(metrics, "gatefile_publish_duration_seconds_bucket{le=\"0.1\"} 1"));
    CHECK(has_line(metrics, "gatefile_publish_duration_seconds_bucket{le=\"0.25\"} 2"));
    CHECK(has_line(metrics, "gatefile_publish_duration_seconds_bucket{le=\"10\"} 2"));
    CHECK(has_line(metrics, "gatefile_publish_duration_seconds_bucket{le=\"+Inf\"} 3"));
    CHECK(has_line(metrics, "gatefile_publish_duration_seconds_sum 60.2505"));
    CHECK(has_line(metrics, "gatefile_publish_duration_seconds_count 3"));
}

TEST_CASE("label sets that vanish are gone") {
    Metrics metrics;
    metrics.set(Metric::GenerationInfo, {"old"}, 1);
    metrics.replace(Metric::GenerationInfo, {{{"new"}, 1}});
    CHECK(count_starting(metrics, "gatefile_generation_info{") == 1);
    CHECK(has_line(metrics, "gatefile_generation_info{generation=\"new\"} 1"));
    metrics.clear(Metric::GenerationInfo);
    CHECK(count_starting(metrics, "gatefile_generation_info{") == 0);
}

TEST_CASE("a family is bounded, however many names there are") {
    Metrics metrics;
    std::vector<Metrics::Series> many;
    for (int i = 0; i < 5000; ++i) {
        const std::string name = fmt::format("secret-{}", i);
        many.push_back({{"tenant", name}, static_cast<double>(i)});
        metrics.set(Metric::CertificateNotAfter, {"tenant", name}, i);
    }
    constexpr std::string_view start = "gatefile_certificate_not_after_seconds{";
    CHECK(count_starting(metrics, start) == Metrics::max_series);
    metrics.replace(Metric::CertificateNotAfter, many);
    CHECK(count_starting(metrics, start) == Metrics::max_series);
    CHECK(has_line(
        metrics,
        "gatefile_certificate_not_after_seconds{namespace=\"tenant\",name=\"secret-0\"} 0"));
    // A series that exists can still change.
    metrics.set(Metric::CertificateNotAfter, {"tenant", "secret-0"}, 9);
    CHECK(has_line(
        metrics,
        "gatefile_certificate_not_after_seconds{namespace=\"tenant\",name=\"secret-0\"} 9"));
}

TEST_CASE("threads write and read at once") {
    Metrics metrics;
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&metrics] {
            for (int k = 0; k < 1000; ++k)
                metrics.add(Metric::StatusWritesTotal, {"HTTPRoute", "ok"});
        });
    }
    for (int i = 0; i < 20; ++i)
        CHECK(metrics.text().size() > 0);
    for (std::thread& writer : writers)
        writer.join();
    CHECK(has_line(metrics, "gatefile_status_writes_total{kind=\"HTTPRoute\",result=\"ok\"} 4000"));
}
