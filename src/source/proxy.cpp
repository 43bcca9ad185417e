// SPDX-License-Identifier: Apache-2.0
#include "proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::source {

namespace {

/// IPv4 as ::ffff:a.b.c.d.
using Ip = std::array<unsigned char, 16>;

constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_ipv4(const Ip& ip) {
    return std::equal(mapped.begin(), mapped.end(), ip.begin());
}

std::optional<Ip> parse_ip(std::string_view text) {
    const std::string terminated(text);
    Ip ip{};
    if (inet_pton(AF_INET6, terminated.c_str(), ip.data()) == 1) return ip;
    std::copy(mapped.begin(), mapped.end(), ip.begin());
    if (inet_pton(AF_INET, terminated.c_str(), ip.data() + mapped.size()) == 1) return ip;
    return std::nullopt;
}

bool is_loopback(const Ip& ip) {
    return is_ipv4(ip) ? ip[12] == 127 : ip == Ip{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

struct Network {
    Ip ip{};
    std::size_t bits = 0;

    bool contains(const Ip& other) const {
        if (is_ipv4(ip) != is_ipv4(other)) return false;
        const std::size_t whole = bits / 8;
        if (!std::equal(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(whole), other.begin()))
            return false;
        const auto mask = static_cast<unsigned char>(0xff00u >> (bits % 8));
        return bits % 8 == 0 || ((ip[whole] ^ other[whole]) & mask) == 0;
    }
};

std::optional<Network> parse_network(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto ip = parse_ip(text.substr(0, slash));
    const auto bits = base::parse_int(text.substr(slash + 1));
    if (!ip || !bits) return std::nullopt;
    const std::size_t before = is_ipv4(*ip) ? 96 : 0;
    if (*bits < 0 || static_cast<std::size_t>(*bits) > 128 - before) return std::nullopt;
    return Network{*ip, before + static_cast<std::size_t>(*bits)};
}

/// Of "HOST:PORT" or "[HOST]:PORT"; of anything else the whole, and no port.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return {text, {}};
    const std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) return {host.substr(1, host.size() - 2), text.substr(colon + 1)};
    if (host.find(':') != std::string_view::npos) return {text, {}};
    return {host, text.substr(colon + 1)};
}

struct Server {
    std::string scheme;
    std::string host;
    std::string port;
};

Server parse_server(std::string_view url) {
    const std::size_t end = url.find("://");
    Server server{.scheme = std::string(url.substr(0, end)), .host = {}, .port = {}};
    std::string_view authority = url.substr(end + 3);
    authority = authority.substr(0, authority.find('/'));
    const auto [host, port] = split_port(authority);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    server.host = base::to_lower(bracketed ? host.substr(1, host.size() - 2) : host);
    server.port = port;
    if (port.empty()) server.port = server.scheme == "https" ? "443" : "80";
    return server;
}

/// One entry of NO_PROXY: an address, a network or a domain with all below it, perhaps with a port.
bool excludes(std::string_view entry, const Server& server, const std::optional<Ip>& ip) {
    if (const auto network = parse_network(entry)) return ip && network->contains(*ip);
    const auto [host, port] = split_port(entry);
    if (host.empty() || (!port.empty() && port != server.port)) return false;
    if (const auto address = parse_ip(host)) return ip == address;
    const std::string_view domain = host.starts_with("*.") ? host.substr(1) : host;
    if (domain.starts_with('.')) return server.host.ends_with(domain);
    return server.host == domain || server.host.ends_with('.' + std::string(domain));
}

bool is_reached_directly(const Server& server, std::string_view no_proxy) {
    const std::optional<Ip> ip = parse_ip(server.host);
    if (server.host == "localhost" || (ip && is_loopback(*ip))) return true;
    const std::string lower = base::to_lower(no_proxy);
    return std::ranges::any_of(base::split(lower, ','), [&](std::string_view raw) {
        const std::string_view entry = base::trim(raw);
        return entry == "*" || (!entry.empty() && excludes(entry, server, ip));
    });
}

/// The variable's name as it is set, and its value; "" when it is not.
std::pair<std::string, std::string> variable(const std::map<std::string, std::string>& environment,
                                             const std::string& name) {
    for (const std::string& spelling : {name, base::to_lower(name)}) {
        const auto found = environment.find(spelling);
        if (found != environment.end() && !found->second.empty()) return *found;
    }
    return {};
}

}  // namespace

base::Result<std::string>
proxy_of_environment(const std::string& server,
                     const std::map<std::string, std::string>& environment) {
    const Server parsed = parse_server(server);
    const auto named =
        variable(environment, parsed.scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY");
    if (named.second.empty() ||
        is_reached_directly(parsed, variable(environment, "NO_PROXY").second))
        return std::string();
    std::string url = named.second;
    if (url.find("://") == std::string::npos) url.insert(0, "http://");
    const bool is_known = std::ranges::any_of(
        std::array{"http://", "https://", "socks5://", "socks5h://"},
        [&](std::string_view scheme) { return url.starts_with(scheme) && url != scheme; });
    const bool is_printable =
        std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_known || !is_printable) {
        // It may hold a password.
        return base::Error{
            base::ErrorKind::Usage,
            fmt::format("{} must be a URL with scheme http, https or socks5, or NO_PROXY name {}",
                        named.first,
                        base::quote_for_message(parsed.host))};
    }
    return url;
}

}  // namespace gatefile::source
