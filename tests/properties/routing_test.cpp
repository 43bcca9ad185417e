// SPDX-License-Identifier: Apache-2.0
//
// Four readings of one cluster must give one answer to every request: the spec by brute force, the
// IR's matcher, the flat routers and the router trees. GATEFILE_PROPERTY_ROUNDS multiplies the
// number of clusters, GATEFILE_PROPERTY_SEED chooses others.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cluster.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/ir/emit.hpp"
#include "gatefile/ir/lower.hpp"
#include "gatefile/traefik/render.hpp"
#include "gatefile/tree/write.hpp"
#include "oracle.hpp"
#include "rounds.hpp"
#include "traefik_router.hpp"

namespace gatefile::properties {
namespace {

std::string rule_answer(const ir::Config& config, const ir::Rule& rule) {
    return std::visit(base::Overloaded{
                          [](const ir::Fail& fail) { return std::to_string(fail.status); },
                          [&](const ir::Answer&) {
                              const auto& redirect = std::get<ir::Redirect>(rule.filters.at(0));
                              return "redirect " + redirect.hostname.value_or("") + ":" +
                                     (redirect.port ? std::to_string(*redirect.port)
                                                    : std::string());
                          },
                          [&](const ir::Forward& forward) {
                              const ir::Backend& backend =
                                  config.backends.at(forward.members.at(0).backend.value());
                              return "http://" + backend.endpoints.at(0).host + ":" +
                                     std::to_string(backend.endpoints.at(0).port) + " ";
                          },
                      },
                      rule.action);
}

std::string
matcher_answer(const ir::Config& config, const ir::Matcher& matcher, const ir::Request& request) {
    const std::optional<ir::Outcome> outcome = matcher.match(request);
    if (!outcome) return "404";
    const ir::Host& host = config.listeners.at(outcome->listener).hosts.at(outcome->host);
    return rule_answer(config, config.rules.at(host.entries.at(outcome->entry).rule));
}

std::string text_of(const ir::Request& request) {
    std::string text = request.entry_point + (request.tls ? " tls " : " ") + request.method + " " +
                       request.host + " " + request.path;
    for (const auto& [name, value] : request.query)
        text += " ?" + name + "=" + value;
    for (const auto& [name, value] : request.headers)
        text += " [" + name + ": " + value + "]";
    return base::quote_for_message(text, 2000);
}

std::string text_of(const ir::Config& config) {
    tree::Arena arena;
    return tree::write_json(ir::encode(config, arena), tree::JsonStyle::Indented);
}

/// One format and shape of a cluster's configuration.
struct Rendering {
    std::string name;
    diag::Diagnostics diagnostics;
    traefik::Dynamic dynamic;
    TraefikRouter router;

    Rendering(const ir::Config& config,
              traefik::Shape shape,
              traefik::Format format,
              traefik::Coexist coexist = traefik::Coexist::Yield)
        : name(std::string(coexist == traefik::Coexist::Win ? "winning " : "") +
               (shape == traefik::Shape::Tree ? "tree" : "flat")),
          dynamic(render(config, shape, format, coexist)),
          router(dynamic,
                 shape == traefik::Shape::Tree ? TlsOptionsBySni::Modelled
                                               : TlsOptionsBySni::Ignored) {}

