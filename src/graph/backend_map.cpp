// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "addresses.hpp"
#include "gatefile/base/strings.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

struct Url {
    BackendProtocol protocol = BackendProtocol::Http;
    Endpoint endpoint;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const std::optional<std::int64_t> number = base::parse_int(text);
    if (!number || *number < 1 || *number > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

/// "host", "host:port" or "[address]:port"; without a port only where there is a usual one.
std::optional<Endpoint> parse_authority(std::string_view text,
                                        std::optional<std::uint16_t> default_port) {
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!is_ip_address(host)) return std::nullopt;
    } else {
        const std::size_t colon = text.find(':');
        host = text.substr(0, colon);
        if (colon != std::string_view::npos) port = text.substr(colon);
        if (!is_ip_address(host) && !is_dns_name(host)) return std::nullopt;
    }
    if (port.empty() && !default_port) return std::nullopt;
    if (port.empty()) return Endpoint{std::string(host), *default_port};
    if (!port.starts_with(':')) return std::nullopt;
    const std::optional<std::uint16_t> number = parse_port(port.substr(1));
    if (!number) return std::nullopt;
    return Endpoint{std::string(host), *number};
}

struct Scheme {
    std::string_view name;
    BackendProtocol protocol;
    std::optional<std::uint16_t> default_port;
};

constexpr std::array<Scheme, 5> schemes = {{
    {"http", BackendProtocol::Http, 80},
    {"https", BackendProtocol::Https, 443},
    {"h2c", BackendProtocol::H2c, 80},
    {"tcp", BackendProtocol::Tcp, std::nullopt},
    {"udp", BackendProtocol::Udp, std::nullopt},
}};

std::optional<Url> parse_url(std::string_view text) {
    const std::size_t separator = text.find("://");
    if (separator == std::string_view::npos) return std::nullopt;
    const std::string name = base::to_lower(text.substr(0, separator));
    const auto scheme = std::ranges::find(schemes, name, &Scheme::name);
    if (scheme == schemes.end()) return std::nullopt;
    std::string_view authority = text.substr(separator + 3);
    if (authority.ends_with('/')) authority.remove_suffix(1);
    const std::optional<Endpoint> endpoint = parse_authority(authority, scheme->default_port);
    if (!endpoint) return std::nullopt;
    return Url{scheme->protocol, *endpoint};
}

/// What speaks HTTP takes connections, too.
bool suits(BackendProtocol protocol, BackendUse use) {
    switch (use) {
    case BackendUse::Requests:
    case BackendUse::Grpc:
        return protocol != BackendProtocol::Tcp && protocol != BackendProtocol::Udp;
    case BackendUse::Connections:
        return protocol != BackendProtocol::Udp;
    case BackendUse::Datagrams:
        return protocol == BackendProtocol::Udp;
    }
    return false;
}

std::string_view hint(BackendUse use) {
    switch (use) {
    case BackendUse::Requests:
    case BackendUse::Grpc:
        return "write http://HOST:PORT, or https or h2c";
    case BackendUse::Connections:
        return "write tcp://HOST:PORT";
    case BackendUse::Datagrams:
        return "write udp://HOST:PORT";
    }
    return "";
}

}  // namespace

const std::string* find_mapped(const BackendSettings& settings,
                               std::string_view ns,
                               std::string_view name,
                               std::uint16_t port) {
    if (settings.map.empty()) return nullptr;
    const std::string service = fmt::format("{}/{}", ns, name);
    auto found = settings.map.find(fmt::format("{}:{}", service, port));
    if (found == settings.map.end()) found = settings.map.find(service);
    return found == settings.map.end() ? nullptr : &found->second;
}

void resolve_mapped(std::string_view url, BackendUse use, Resolution& resolution) {
    const std::optional<Url> parsed = parse_url(url);
    if (!parsed || !suits(parsed->protocol, use)) {
        resolution.backend.fails = true;
        resolution.findings.push_back(
            {diag::Code::BackendNotFound,
             fmt::format("the backend map leads to {}, which is no URL of a backend",
                         base::quote_for_message(url)),
             std::string(hint(use))});
        return;
    }
    const bool bytes = use == BackendUse::Connections || use == BackendUse::Datagrams;
    if (!bytes) resolution.backend.protocol = parsed->protocol;
    resolution.backend.endpoints.push_back(parsed->endpoint);
}

}  // namespace gatefile::graph
