// SPDX-License-Identifier: Apache-2.0
#include "cluster.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "words.hpp"

namespace gatefile::properties {
namespace {

constexpr std::array<std::string_view, 12> patterns{
    "^/a", "b$", "a|b", "^/[a-c]+/", "/(?i)AB", "^/`\"$", ".", "a(", "%2F", "\\s", "\xC3\xA9", "^/a b$"};
constexpr std::size_t simple_patterns = 7;
constexpr std::array<std::string_view, 4> value_patterns{"^1", "2$", "[12]", "`|\""};
constexpr std::array<std::string_view, 5> rare_names{
    "X-Forwarded-Proto", "X-Forwarded-Host", "Accept-Encoding", "x_a", "Host"};

/// Self-signed for c.example, valid for a hundred years.
constexpr std::string_view certificate_pem = R"(-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUdGeWqGZM90ba2DE/s30+R9tPlC4wCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYzAgFw0yNjExMjMxODIwNDRaGA8yMTI2MTAzMDE4MjA0NFow
DDEKMAgGA1UEAwwBYzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPKYuRe2gEb4
dYrdFSwRplorGplhQHUBKh/h2ducYNngkuddnzvVgRn+XCUHNhFiVWK9XraUhGvj
yUKCes9ky0ijaTBnMB0GA1UdDgQWBBRqVmNL+jNNrGiqh9rJkHDUjBpEPzAfBgNV
HSMEGDAWgBRqVmNL+jNNrGiqh9rJkHDUjBpEPzAPBgNVHRMBAf8EBTADAQH/MBQG
A1UdEQQNMAuCCWMuZXhhbXBsZTAKBggqhkjOPQQDAgNIADBFAiEAuwdvuvfa33Xg
N58jEoBZHAWNCvZ/NqDuoFIzQNRR0qUCIG6XB3/KTy6PZ4XVLjxEOerK9lMAvHY/
LJ+3b+iRdzlj
-----END CERTIFICATE-----
)";

bool is_named(const std::vector<api::ValueMatch>& matches, std::string_view name) {
    return std::ranges::any_of(matches, [&](const auto& match) { return match.name == name; });
}

api::HttpRouteMatch make_match(Random& random, const ClusterPlan& plan) {
    const auto any_path = [&] { return plan.whole ? odd_path(random) : path(random); };
    api::HttpRouteMatch match;
    switch (random.below(8)) {
    case 0:
        break;
    case 1:
        // One is no pattern; hand-made graphs have faults of their own.
        match.path = {
            api::PathMatchType::RegularExpression,
            std::string(patterns[random.below(plan.whole ? patterns.size() : simple_patterns)])};
        break;
    case 2:
    case 3:
        match.path = {api::PathMatchType::Exact, any_path()};
        break;
    default:
        match.path = {api::PathMatchType::PathPrefix, any_path()};
        break;
    }
    match.headers = value_matches(random, plan);
    match.query_params = value_matches(random, plan);
    if (random.one_in(6)) match.method = random.pick(methods);
    return match;
}

void add_gateway(Random& random, const ClusterPlan& plan, Cluster& cluster) {
    auto spec = std::make_unique<api::Gateway>();
    spec->meta.ns = "infra";
    spec->meta.name = "g" + std::to_string(cluster.gateways.size());
    std::set<std::pair<std::uint16_t, std::string>> taken;
    const std::size_t count = 1 + random.below(plan.listeners);
    for (std::size_t i = 0; i < count; ++i) {
        const Port port = plan.tls && !random.one_in(4) ? ports[2] : random.pick(ports);
        std::string name = random.one_in(3) ? std::string() : hostname(random, plan);
        if (!taken.emplace(port.port, name).second) continue;
        api::Listener& written = spec->listeners.emplace_back();
        written.name = "l" + std::to_string(spec->listeners.size() - 1);
        written.port = port.port;
        written.protocol = port.tls ? "HTTPS" : "HTTP";
        if (!name.empty()) written.hostname = std::move(name);
        if (!port.tls) continue;
        written.tls.emplace();
        written.tls->certificate_refs.push_back(
            {"", "Secret", "c" + std::to_string(random.below(3)), {}});
        if (random.one_in(4)) written.tls->options = {{"gatefile.dev/min-version", "1.3"}};
        if (!plan.whole && random.one_in(8))
            written.tls->options = {{"gatefile.dev/cert-resolver", "acme"}};
    }
    cluster.gateways.push_back(std::move(spec));
}

/// One answer of its own.
void answer(Random& random,
            const ClusterPlan& plan,
            const std::string& name,
            api::HttpRouteRule& rule) {
    if (plan.redirects && random.one_in(6)) {
        rule.filters.push_back(api::RequestRedirect{.hostname = name});
    } else {
        rule.backend_refs.emplace_back().ref.name = name;
    }
}

void add_route(Random& random, const ClusterPlan& plan, Cluster& cluster) {
    auto spec = std::make_unique<api::HttpRoute>();
    const std::size_t number = cluster.routes.size();
    spec->meta.ns = random.one_in(2) ? "a" : "b";
    spec->meta.name = "r" + std::to_string(number);
    if (random.one_in(2)) {
        spec->meta.created = base::Timestamp{static_cast<std::int64_t>(random.below(3))};
    }
    for (std::size_t i = random.below(4); i > 0; --i) {
        std::string name = hostname(random, plan);
        if (!name.empty()) spec->hostnames.push_back(std::move(name));
    }
    spec->rules.resize(1 + random.below(4));
    for (std::size_t r = 0; r < spec->rules.size(); ++r) {
        api::HttpRouteRule& rule = spec->rules[r];
        for (std::size_t i = 1 + random.below(3); i > 0; --i)
            rule.matches.push_back(make_match(random, plan));
        if (plan.whole) {
            fill_rule(random, spec->meta.ns, number * 4 + r, rule, cluster);
        } else {
            answer(random, plan, "b" + std::to_string(number) + "-" + std::to_string(r), rule);
        }
    }
    add_parents(random, cluster, *spec, [](const api::Listener&) { return true; });
    cluster.routes.push_back(std::move(spec));
}

}  // namespace