    /// Where Traefik can choose only one set of TLS options the status says what is lost.
    bool may_differ(const ir::Request& request, const std::string& answer) const {
        if (!request.tls || (answer != "421" && answer != "random")) return false;
        return std::ranges::any_of(diagnostics.items(), [](const diag::Diagnostic& one) {
            return one.code == diag::Code::ListenerOverlap;
        });
    }

private:
    traefik::Dynamic render(const ir::Config& config,
                            traefik::Shape shape,
                            traefik::Format format,
                            traefik::Coexist coexist) {
        const traefik::RenderSettings settings{
            .format = format, .coexist = coexist, .shape = shape};
        return traefik::render(config, settings, diagnostics);
    }
};

struct Campaign {
    ClusterPlan plan;
    std::size_t clusters = 1;
    std::size_t requests = 100;
    bool brute_force = true;
    Layout layout = {};
    bool winning = false;  ///< with --coexist win, too
};

struct Tally {
    std::size_t requests = 0;
    std::size_t served = 0;
    std::size_t misdirected = 0;
};

void check_faults(const Rendering& rendering, const Layout& layout) {
    const std::vector<std::string> faults = rendering.router.faults(layout);
    CHECK_MESSAGE(faults.empty(), rendering.name, ": ", faults.empty() ? "" : faults.front());
}

/// False as soon as something is wrong, so that one fault is not reported a thousand times.
bool check_cluster(std::uint64_t seed, const Campaign& campaign, Tally& tally) {
    INFO("seed ", seed);
    Random random(seed);
    const std::unique_ptr<Cluster> cluster = make_cluster(random, campaign.plan);
    diag::Diagnostics diagnostics;
    const ir::Config config = ir::lower(cluster->graph, diagnostics);
    const ir::Matcher matcher(config);
    const traefik::Format format =
        campaign.plan.redirects ? traefik::Format::Plugin : traefik::Format::File;
    const Rendering tree(config, traefik::Shape::Tree, format);
    const Rendering flat(config, traefik::Shape::Flat, format);
    std::vector<const Rendering*> renderings{&tree, &flat};
    std::optional<Rendering> winning_tree;
    std::optional<Rendering> winning_flat;
    if (campaign.winning) {
        constexpr auto win = traefik::Coexist::Win;
        winning_tree.emplace(config, traefik::Shape::Tree, format, win);
        winning_flat.emplace(config, traefik::Shape::Flat, format, win);
        renderings.insert(renderings.end(), {&*winning_tree, &*winning_flat});
    }
    for (const Rendering* rendering : renderings)
        check_faults(*rendering, campaign.layout);
    for (std::size_t i = 0; i < campaign.requests; ++i) {
        const ir::Request request = make_request(random, campaign.plan, *cluster);
        const std::string wanted = matcher_answer(config, matcher, request);
        ++tally.requests;
        if (wanted != "404") ++tally.served;
        bool good = true;
        if (campaign.brute_force) good = answer_by_the_spec(cluster->graph, request) == wanted;
        CHECK_MESSAGE(good,
                      text_of(request),
                      "\nmatcher: ",
                      wanted,
                      "\nspec: ",
                      campaign.brute_force ? answer_by_the_spec(cluster->graph, request) : "",
                      "\n",
                      text_of(config));
        for (const Rendering* rendering : renderings) {
            const std::string answer = rendering->router.answer(request);
            if (answer == wanted) continue;
            if (rendering->may_differ(request, answer)) {
                ++tally.misdirected;
                continue;
            }
            good = false;
            CHECK_MESSAGE(answer == wanted,
                          rendering->name,
                          " on ",
                          text_of(request),
                          "\nmatcher: ",
                          wanted,
                          "\nTraefik: ",
                          answer,
                          "\n",
                          text_of(config));
        }
        if (!good) return false;
    }
    return true;
}

Tally run(const Campaign& campaign) {
    const std::uint64_t seed = setting("GATEFILE_PROPERTY_SEED", 1);
    const std::size_t clusters = rounds(campaign.clusters);
    Tally tally;
    for (std::size_t i = 0; i < clusters; ++i) {
        if (!check_cluster(seed * 1'000'003 + i, campaign, tally)) break;
    }
    MESSAGE(tally.requests,
            " requests, ",
            tally.served,
            " served, ",
            tally.misdirected,
            " as reported");
    return tally;
}

TEST_CASE("small clusters") {
    const Tally tally =
        run({.plan = {}, .clusters = 2000, .requests = 40, .layout = {}, .winning = true});
    CHECK(tally.served > tally.requests / 20);
    CHECK(tally.served < tally.requests * 4 / 5);
}

TEST_CASE("many routes on few hostnames") {
    const Tally tally =
        run({.plan = {.gateways = 1, .listeners = 2, .routes = 80, .redirects = false},
             .clusters = 60,
             .requests = 150});
    CHECK(tally.served > tally.requests / 20);
}

TEST_CASE("very many routes on few hostnames") {
    const Tally tally = run({.plan = {.gateways = 1, .listeners = 1, .routes = 1000},
                             .clusters = 6,
                             .requests = 300,
                             .layout = {.most_layers = 40}});
    CHECK(tally.served > tally.requests / 20);
}

TEST_CASE("HTTPS listeners") {
    const Tally tally = run({.plan = {.gateways = 2, .listeners = 6, .routes = 10, .tls = true},
                             .clusters = 1000,
                             .requests = 40});
    CHECK(tally.served > tally.requests / 20);
    CHECK(tally.misdirected < tally.requests / 10);
}

TEST_CASE("many hostnames") {
    ClusterPlan plan{.gateways = 2, .listeners = 3, .routes = 1500, .hostnames = 1200};
    for (const bool tls : {false, true}) {
        plan.tls = tls;
        const Tally tally = run({.plan = plan,
                                 .clusters = 2,
                                 .requests = 300,
                                 .brute_force = false,
                                 .layout = {.most_layers = 40}});
        CHECK(tally.served > tally.requests / 20);
    }
}

}  // namespace
}  // namespace gatefile::properties
