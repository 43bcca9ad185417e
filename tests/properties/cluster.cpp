// SPDX-License-Identifier: Apache-2.0
#include "cluster.hpp"

#include <array>
#include <set>
#include <utility>

namespace gatefile::properties {
namespace {

constexpr std::array<std::string_view, 6> labels{"a", "b", "ab", "abc", "a-b", "x"};
constexpr std::array<std::string_view, 3> domains{"x", "ax", "b.x"};
constexpr std::array<std::string_view, 9> segments{
    "a", "b", "ab", "abc", "a%20b", "a%2fb", "%61", "~$", "%C3%A9"};
constexpr std::array<std::string_view, 7> patterns{
    "^/a", "b$", "a|b", "^/[a-c]+/", "/(?i)AB", "^/`\"$", "."};
constexpr std::array<std::string_view, 4> names{"X-A", "x-a", "X-B", "Version"};
constexpr std::array<std::string_view, 7> values{
    "1", "2", "12", "`) || Host(`*`", "\"\\", "{{ env \"HOME\" }}", "\t\xC3\xA9"};
constexpr std::array<std::string_view, 4> value_patterns{"^1", "2$", "[12]", "`|\""};
constexpr std::array<std::string_view, 3> methods{"GET", "POST", "HEAD"};

struct Port {
    std::string_view entry_point;
    std::uint16_t port;
    bool tls;
};
constexpr std::array<Port, 3> ports{
    {{"web", 80, false}, {"alt", 8080, false}, {"secure", 443, true}}};

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

std::string many_host(std::size_t number) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
    std::string word;
    for (std::size_t rest = number * 7919 + 11; word.size() < 3 || rest > 0; rest /= 26) {
        word += letters[rest % 26];
    }
    return word + std::to_string(number % 10) + ".apps.x";
}

std::string exact_host(Random& random, const ClusterPlan& plan) {
    if (plan.hostnames > 0 && !random.one_in(4)) return many_host(random.below(plan.hostnames));
    std::string host(random.pick(domains));
    for (std::size_t depth = random.below(3); depth > 0; --depth) {
        host = std::string(random.pick(labels)) + "." + host;
    }
    return host;
}

std::string hostname(Random& random, const ClusterPlan& plan) {
    if (random.one_in(5)) return "";
    const std::string host = exact_host(random, plan);
    if (plan.hostnames > 0 && random.one_in(10)) return "*.apps.x";
    return random.one_in(3) ? "*." + host : host;
}

std::string path(Random& random) {
    std::string out;
    for (std::size_t depth = random.below(4); depth > 0; --depth) {
        out += "/" + std::string(random.pick(segments));
    }
    if (out.empty() || random.one_in(4)) out += "/";
    return out;
}

std::vector<api::ValueMatch> value_matches(Random& random) {
    std::vector<api::ValueMatch> matches;
    while (random.one_in(5) && matches.size() < 3) {
        if (random.one_in(4)) {
            matches.push_back({api::ValueMatchType::RegularExpression,
                               std::string(random.pick(names)),
                               std::string(random.pick(value_patterns))});
        } else {
            matches.push_back({api::ValueMatchType::Exact,
                               std::string(random.pick(names)),
                               std::string(random.pick(values))});
        }
    }
    return matches;
}

api::HttpRouteMatch make_match(Random& random) {
    api::HttpRouteMatch match;
    switch (random.below(8)) {
    case 0:
        break;
    case 1:
        match.path = {api::PathMatchType::RegularExpression, std::string(random.pick(patterns))};
        break;
    case 2:
    case 3:
        match.path = {api::PathMatchType::Exact, path(random)};
        break;
    default:
        match.path = {api::PathMatchType::PathPrefix, path(random)};
        break;
    }
    match.headers = value_matches(random);
    match.query_params = value_matches(random);
    if (random.one_in(6)) match.method = random.pick(methods);
    return match;
}

void add_gateway(Random& random, const ClusterPlan& plan, Cluster& cluster) {
    auto spec = std::make_unique<api::Gateway>();
    spec->meta.ns = "infra";
    spec->meta.name = "g" + std::to_string(cluster.gateways.size());
    graph::Gateway& gateway = cluster.graph.gateways.emplace_back();
    gateway.spec = spec.get();
    gateway.accepted = true;
    std::set<std::pair<std::uint16_t, std::string>> taken;
    const std::size_t count = 1 + random.below(plan.listeners);
    for (std::size_t i = 0; i < count; ++i) {
        const Port port = plan.tls && !random.one_in(4) ? ports[2] : random.pick(ports);
        std::string name = random.one_in(3) ? std::string() : hostname(random, plan);
        if (!taken.emplace(port.port, name).second) continue;
        graph::Listener& listener = gateway.listeners.emplace_back();
        listener.protocol = port.tls ? graph::Protocol::Https : graph::Protocol::Http;
        listener.hostname = std::move(name);
        listener.accepted = true;
        listener.serves = !random.one_in(12);
        listener.entry_point = port.entry_point;
        api::Listener& written = spec->listeners.emplace_back();
        written.name = "l" + std::to_string(gateway.listeners.size() - 1);
        written.port = port.port;
        if (port.tls) {
            written.tls.emplace();
            listener.certificates = {&cluster.certificate};
            if (random.one_in(4)) written.tls->options = {{"gatefile.dev/min-version", "1.3"}};
            if (random.one_in(8)) written.tls->options = {{"gatefile.dev/cert-resolver", "acme"}};
        }
    }
    for (std::size_t i = 0; i < gateway.listeners.size(); ++i) {
        gateway.listeners[i].spec = &spec->listeners[i];
        gateway.listeners[i].index = i;
    }
    cluster.gateways.push_back(std::move(spec));
}

std::vector<graph::EffectiveHostname> effective(std::string_view listener,
                                                const std::vector<std::string>& hostnames) {
    if (hostnames.empty()) return {{std::string(listener), ""}};
    std::vector<graph::EffectiveHostname> found;
    for (const std::string& written : hostnames) {
        if (auto common = intersect(listener, written)) found.push_back({*common, written});
    }
    return found;
}

void attach(Random& random, Cluster& cluster, graph::Route& route) {
    for (std::size_t g = 0; g < cluster.graph.gateways.size(); ++g) {
        const graph::Gateway& gateway = cluster.graph.gateways[g];
        graph::Parent& parent = route.parents.emplace_back();
        parent.index = g;
        parent.gateway = g;
        parent.accepted = !random.one_in(8);
        for (std::size_t l = 0; l < gateway.listeners.size(); ++l) {
            if (random.one_in(3)) continue;
            auto hostnames = effective(gateway.listeners[l].hostname, route.spec->hostnames);
            if (!hostnames.empty()) parent.attachments.push_back({g, l, std::move(hostnames)});
        }
    }
}

void add_route(Random& random, const ClusterPlan& plan, Cluster& cluster) {
    auto spec = std::make_unique<api::HttpRoute>();
    const std::string number = std::to_string(cluster.routes.size());
    spec->meta.ns = random.one_in(2) ? "a" : "b";
    spec->meta.name = "r" + number;
    if (random.one_in(2)) {
        spec->meta.created = base::Timestamp{static_cast<std::int64_t>(random.below(3))};
    }
    for (std::size_t i = random.below(4); i > 0; --i) {
        std::string name = hostname(random, plan);
        if (!name.empty()) spec->hostnames.push_back(std::move(name));
    }
    graph::Route& route = cluster.graph.routes.emplace_back();
    route.spec = spec.get();
    spec->rules.resize(1 + random.below(4));
    for (std::size_t r = 0; r < spec->rules.size(); ++r) {
        api::HttpRouteRule& written = spec->rules[r];
        for (std::size_t i = 1 + random.below(3); i > 0; --i) {
            written.matches.push_back(make_match(random));
        }
        const std::string name = "b" + number + "-" + std::to_string(r);
        graph::Rule& rule = route.rules.emplace_back();
        rule.spec = &written;
        rule.index = r;
        rule.valid = !random.one_in(10);
        for (std::size_t i = 0; i < written.matches.size(); ++i) {
            rule.match_valid.push_back(!random.one_in(20));
        }
        if (plan.redirects && random.one_in(6)) {
            written.filters.push_back(api::RequestRedirect{.hostname = name});
            rule.filters.push_back({&written.filters[0], {}});
            continue;
        }
        written.backend_refs.emplace_back();
        graph::BackendRef& ref = rule.backends.emplace_back();
        ref.spec = &written.backend_refs[0];
        ref.backend.ns = spec->meta.ns;
        ref.backend.name = name;
        ref.backend.port = 80;
        ref.backend.endpoints = {{name, 80}};
    }
    attach(random, cluster, route);
    cluster.routes.push_back(std::move(spec));
}

std::string request_host(Random& random, const ClusterPlan& plan, const Cluster& cluster) {
    std::string host = hostname(random, plan);
    if (random.one_in(2) && !cluster.routes.empty()) {
        const api::HttpRoute& route = *cluster.routes[random.below(cluster.routes.size())];
        if (!route.hostnames.empty()) host = random.pick(route.hostnames);
    }
    if (host.empty()) return random.one_in(8) ? "" : exact_host(random, plan);
    if (host.starts_with("*.")) {
        host.erase(0, 1);
        for (std::size_t depth = 1 + random.below(2); depth > 0; --depth) {
            host = std::string(random.pick(labels)) + (host.front() == '.' ? "" : ".") + host;
        }
    }
    if (random.one_in(8)) host[0] = 'A';
    if (random.one_in(8)) host += '.';
    if (random.one_in(4)) host += ":8443";
    return host;
}

std::string request_path(Random& random, const Cluster& cluster) {
    std::string sent = path(random);
    if (random.one_in(2) && !cluster.routes.empty()) {
        const api::HttpRoute& route = *cluster.routes[random.below(cluster.routes.size())];
        const api::HttpRouteRule& rule = route.rules[random.below(route.rules.size())];
        const api::PathMatch& match = rule.matches[random.below(rule.matches.size())].path;
        if (match.type != api::PathMatchType::RegularExpression) sent = match.value;
        if (random.one_in(3)) sent += path(random);
    }
    if (random.one_in(8)) sent += "/../" + std::string(random.pick(segments));
    if (random.one_in(8)) sent += "/%2e";
    return sent;
}

}  // namespace

std::uint64_t Random::next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

std::unique_ptr<Cluster> make_cluster(Random& random, const ClusterPlan& plan) {
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
    return cluster;
}

ir::Request make_request(Random& random, const ClusterPlan& plan, const Cluster& cluster) {
    const Port port = plan.tls && random.one_in(2) ? ports[2] : random.pick(ports);
    ir::Request request{
        .entry_point = std::string(port.entry_point),
        .tls = port.tls,
        .host = request_host(random, plan, cluster),
        .method = std::string(random.pick(methods)),
        .path = request_path(random, cluster),
    };
    while (random.one_in(2) && request.headers.size() < 4) {
        request.headers.emplace_back(random.pick(names), random.pick(values));
    }
    while (random.one_in(2) && request.query.size() < 4) {
        request.query.emplace_back(random.pick(names), random.pick(values));
    }
    return request;
}

std::optional<std::string> intersect(std::string_view listener, std::string_view route) {
    if (ir::hostname_covers(listener, route)) return std::string(route);
    if (ir::hostname_covers(route, listener)) return std::string(listener);
    return std::nullopt;
}

}  // namespace gatefile::properties
