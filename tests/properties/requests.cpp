// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "aim.hpp"
#include "clients.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::properties {

std::string host_for(Random& random, const ClusterPlan& plan, std::string host) {
    if (host.empty()) host = exact_host(random, plan);
    if (host.starts_with("*.")) {
        host.erase(0, 1);
        for (std::size_t depth = 1 + random.below(2); depth > 0; --depth) {
            host = std::string(random.pick(labels)) + (host.front() == '.' ? "" : ".") + host;
        }
    }
    if (random.one_in(8)) host[0] = host[0] == 'a' ? 'A' : host[0];
    if (random.one_in(8)) host += '.';
    if (plan.whole && random.one_in(40)) host.insert(0, ".");
    if (random.one_in(4)) host += ":8443";
    return host;
}

const api::Listener* find_listener(const Cluster& cluster, const api::ParentRef& parent) {
    for (const auto& gateway : cluster.gateways) {
        if (gateway->meta.name != parent.name) continue;
        for (const api::Listener& listener : gateway->listeners) {
            if (listener.name == parent.section_name) return &listener;
        }
    }
    return nullptr;
}

Port port_of(const api::Listener& listener) {
    for (const Port& port : ports) {
        if (port.port == listener.port) return port;
    }
    return ports[0];
}

Pairs wanted_values(Random& random, const std::vector<api::ValueMatch>& matches) {
    Pairs out;
    for (const api::ValueMatch& match : matches) {
        if (match.name == "Host") continue;
        const bool exact = match.type == api::ValueMatchType::Exact;
        out.emplace_back(match.name,
                         exact ? match.value : std::string(random.one_in(2) ? "12" : "`) \""));
    }
    return out;
}

void aim_at_route(Random& random,
                  const ClusterPlan& plan,
                  const Cluster& cluster,
                  const api::Route& route,
                  Aim& aim) {
    std::string host = route.hostnames.empty() ? std::string() : random.pick(route.hostnames);
    if (!route.parent_refs.empty()) {
        const api::ParentRef parent = random.pick(route.parent_refs);
        if (const api::Listener* listener = find_listener(cluster, parent)) {
            aim.port = port_of(*listener);
            host = intersect(listener->hostname.value_or(""), host).value_or(host);
        }
    }
    aim.host = host_for(random, plan, host);
}

namespace {

std::string request_host(Random& random, const ClusterPlan& plan, const Cluster& cluster) {
    std::string host = hostname(random, plan);
    if (random.one_in(2) && !cluster.routes.empty()) {
        const api::HttpRoute& route = *cluster.routes[random.below(cluster.routes.size())];
        if (!route.hostnames.empty()) host = random.pick(route.hostnames);
    }
    return host.empty() && random.one_in(8) ? "" : host_for(random, plan, host);
}

/// What no hostname covers, or only looks as if.
std::string odd_host(Random& random) {
    constexpr std::array<std::string_view, 14> odd{
        ".x", ".b.x", "..x", "a..x", "x..", "[::1]", "[::1]:80", "127.0.0.1", "a_b.x", "x:", "x:80:80",
        "xn--caf-dma.x", "ABC.X", "*.x"};
    return std::string(random.pick(odd));
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

/// The same path, or one that only looks like it.
std::string respelled(Random& random, std::string_view path) {
    constexpr std::array<std::string_view, 12> raw{
        "\"", "<>", "|", "^", "{}", "`", "\\", "..;", "%3b", "%00", "\xC3\xA9", "[]"};
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '%') {
            out += random.one_in(4) ? base::to_lower(path.substr(i, 3))
                                    : std::string(path.substr(i, 3));
            i += 2;
        } else if (c == '/' && random.one_in(30)) {
            out += "//";
        } else if (c == '/' && random.one_in(30)) {
            out += "/./";
        } else if (c == '/' && random.one_in(40)) {
            out += "/%2E%2e/";
        } else if (c == '/' && random.one_in(30)) {
            out += "/" + std::string(random.pick(raw));
        } else if (c != '/' && random.one_in(20)) {
            out += random.one_in(2) ? fmt::format("%{:02x}", byte) : fmt::format("%{:02X}", byte);
        } else {
            out += c;
        }
    }
    return out;
}

std::string query_text(Random& random, std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '*' || c == '|';
        if (c == ' ' && random.one_in(2)) {
            out += '+';
        } else if (!plain || random.one_in(20)) {
            out += fmt::format("%{:02X}", byte);
        } else {
            out += c;
        }
    }
    return out;
}

std::string wanted_path(Random& random, const api::PathMatch& match) {
    switch (match.type) {
    case api::PathMatchType::Exact:
        return match.value;
    case api::PathMatchType::PathPrefix:
        if (random.one_in(2)) return match.value;
        return match.value + (match.value.ends_with('/') ? path(random).substr(1) : path(random));
    case api::PathMatchType::RegularExpression:
        break;
    }
    return path(random);
}

Aim any_aim(Random& random, const ClusterPlan& plan, const Cluster& cluster) {
    Aim aim;
    aim.port = plan.tls && random.one_in(2) ? ports[2] : random.pick(ports);
    aim.host = request_host(random, plan, cluster);
    aim.path = request_path(random, cluster);
    aim.method = random.pick(methods);
    return aim;
}

