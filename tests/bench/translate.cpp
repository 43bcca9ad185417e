// SPDX-License-Identifier: Apache-2.0
//
// Wall time and peak memory of each stage for one set of manifests: translate FILE ROUNDS
// file|plugin SECONDS, where no round begins after SECONDS; or how fast the same is read as YAML:
// translate FILE yaml. Prints key=value pairs; translate.py makes the table. One process per size
// and format, so that the peaks are its own.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "gatefile/gatefile.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/ir/lower.hpp"
#include "gatefile/source/manifests.hpp"
#include "gatefile/traefik/capabilities.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

using namespace gatefile;
using Clock = std::chrono::steady_clock;

namespace {

/// Resident memory at its highest since forget_peak(), in KiB.
long peak_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
    return 0;
}

/// False where the kernel does not let us: peaks are then those since the start.
bool forget_peak() {
    std::ofstream refs("/proc/self/clear_refs");
    refs << "5";
    refs.close();
    return !refs.fail();
}

class Stages {
public:
    template <typename Work>
    auto measure(const char* stage, Work work) {
        const bool is_first = !samples_.contains(stage);
        if (is_first) are_own_ = forget_peak() && are_own_;
        const auto began = Clock::now();
        auto result = work();
        const std::chrono::duration<double, std::milli> taken = Clock::now() - began;
        samples_[stage].push_back(taken.count());
        if (is_first) peaks_[stage] = peak_kib();
        return result;
    }
    double median(const char* stage) {
        std::vector<double>& all = samples_[stage];
        std::sort(all.begin(), all.end());
        return all[all.size() / 2];
    }
    void print() {
        long highest = 0;
        for (auto& [stage, peak] : peaks_) {
            std::printf("%s_ms=%.3f %s_peak_kib=%ld ",
                        stage.c_str(),
                        median(stage.c_str()),
                        stage.c_str(),
                        peak);
            highest = std::max(highest, peak);
        }
        std::printf("peak_kib=%ld peaks_are_own=%d ", highest, are_own_ ? 1 : 0);
    }

private:
    std::map<std::string, std::vector<double>> samples_;
    std::map<std::string, long> peaks_;  // of the first round
    bool are_own_ = true;
};

std::size_t count(const api::Snapshot& snapshot) {
    return snapshot.gateway_classes.size() + snapshot.gateways.size() +
           snapshot.http_routes.size() + snapshot.services.size() +
           snapshot.endpoint_slices.size() + snapshot.namespaces.size();
}

/// The same objects as YAML, and how many of them are read, checked and decoded in a second.
double yaml_objects_per_second(const std::string& json) {
    const auto source = std::make_shared<const std::string>("bench");
    std::string yaml;
    for (const tree::Document& document : tree::read(json, source).documents) {
        yaml += "---\n" + tree::write_yaml(document.root, tree::Templates::Plain);
    }
    diag::Diagnostics found;
    const auto began = Clock::now();
    api::SnapshotBuilder builder({});
    for (const tree::Document& document : tree::read(yaml, source).documents) {
        builder.add(document, found);
    }
    const std::size_t objects = count(*builder.finish());
    const std::chrono::duration<double> taken = Clock::now() - began;
    return static_cast<double>(objects) / taken.count();
}

std::size_t run(const std::string& bytes, traefik::Format format, Stages& stages) {
    const auto source = std::make_shared<const std::string>("bench");
    diag::Diagnostics found;
    std::size_t objects = 0;
    std::shared_ptr<const api::Snapshot> snapshot;
    {
        const auto read = stages.measure("1_parse", [&] { return tree::read(bytes, source); });
        snapshot = stages.measure("2_check_decode", [&] {
            api::SnapshotBuilder builder({});
            for (const tree::Document& document : read.documents)
                builder.add(document, found);
            return builder.finish();
        });
        objects = count(*snapshot);
    }
    const Settings settings{.static_config = traefik::assumed_static_config()};
    graph::Capabilities capabilities = traefik::capabilities(format, settings.static_config);
    capabilities.slots = *traefik::make_slots(settings.static_config, settings.slots);

    const graph::Graph graph = stages.measure(
        "3_graph", [&] { return graph::build(snapshot, capabilities, settings.build, found); });
    const ir::Config config = stages.measure("4_ir", [&] { return ir::lower(graph, found); });
    const traefik::Dynamic dynamic = stages.measure(
        "5_render", [&] { return traefik::render(config, {.format = format}, found); });
    const traefik::Text text = stages.measure(
        "6_write", [&] { return traefik::write(dynamic, format, traefik::Keys::Inline); });
    static bool printed = false;
    if (!printed) {
        std::printf("objects=%zu bytes_in=%zu bytes_out=%zu diagnostics=%zu ",
                    objects,
                    bytes.size(),
                    text.bytes.size(),
                    found.items().size());
        printed = true;
    }
    return objects;
}

}  // namespace

int main(int argc, char** argv) {
    const bool is_yaml = argc == 3 && std::string_view(argv[2]) == "yaml";
    if (argc != 5 && !is_yaml) {
        std::fputs("usage: translate FILE yaml | FILE ROUNDS file|plugin SECONDS\n", stderr);
        return 2;
    }
    std::ifstream file(argv[1]);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    if (is_yaml) {
        std::printf("yaml_objects_per_s=%.0f\n", yaml_objects_per_second(bytes));
        return 0;
    }
    const traefik::Format format =
        std::string_view(argv[3]) == "file" ? traefik::Format::File : traefik::Format::Plugin;
    const auto end = Clock::now() + std::chrono::duration<double>(std::atof(argv[4]));
    Stages stages;
    const int rounds = std::max(1, std::atoi(argv[2]));
    std::size_t objects = 0;
    for (int round = 0; round < rounds && (round == 0 || Clock::now() < end); ++round)
        objects = run(bytes, format, stages);
    stages.print();
    const double reading = stages.median("1_parse") + stages.median("2_check_decode");
    std::printf("json_objects_per_s=%.0f\n", static_cast<double>(objects) / reading * 1000);
    return 0;
}