std::vector<api::ValueMatch> value_matches(Random& random, const ClusterPlan& plan) {
    std::vector<api::ValueMatch> matches;
    while (random.one_in(5) && matches.size() < 3) {
        const bool rare = plan.whole && random.one_in(12);
        const std::string name(rare ? random.pick(rare_names) : random.pick(names));
        const bool is_pattern = random.one_in(4);
        if (plan.whole && is_named(matches, name)) continue;
        if (is_pattern) {
            matches.push_back({api::ValueMatchType::RegularExpression,
                               name,
                               std::string(random.pick(value_patterns))});
        } else {
            matches.push_back(
                {api::ValueMatchType::Exact, name, std::string(random.pick(values))});
        }
    }
    return matches;
}

std::unique_ptr<Cluster> make_objects(Random& random, const ClusterPlan& plan) {
    auto cluster = std::make_unique<Cluster>();
    cluster->certificate.meta.ns = "infra";
    cluster->certificate.meta.name = "c";
    cluster->certificate.data = {{"tls.crt", base::SecretBytes(std::string(certificate_pem))},
                                 {"tls.key", base::SecretBytes("KEY")}};
    for (std::size_t i = 1 + random.below(plan.gateways); i > 0; --i) {
        add_gateway(random, plan, *cluster);
    }
    const std::size_t routes = plan.hostnames > 0 ? plan.routes : 1 + random.below(plan.routes);
    for (std::size_t i = 0; i < routes; ++i)
        add_route(random, plan, *cluster);
    if (plan.whole) add_more(random, plan, *cluster);
    return cluster;
}

std::unique_ptr<Cluster> make_cluster(Random& random, const ClusterPlan& plan) {
    auto cluster = make_objects(random, plan);
    add_graph(random, *cluster);
    return cluster;
}

}  // namespace gatefile::properties