/// At one match of a route on one listener.
Aim aim_at_match(Random& random, const ClusterPlan& plan, const Cluster& cluster) {
    Aim aim = any_aim(random, plan, cluster);
    const api::HttpRoute& route = *cluster.routes[random.below(cluster.routes.size())];
    const api::HttpRouteRule& rule = route.rules[random.below(route.rules.size())];
    const api::HttpRouteMatch& match = rule.matches[random.below(rule.matches.size())];
    aim_at_route(random, plan, cluster, route, aim);
    aim.path = wanted_path(random, match.path);
    if (match.method) aim.method = *match.method;
    aim.headers = wanted_values(random, match.headers);
    aim.query = wanted_values(random, match.query_params);
    return aim;
}

/// And beside it.
void miss(Random& random, const ClusterPlan& plan, const Cluster& cluster, Aim& aim) {
    constexpr std::array<std::string_view, 6> other_methods{
        "PUT", "DELETE", "OPTIONS", "PATCH", "get", "PURGE"};
    switch (random.below(5)) {
    case 0:
        aim.method = random.pick(other_methods);
        break;
    case 1:
        aim.host = random.one_in(3) ? odd_host(random) : request_host(random, plan, cluster);
        break;
    case 2:
        aim.path = request_path(random, cluster);
        break;
    case 3:
        if (!aim.headers.empty()) aim.headers.pop_back();
        break;
    default:
        if (!aim.query.empty()) aim.query.pop_back();
        break;
    }
}

std::string query_piece(Random& random) {
    constexpr std::array<std::string_view, 12> odd{
        "", "=", "=1", "X-A=1=2", "%58-A=%31", "x%2DA=1", "X-A=1;X-B=2", "X-A=%zz", "X-A=1%", "?",
        "X-B=\xC3\xA9", "/../"};
    const std::string name(random.pick(names));
    switch (random.below(8)) {
    case 0:
        return std::string(random.pick(odd));
    case 1:
        return name;
    case 2:
        return name + "=";
    case 3:
        return "set=" + name + ":" + std::string(values[random.below(3)]);
    default:
        return query_text(random, name) + "=" + query_text(random, random.pick(values));
    }
}

std::string header_line(Random& random) {
    constexpr std::array<std::string_view, 9> other{
        "Accept: 1", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.x", "x_a: 1",
        "Accept-Encoding: 12", "Origin: http://a.x", "Origin: https://c.b.x",
        "Origin: http://a.x:8080", "Access-Control-Request-Method: PUT"};
    if (random.one_in(4)) return std::string(random.pick(other));
    const std::string name(random.pick(names));
    const std::string value(random.pick(values));
    if (random.one_in(12)) return name + ":";
    if (random.one_in(12)) return name + ": " + value + ", 2";
    if (random.one_in(12)) return name + ":  " + value + " ";
    return name + ": " + value;
}

/// The backend answers the first requests with this key with an error.
void fail_at_first(Random& random, Aim& aim) {
    constexpr std::array<std::string_view, 4> codes{"500", "502", "503", "418"};
    aim.query.emplace_back("fail", std::to_string(1 + random.below(4)));
    aim.query.emplace_back("code", random.pick(codes));
    aim.query.emplace_back("key", std::to_string(random.below(1'000'000'000)));
}

std::optional<std::string>
server_name(Random& random, const ClusterPlan& plan, const Cluster& cluster, std::string host) {
    if (random.one_in(12)) return std::nullopt;
    if (random.one_in(4)) host = request_host(random, plan, cluster);
    host = host.substr(0, host.find(':'));
    if (host.ends_with('.')) host.pop_back();
    const bool is_name =
        !host.empty() && host.front() != '.' && host.find("..") == std::string::npos &&
        std::ranges::all_of(host, [](char c) { return c == '.' || c == '-' || std::isalnum(c); }) &&
        std::ranges::any_of(host, [](char c) { return std::isalpha(c); });
    if (!is_name) return std::nullopt;
    return host;
}

}  // namespace

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

Sent make_sent(Random& random, const ClusterPlan& plan, const Cluster& cluster) {
    Aim aim = random.one_in(6) ? any_aim(random, plan, cluster)
                               : aim_at_match(random, plan, cluster);
    if (random.one_in(3) && (plan.grpc || plan.streams)) {
        const bool at_stream = random.one_in(2) && aim_at_stream(random, plan, cluster, aim);
        if (!at_stream) aim_at_call(random, plan, cluster, aim);
    }
    if (random.one_in(4)) miss(random, plan, cluster, aim);
    if (plan.rule_extras && random.one_in(6)) fail_at_first(random, aim);
    Sent sent;
    sent.method = aim.method;
    sent.url = fmt::format("{}://gatefile.test:{}{}",
                           aim.port.tls ? "https" : "http",
                           aim.port.port,
                           respelled(random, aim.path));
    std::vector<std::string> pieces;
    for (const auto& [name, value] : aim.query)
        pieces.push_back(query_text(random, name) + "=" + query_text(random, value));
    for (std::size_t i = random.one_in(3) ? 1 + random.below(3) : 0; i > 0; --i)
        pieces.insert(random.one_in(2) ? pieces.begin() : pieces.end(), query_piece(random));
    if (!pieces.empty() || random.one_in(20)) sent.url += "?" + base::join(pieces, "&");
    sent.headers.push_back("Host: " + aim.host);
    for (const auto& [name, value] : aim.headers)
        sent.headers.push_back(name + ": " + value);
    while (random.one_in(4) && sent.headers.size() < 6)
        sent.headers.insert(sent.headers.begin() + 1 +
                                static_cast<std::ptrdiff_t>(random.below(sent.headers.size())),
                            header_line(random));
    if (aim.port.tls) sent.sni = server_name(random, plan, cluster, aim.host);
    if (aim.port.tls && plan.client_validation && !random.one_in(4))
        sent.client = random.pick(clients).name;
    return sent;
}

}  // namespace gatefile::properties
