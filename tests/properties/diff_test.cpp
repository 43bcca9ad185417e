// SPDX-License-Identifier: Apache-2.0
//
// One thing of a generated cluster is changed. When any generated request is answered otherwise
// than before, diff() has to say so; of what is unchanged it has to say nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "cluster.hpp"
#include "rounds.hpp"
#include "gatefile/analysis/diff.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/ir/emit.hpp"
#include "gatefile/ir/lower.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::properties {
namespace {

/// Every rule that answers has an answer of its own.
std::string
answer(const ir::Config& config, const ir::Matcher& matcher, const ir::Request& request) {
    const auto outcome = matcher.match(request);
    if (!outcome) return "404";
    const ir::Host& host = config.listeners[outcome->listener].hosts[outcome->host];
    const ir::Rule& rule = config.rules[host.entries[outcome->entry].rule];
    if (const auto* fail = std::get_if<ir::Fail>(&rule.action)) return std::to_string(fail->status);
    if (const auto* forward = std::get_if<ir::Forward>(&rule.action)) {
        return config.backends[forward->members.front().backend.value()].name;
    }
    const auto& redirect = std::get<ir::Redirect>(rule.filters.front());
    return redirect.hostname.value_or("") + std::to_string(redirect.port.value_or(0));
}

std::string text_of(const ir::Config& config) {
    tree::Arena arena;
    return tree::write_json(ir::encode(config, arena), tree::JsonStyle::Compact);
}

ir::Host* any_host(Random& random, ir::Config& config) {
    std::vector<ir::Host*> hosts;
    for (ir::Listener& listener : config.listeners) {
        for (ir::Host& host : listener.hosts)
            hosts.push_back(&host);
    }
    return hosts.empty() ? nullptr : random.pick(hosts);
}

/// Says what it did.
std::string mutate(Random& random, ir::Config& config) {
    ir::Host* host = any_host(random, config);
    if (host == nullptr) return "nothing";
    std::vector<ir::Entry>& entries = host->entries;
    const std::size_t at = random.below(entries.size());
    switch (random.below(7)) {
    case 0:
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
        return "removes an entry at " + host->hostname + " " + std::to_string(at);
    case 1:
        std::swap(entries[at], entries[random.below(entries.size())]);
        return "swaps entries";
    case 2:
        entries[at].rule = random.below(config.rules.size());
        return "another rule";
    case 3:
        entries[at].match.path = {ir::PathKind::Prefix, "/a"};
        return "another path";
    case 4:
        entries[at].match.headers.clear();
        return "no headers";
    case 5:
        entries[at].match.path.kind = ir::PathKind::Exact;
        return "exact at " + host->hostname + " " + std::to_string(at);
    default: {
        ir::Listener& listener = config.listeners[random.below(config.listeners.size())];
        const bool narrow = random.one_in(2);
        if (narrow) listener.hosts.clear();
        return narrow ? "a listener without hosts" : "nothing";
    }
    }
}

void compare(std::uint64_t seed, const ClusterPlan& plan) {
    INFO("seed ", seed);
    Random random(seed);
    const auto cluster = make_cluster(random, plan);
    diag::Diagnostics diagnostics;
    const ir::Config before = ir::lower(cluster->graph, diagnostics);
    CHECK(analysis::diff(before, before).empty());
    ir::Config after = before;
    const std::string what = mutate(random, after);
    INFO("mutation: ", what);
    const auto differences = analysis::diff(before, after);
    const ir::Matcher old_matcher(before);
    const ir::Matcher new_matcher(after);
    for (int i = 0; i < 200; ++i) {
        const ir::Request request = make_request(random, plan, *cluster);
        const std::string was = answer(before, old_matcher, request);
        const std::string now = answer(after, new_matcher, request);
        if (was == now) continue;
        const auto counts = analysis::count(differences);
        CHECK_MESSAGE(counts.breaking + counts.changes + counts.harmless > 0,
                      was,
                      " became ",
                      now,
                      " for ",
                      request.method,
                      " ",
                      base::quote_for_message(request.host + request.path),
                      " with ",
                      request.headers.size(),
                      " headers; configuration ",
                      text_of(before));
        return;
    }
}

TEST_CASE("what is answered otherwise is told") {
    const std::uint64_t count = rounds(400);
    const std::uint64_t first = setting("GATEFILE_PROPERTY_SEED", 1) * 1'000'003;
    for (std::uint64_t i = 0; i < count; ++i)
        compare(first + i, {.gateways = 2, .listeners = 4, .routes = 8});
}

TEST_CASE("and over TLS, with many hostnames") {
    const std::uint64_t count = rounds(100);
    const std::uint64_t first = setting("GATEFILE_PROPERTY_SEED", 1) * 7'000'003;
    for (std::uint64_t i = 0; i < count; ++i)
        compare(first + i,
                {.gateways = 1, .listeners = 3, .routes = 20, .hostnames = 30, .tls = true});
}

}  // namespace
}  // namespace gatefile::properties
