// SPDX-License-Identifier: Apache-2.0
#include "gatefile/gatefile.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/analysis/lint.hpp"
#include "gatefile/api/snapshot.hpp"
#include "gatefile/ir/lower.hpp"
#include "gatefile/traefik/capabilities.hpp"

namespace gatefile {

namespace {

/// Rules that forward or redirect, and hostnames of streams that lead somewhere; what only answers
/// an error or is closed does not count as served.
std::size_t served_rules(const ir::Config& config) {
    std::size_t count = 0;
    for (const ir::Rule& rule : config.rules) {
        if (!std::holds_alternative<ir::Fail>(rule.action)) ++count;
    }
    for (const ir::Stream& stream : config.streams) {
        for (const ir::StreamHost& host : stream.hosts) {
            if (!host.members.empty()) ++count;
        }
    }
    return count;
}

}  // namespace

base::Result<Translation> translate(std::shared_ptr<const api::Snapshot> snapshot,
                                    const Settings& settings,
                                    diag::Diagnostics found_while_reading) {
    auto slots = traefik::make_slots(settings.static_config, settings.slots);
    if (!slots) return slots.error();
    graph::Capabilities capabilities =
        traefik::capabilities(settings.render.format, settings.static_config);
    capabilities.slots = std::move(*slots);
    capabilities.approximate = settings.approximate;
    capabilities.gateway_services = settings.gateway_services;
    capabilities.without_keys = settings.keys.where == traefik::Keys::Omit;

    // Below it there are no middlewares of services, on which every filter and fixed status hangs,
    // and what Traefik does not know it drops without a word.
    if (const auto& version = settings.static_config.version;
        version && *version < traefik::oldest_version) {
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("Traefik {}.{}.{} is too old: {}.{} or newer is needed",
                                       version->major_number,
                                       version->minor_number,
                                       version->patch,
                                       traefik::oldest_version.major_number,
                                       traefik::oldest_version.minor_number)};
    }
    traefik::RenderSettings render = settings.render;
    render.approximate = settings.approximate;
    if (const traefik::EntryPoint* inner =
            traefik::find_inner_entry_point(settings.static_config)) {
        const bool ipv6 = inner->host.find(':') != std::string::npos;
        const std::string host = ipv6 ? "[" + inner->host + "]" : inner->host;
        render.inner = traefik::InnerEntryPoint{
            inner->name, fmt::format("{}:{}", host, inner->port), render.inner_secret};
    }

    Translation result;
    diag::Diagnostics found = std::move(found_while_reading);
    result.graph = graph::build(std::move(snapshot), capabilities, settings.build, found);
    result.ir = ir::lower(result.graph, found);
    result.dynamic = traefik::render(result.ir, render, found);

    if (settings.now) {
        const bool has_default = std::ranges::any_of(
            result.dynamic.certificates,
            [](const traefik::Certificate& certificate) { return certificate.is_default; });
        analysis::lint(result.graph, result.ir, {*settings.now, has_default}, found);
    }

    result.files.weight = served_rules(result.ir);
    if (!settings.keep_stages) result.ir = {};
    traefik::Text text = traefik::write(result.dynamic, settings.render.format, settings.keys);
    if (!settings.keep_stages) result.dynamic = {};
    result.files.generation = text.generation;
    result.files.files.push_back({std::move(text.file_name), std::move(text.bytes)});
    for (const auto& [name, key] : text.keys) {
        result.files.keys.push_back({name, std::string(key.reveal())});
    }

    result.report = status::report(result.graph, found, settings.build.selection.controller_name);
    api::drop_context(*result.graph.snapshot, found);
    api::locate(*result.graph.snapshot, found);
    found.sort();
    result.diagnostics = std::move(found);
    return result;
}

}  // namespace gatefile
