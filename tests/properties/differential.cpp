// SPDX-License-Identifier: Apache-2.0
//
// What gatefile makes of generated clusters and says of requests to them, for
// tests/e2e/differential.py, which asks a stock Traefik the same:
//
//   differential-cases STATIC FORMAT REQUESTS SEED...    cases, JSON lines
//   differential-cases --manifests SEED                  a cluster's objects as YAML
//   differential-cases --client NAME                     certificate and key of a client
//
// A line with "published" begins a cluster, its requests follow.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "clients.hpp"
#include "cluster.hpp"
#include "encode.hpp"
#include "gatefile/analysis/explain.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/traefik/tls_roots.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/value.hpp"
#include "gatefile/tree/write.hpp"
#include "manifests.hpp"

namespace gatefile::properties {
namespace {

/// By bits of the seed that have nothing to do with which format it is tried in.
ClusterPlan plan_of(std::uint64_t seed) {
    ClusterPlan plan{.whole = true};
    const std::uint64_t mixed = Random(~seed).next();
    plan.grpc = (mixed & 1U) != 0;
    plan.streams = (mixed & 6U) == 0;
    plan.client_validation = (mixed & 24U) == 0;
    plan.listener_filters = (mixed & 96U) == 0;
    plan.rule_extras = (mixed & 128U) != 0;
    plan.tls = seed % 3 == 0 || plan.streams || plan.client_validation;
    if (seed % 5 == 0) plan.routes = 30;
    if (seed % 7 == 0) plan.listeners = 8;
    if (seed % 11 == 0) {
        plan.hostnames = 30;
        plan.routes = 60;
    }
    return plan;
}

void print_line(const tree::Value& value) {
    tree::Arena arena;
    const std::string line = tree::write_json(to_node(value, tree::Secrets::Reveal, arena),
                                              tree::JsonStyle::Compact);
    std::fwrite(line.data(), 1, line.size(), stdout);
}

base::Result<Translation> translated(const std::string& yaml, const Settings& settings) {
    diag::Diagnostics found;
    api::SnapshotBuilder builder({});
    const auto source = std::make_shared<const std::string>("generated.yaml");
    for (const tree::Document& document : tree::read(yaml, source).documents)
        builder.add(document, found);
    return translate(builder.finish(), settings, std::move(found));
}

/// What the API server would not have taken; there should be none.
std::string refused(const diag::Diagnostics& diagnostics) {
    for (const diag::Diagnostic& one : diagnostics.items()) {
        if (diag::info(one.code).klass == diag::Class::Refused)
            return fmt::format("{} {}: {}", one.object.text(), one.path.text(), one.detail);
    }
    return "";
}

void print_cluster(std::uint64_t seed, const Cluster& cluster, const Translation& translation) {
    tree::Value addresses;
    for (const Service& one : cluster.services) {
        if (!one.address.empty()) set(addresses, one.ns + "/" + one.name, text(one.address));
    }
    tree::Value certificates;
    for (const ir::Certificate& certificate : translation.ir.certificates)
        set(certificates, certificate.id, text(certificate.fingerprint));
    tree::Value line;
    set(line, "seed", {.data = static_cast<std::int64_t>(seed)});
    set(line, "refused", text(refused(translation.diagnostics)));
    set(line, "certificates", std::move(certificates));
    set(line, "addresses", std::move(addresses));
    set(line, "published", text(translation.files.files.front().bytes));
    print_line(line);
}

const Client* find_client(std::string_view name) {
    const auto* at = std::ranges::find(clients, name, &Client::name);
    return at == clients.end() ? nullptr : at;
}

bool print_request(const Translation& translation,
                   const ir::Matcher& matcher,
                   const Sent& sent,
                   const analysis::ExplainSettings& settings) {
    auto question = analysis::make_question(sent.method, sent.url);
    if (!question) return false;
    for (const std::string& header : sent.headers) {
        if (!add_header(*question, header)) return false;
    }
    question->sni = sent.sni;
    if (const Client* client = find_client(sent.client))
        question->client_certificate = client->certificate;
    analysis::Explanation found =
        analysis::explain(translation.graph, translation.ir, matcher, *question, settings);
    found.losers.clear();
    tree::Value line;
    set(line, "method", text(sent.method));
    set(line, "url", text(sent.url));
    tree::Value::List headers;
    for (const std::string& header : sent.headers)
        headers.push_back(text(header));
    set(line, "headers", {.data = std::move(headers)});
    if (sent.sni) set(line, "sni", text(*sent.sni));
    if (!sent.client.empty()) set(line, "client", text(sent.client));
    set(line, "found", text(print_json(found)));
    print_line(line);
    return true;
}

bool print_cases(const Settings& settings, std::uint64_t seed, std::size_t requests) {
    Random random(seed);
    const ClusterPlan plan = plan_of(seed);
    const auto cluster = make_objects(random, plan);
    const auto translation = translated(manifests(*cluster), settings);
    if (!translation) {
        std::fprintf(stderr, "seed %lu: %s\n", seed, translation.error().text.c_str());
        return false;
    }
    print_cluster(seed, *cluster, *translation);
    const bool exact = settings.render.format == traefik::Format::Plugin;
    const analysis::ExplainSettings how{
        .redirects = exact ? analysis::Redirects::Exact : analysis::Redirects::GetOnly,
        .default_certificate = {},
        .tls_roots = traefik::tls_roots(translation->ir, settings.render),
        .now = base::wall_clock()};
    const ir::Matcher matcher(translation->ir);
    for (std::size_t i = 0; i < requests; ++i) {
        const Sent sent = make_sent(random, plan, *cluster);
        if (print_request(*translation, matcher, sent, how)) continue;
        std::fprintf(stderr, "seed %lu: not a question: %s\n", seed, sent.url.c_str());
        return false;
    }
    return true;
}

std::uint64_t number(const char* text) {
    return std::strtoull(text, nullptr, 10);
}

int run(int count, char** words) {
    if (count == 3 && std::string_view(words[1]) == "--manifests") {
        Random random(number(words[2]));
        const std::string yaml = manifests(*make_objects(random, plan_of(number(words[2]))));
        std::fwrite(yaml.data(), 1, yaml.size(), stdout);
        return 0;
    }
    if (count == 3 && std::string_view(words[1]) == "--client") {
        const Client* client = find_client(words[2]);
        if (client == nullptr) return 2;
        std::fputs((std::string(client->certificate) + std::string(client->key)).c_str(), stdout);
        return 0;
    }
    if (count < 5) {
        std::fprintf(stderr,
                     "STATIC FORMAT REQUESTS SEED..., --manifests SEED or --client NAME is "
                     "wanted\n");
        return 2;
    }
    std::ifstream file(words[1]);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    auto config = traefik::parse_static_yaml(bytes);
    if (!config) {
        std::fprintf(stderr, "%s: %s\n", words[1], config.error().text.c_str());
        return 2;
    }
    Settings settings;
    settings.static_config = std::move(*config);
    settings.render.format = std::string_view(words[2]) == "plugin" ? traefik::Format::Plugin
                                                                    : traefik::Format::File;
    for (int i = 4; i < count; ++i) {
        if (!print_cases(settings, number(words[i]), number(words[3]))) return 1;
    }
    return 0;
}

}  // namespace
}  // namespace gatefile::properties

int main(int count, char** words) {
    return gatefile::properties::run(count, words);
}
