// SPDX-License-Identifier: Apache-2.0
//
// Wall time of each stage and peak memory for one set of manifests: translate FILE ROUNDS. Prints
// key=value pairs; run.sh makes the table. One process per size and format, so that the peak is its
// own.
#include <sys/resource.h>

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

class Times {
public:
    template <typename Work>
    auto measure(const char* stage, Work work) {
        const auto began = Clock::now();
        auto result = work();
        const std::chrono::duration<double, std::milli> taken = Clock::now() - began;
        samples_[stage].push_back(taken.count());
        return result;
    }
    double median(const char* stage) {
        std::vector<double>& all = samples_[stage];
        std::sort(all.begin(), all.end());
        return all[all.size() / 2];
    }
    void print() {
        for (auto& [stage, unused] : samples_)
            std::printf("%s_ms=%.3f ", stage.c_str(), median(stage.c_str()));
    }

private:
    std::map<std::string, std::vector<double>> samples_;
};

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

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

std::size_t run(const std::string& bytes, traefik::Format format, Times& times) {
    const auto source = std::make_shared<const std::string>("bench");
    diag::Diagnostics found;
    std::size_t objects = 0;
    std::shared_ptr<const api::Snapshot> snapshot;
    {
        const auto read = times.measure("1_parse", [&] { return tree::read(bytes, source); });
        snapshot = times.measure("2_check_decode", [&] {
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

    const graph::Graph graph = times.measure(
        "3_graph", [&] { return graph::build(snapshot, capabilities, settings.build, found); });
    const ir::Config config = times.measure("4_ir", [&] { return ir::lower(graph, found); });
    const traefik::Dynamic dynamic = times.measure(
        "5_render", [&] { return traefik::render(config, {.format = format}, found); });
    const traefik::Text text = times.measure(
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
    if (argc < 4) {
        std::fputs("usage: translate FILE ROUNDS file|plugin\n", stderr);
        return 2;
    }
    std::ifstream file(argv[1]);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    const traefik::Format format =
        std::string_view(argv[3]) == "file" ? traefik::Format::File : traefik::Format::Plugin;
    Times times;
    const int rounds = std::max(1, std::atoi(argv[2]));
    std::size_t objects = 0;
    for (int round = 0; round < rounds; ++round) {
        objects = run(bytes, format, times);
        if (round == 0) std::printf("peak_kib=%ld ", peak_kib());
    }
    times.print();
    const double reading = times.median("1_parse") + times.median("2_check_decode");
    std::printf("json_objects_per_s=%.0f yaml_objects_per_s=%.0f\n",
                static_cast<double>(objects) / reading * 1000,
                yaml_objects_per_second(bytes));
    return 0;
}
