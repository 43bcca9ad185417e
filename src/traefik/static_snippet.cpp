// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/static_snippet.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace gatefile::traefik {

namespace {

using Entries = std::vector<tree::Entry>;

tree::Node text(std::string_view value, tree::Arena& arena) {
    return tree::Node::string(arena.copy(value));
}

tree::Node map(const Entries& entries, tree::Arena& arena) {
    return tree::Node::map(arena.copy(entries));
}

std::uint16_t mapped(std::uint16_t port, const SlotSettings& slots) {
    for (const auto& [from, to] : slots.port_map) {
        if (from == port) return to;
    }
    return port;
}

const EntryPoint* find(const StaticConfig& config, std::uint16_t port, graph::Transport transport) {
    if (config.assumed) return nullptr;
    for (const EntryPoint& entry_point : config.entry_points) {
        if (entry_point.port == port && entry_point.transport == transport) return &entry_point;
    }
    return nullptr;
}

/// Traefik's own names for the two ports that everybody has.
std::string new_name(const WantedPort& wanted) {
    if (wanted.transport == graph::Transport::Udp) return fmt::format("udp-{}", wanted.port);
    if (wanted.port == 80) return "web";
    if (wanted.port == 443) return "websecure";
    return fmt::format("tcp-{}", wanted.port);
}

tree::Entry
entry_point(const WantedPort& wanted, const SnippetSettings& settings, tree::Arena& arena) {
    const bool udp = wanted.transport == graph::Transport::Udp;
    const std::uint16_t port = mapped(wanted.port, settings.slots);
    const EntryPoint* present = find(settings.present, port, wanted.transport);
    const std::string host = present != nullptr ? present->host : "";
    const std::string address = fmt::format("{}:{}{}", host, port, udp ? "/udp" : "");
    return {arena.copy(present != nullptr ? present->name : new_name(wanted)),
            {},
            map({{"address", {}, text(address, arena)}}, arena)};
}

tree::Node file_provider(const SnippetSettings& settings, tree::Arena& arena) {
    return map({{"file",
                 {},
                 map({{"directory", {}, text(settings.directory, arena)},
                      {"watch", {}, tree::Node::boolean(true)}},
                     arena)},
                {"providersThrottleDuration", {}, text("100ms", arena)}},
               arena);
}

tree::Node plugin_provider(const SnippetSettings& settings, tree::Arena& arena) {
    const tree::Node directory = map({{"directory", {}, text(settings.directory, arena)}}, arena);
    return map({{"plugin", {}, map({{"gatefile", {}, directory}}, arena)},
                {"providersThrottleDuration", {}, text("100ms", arena)}},
               arena);
}

tree::Node local_plugin(tree::Arena& arena) {
    const tree::Node module = map({{"moduleName", {}, text(plugin_module(), arena)}}, arena);
    // A plugin that cannot be loaded would leave Traefik up and empty.
    return map({{"abortOnPluginFailure", {}, tree::Node::boolean(true)},
                {"localPlugins", {}, map({{"gatefile", {}, module}}, arena)}},
               arena);
}

/// Where it is already, else the first port from 8099 on that no entry point has.
std::string inner_address(std::span<const WantedPort> wanted, const SnippetSettings& settings) {
    std::uint16_t port = 8099;
    for (const EntryPoint& present : settings.present.entry_points) {
        if (present.name != inner_entry_point_name) continue;
        const bool ipv6 = present.host.find(':') != std::string::npos;
        return ipv6 ? fmt::format("[{}]:{}", present.host, present.port)
                    : fmt::format("{}:{}", present.host, present.port);
    }
    const auto is_taken = [&] {
        return find(settings.present, port, graph::Transport::Tcp) != nullptr ||
               std::ranges::any_of(wanted, [&](const WantedPort& other) {
                   return mapped(other.port, settings.slots) == port;
               });
    };
    while (is_taken())
        ++port;
    return fmt::format("127.0.0.1:{}", port);
}

/// What the outer entry point has put into the forwarded headers holds for the inner one.
tree::Entry inner_entry_point(std::string_view address, tree::Arena& arena) {
    const bool ipv6 = address.starts_with('[');
    const std::vector<tree::Node> trusted{text(ipv6 ? "::1/128" : "127.0.0.1/32", arena)};
    const tree::Node headers =
        map({{"trustedIPs", {}, tree::Node::list(arena.copy(trusted))}}, arena);
    return {inner_entry_point_name,
            {},
            map({{"address", {}, text(address, arena)}, {"forwardedHeaders", {}, headers}}, arena)};
}

}  // namespace

tree::Node static_snippet(std::span<const WantedPort> wanted,
                          const SnippetSettings& settings,
                          tree::Arena& arena) {
    Entries entry_points;
    for (const WantedPort& port : wanted)
        entry_points.push_back(entry_point(port, settings, arena));
    if (settings.inner)
        entry_points.push_back(
            inner_entry_point(arena.copy(inner_address(wanted, settings)), arena));
    Entries top;
    if (!entry_points.empty()) top.push_back({"entryPoints", {}, map(entry_points, arena)});
    if (settings.format == Format::File) {
        top.push_back({"providers", {}, file_provider(settings, arena)});
    } else {
        top.push_back({"experimental", {}, local_plugin(arena)});
        top.push_back({"providers", {}, plugin_provider(settings, arena)});
    }
    return map(top, arena);
}

std::string_view plugin_module() {
    return "gatefile.dev/traefik-plugin";
}

std::string_view plugin_version() {
    constexpr std::string_view before = "\n\tversion = \"";
    for (const base::EmbeddedFile& file : plugin_files()) {
        const std::size_t at = file.bytes.find(before);
        if (file.name != "provider.go" || at == std::string_view::npos) continue;
        const std::string_view rest = file.bytes.substr(at + before.size());
        return rest.substr(0, rest.find('"'));
    }
    return {};
}

}  // namespace gatefile::traefik
