// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "default_certificate.hpp"
#include "gatefile/api/label_selector.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/base/unique_fd.hpp"
#include "gatefile/probe/traefik_api.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::cli {

base::Error usage(std::string_view option, std::string_view value, std::string_view wanted) {
    return {base::ErrorKind::Usage,
            fmt::format("{} {}: {}", option, base::quote_for_message(value), wanted)};
}

base::Result<std::optional<std::chrono::milliseconds>> duration(std::string_view option,
                                                                const std::string& text) {
    if (text.empty()) return std::optional<std::chrono::milliseconds>();
    const auto parsed = base::parse_duration(text);
    if (!parsed) return usage(option, text, "a duration such as 500ms, 30s or 1m is wanted");
    return parsed;
}

namespace {

base::Result<graph::AddressSettings> addresses(const Options& options) {
    graph::AddressSettings settings{.fixed = options.status_addresses, .service = {}};
    const std::string& service = options.publish_service;
    if (service.empty()) return settings;
    const std::size_t slash = service.find('/');
    if (slash == std::string::npos) return usage("--publish-service", service, "NS/NAME is wanted");
    settings.service = {.ns = service.substr(0, slash), .name = service.substr(slash + 1)};
    return settings;
}

base::Result<void> add_backend(std::string_view text, graph::BackendSettings& settings) {
    const std::size_t equals = text.find('=');
    const std::string_view url = equals == std::string_view::npos ? "" : text.substr(equals + 1);
    const bool known = url.starts_with("http://") || url.starts_with("https://") ||
                       url.starts_with("h2c://") || url.starts_with("tcp://") ||
                       url.starts_with("udp://");
    if (!known || text.substr(0, equals).find('/') == std::string_view::npos) {
        return usage("--backend-map", text, "NS/SERVICE[:PORT]=http://HOST:PORT is wanted");
    }
    settings.map[std::string(text.substr(0, equals))] = url;
    return {};
}

base::Result<graph::BackendSettings> backends(const Options& options) {
    graph::BackendSettings result;
    result.external_names = options.allow_external_name;
    result.node_addresses = options.node_addresses;
    const std::string& mode = options.backends;
    if (mode.starts_with("map=")) {
        auto text = read_whole_file(mode.substr(4));
        if (!text) return text.error();
        for (const std::string_view raw : base::split(*text, '\n')) {
            const std::string_view line = base::trim(raw);
            if (line.empty() || line.front() == '#') continue;
            if (auto added = add_backend(line, result); !added) return added.error();
        }
    } else if (mode == "auto") {
        result.mode = graph::BackendMode::Auto;
    } else if (mode == "endpoints") {
        result.mode = graph::BackendMode::Endpoints;
    } else if (mode == "clusterip") {
        result.mode = graph::BackendMode::ClusterIp;
    } else if (mode == "nodeport") {
        if (options.node_addresses.empty()) {
            return usage("--backends", mode, "--node-address ADDRESS is wanted with it");
        }
        result.mode = graph::BackendMode::NodePort;
    } else if (mode == "loadbalancer") {
        result.mode = graph::BackendMode::LoadBalancer;
    } else if (mode == "dns") {
        result.mode = graph::BackendMode::Dns;
    } else {
        return usage(
            "--backends",
            mode,
            "auto, endpoints, clusterip, nodeport, loadbalancer, dns or map=FILE is wanted");
    }
    for (const std::string& text : options.backend_map) {
        if (auto added = add_backend(text, result); !added) return added.error();
    }
    return result;
}

base::Result<traefik::StaticConfig> static_file(const std::string& path) {
    auto text = read_whole_file(path);
    if (!text) return text.error();
    auto config = path.ends_with(".toml") ? traefik::parse_static_toml(*text)
                                          : traefik::parse_static_yaml(*text);
    if (config) return config;
    // The file could be read: what is wrong is in it.
    return base::Error{base::ErrorKind::Usage, config.error().text}.within("--traefik-config " +
                                                                           path);
}

base::Result<traefik::StaticConfig> told_static_config(const Options& options) {
    traefik::StaticConfig config;
    if (!options.traefik_config.empty()) {
        auto parsed = static_file(options.traefik_config);
        if (!parsed) return parsed;
        config = std::move(*parsed);
    } else if (!options.traefik_args.empty()) {
        auto text = read_whole_file(options.traefik_args);
        if (!text) return text.error();
        auto parsed = traefik::parse_static_args(*text);
        if (!parsed) return parsed.error().within("--traefik-args " + options.traefik_args);
        config = std::move(*parsed);
    } else if (!options.traefik_api.empty() && options.entry_points.empty()) {
        auto asked = probe::read_static_config(options.traefik_api);
        if (!asked) return asked.error().within("--traefik-api");
        config = std::move(*asked);
    }
    for (const std::string& text : options.entry_points) {
        auto entry_point = traefik::parse_entry_point(text);
        if (!entry_point) return entry_point.error().within("--entrypoint");
        config.entry_points.push_back(std::move(*entry_point));
    }
    const bool told = !options.traefik_config.empty() || !options.traefik_args.empty() ||
                      !options.traefik_api.empty() || !options.entry_points.empty();
    if (!told) return traefik::assumed_static_config();
    // Of --entrypoint, and of a file that has the entry points alone.
    config.providers_unknown = config.other_providers.empty();
    return config;
}

base::Result<traefik::StaticConfig> static_config(const Options& options) {
    auto config = told_static_config(options);
    if (!config || options.traefik_version.empty()) return config;
    config->version = traefik::parse_version(options.traefik_version);
    if (!config->version) {
        return usage("--traefik-version", options.traefik_version, "one like 3.7.15 is wanted");
    }
    return config;
}

base::Result<traefik::SlotSettings> slots(const Options& options) {
    traefik::SlotSettings result;
    for (const std::string& text : options.slots) {
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return usage("--slot", text, "NAME=ENTRYPOINT,ENTRYPOINT... is wanted");
        }
        traefik::SlotSettings::Named slot;
        slot.name = text.substr(0, equals);
        for (const std::string_view name :
             base::split(std::string_view(text).substr(equals + 1), ',')) {
            slot.entry_points.emplace_back(name);
        }
        result.slots.push_back(std::move(slot));
    }
    for (const std::string& text : options.port_map) {
        const auto parts = base::split(text, '=');
        const auto from = parts.size() == 2 ? base::parse_int(parts[0]) : std::nullopt;
        const auto to = parts.size() == 2 ? base::parse_int(parts[1]) : std::nullopt;
        if (!from || !to || *from < 1 || *from > 65535 || *to < 1 || *to > 65535) {
            return usage("--port-map", text, "LISTENER-PORT=ENTRYPOINT-PORT is wanted");
        }
        result.port_map.emplace_back(static_cast<std::uint16_t>(*from),
                                     static_cast<std::uint16_t>(*to));
    }
    return result;
}

base::Result<traefik::Format>
format_of(const Options& options, DefaultFormat otherwise, const traefik::StaticConfig& config) {
    if (options.to == "file") return traefik::Format::File;
    if (options.to == "plugin") return traefik::Format::Plugin;
    if (!options.to.empty()) return usage("--to", options.to, "file or plugin is wanted");
    const bool has_plugin = !config.plugin_directories.empty();
    return otherwise == DefaultFormat::AsStaticConfig && has_plugin ? traefik::Format::Plugin
                                                                    : traefik::Format::File;
}

}  // namespace

base::Result<std::string> read_whole_file(const std::string& path) {
    base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string bytes;
    std::string block(65536, '\0');
    while (fd) {
        const ssize_t count = ::read(fd.get(), block.data(), block.size());
        if (count == 0) return bytes;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        bytes.append(block, 0, static_cast<std::size_t>(count));
    }
    return base::Error{base::ErrorKind::Io,
                       fmt::format("reading {}: {}", path, std::strerror(errno))};
}

base::Result<graph::Selection> selection_settings(const Options& options) {
    graph::Selection result;
    result.controller_name = options.controller_name;
    result.gateway_classes = options.gateway_classes;
    for (const std::string& text : options.namespace_labels) {
        const auto parts = base::split(text, '=');
        if (parts.size() != 3) return usage("--namespace-label", text, "NS=KEY=VALUE is wanted");
        result.namespace_labels[std::string(parts[0])].emplace_back(parts[1], parts[2]);
    }
    for (auto& [ns, labels] : result.namespace_labels)
        std::sort(labels.begin(), labels.end());
    auto selector = api::parse_label_selector(options.gateway_selector);
    if (!selector) return selector.error().within("--gateway-selector");
    result.gateway_selector = std::move(*selector);
    return result;
}

source::ManifestSettings manifest_settings(const Options& options) {
    source::ManifestSettings settings;
    settings.paths = options.files;
    settings.context_paths = options.with;
    settings.recursive = options.recursive;
    if (!options.namespace_name.empty()) {
        settings.read.default_namespace = options.namespace_name;
        settings.read.requested_namespace = options.namespace_name;
    }
    return settings;
}

base::Result<Settings> translation_settings(const Options& options, DefaultFormat format) {
    Settings settings;
    settings.now = options.now.empty() ? base::wall_clock() : base::parse_rfc3339(options.now);
    if (!settings.now) return usage("--now", options.now, "2026-11-23T12:00:00Z is wanted");
    auto ours = selection_settings(options);
    if (!ours) return ours.error();
    settings.build.selection = std::move(*ours);
    auto reached = backends(options);
    if (!reached) return reached.error();
    settings.build.backends = std::move(*reached);
    auto published = addresses(options);
    if (!published) return published.error();
    settings.build.addresses = std::move(*published);
    auto config = static_config(options);
    if (!config) return config.error();
    settings.static_config = std::move(*config);
    auto owned = slots(options);
    if (!owned) return owned.error();
    settings.slots = std::move(*owned);
    auto chosen = format_of(options, format, settings.static_config);
    if (!chosen) return chosen.error();
    settings.render.format = *chosen;
    if (options.coexist != "yield" && options.coexist != "win") {
        return usage("--coexist", options.coexist, "yield or win is wanted");
    }
    settings.render.coexist =
        options.coexist == "win" ? traefik::Coexist::Win : traefik::Coexist::Yield;
    std::erase(settings.static_config.other_providers,
               base::to_lower(probe::provider_name(*chosen, settings.static_config)));
    settings.render.shared = !settings.static_config.other_providers.empty();
    auto certificate = default_certificate(options, *settings.now);
    if (!certificate) return certificate.error();
    settings.render.default_certificate = std::move(*certificate);
    settings.approximate = options.approximate;
    return settings;
}

base::Result<publish::DirectorySettings> directory_settings(const Options& options,
                                                            traefik::Format format) {
    publish::DirectorySettings settings;
    settings.directory = options.out;
    settings.allow_shrink = options.allow_shrink;
    if (!options.file_group.empty()) settings.file_group = options.file_group;
    mode_t mode = 0;
    for (const char c : options.file_mode) {
        if (c < '0' || c > '7' || options.file_mode.size() > 4) {
            return usage("--file-mode", options.file_mode, "an octal mode such as 0640 is wanted");
        }
        mode = mode * 8 + static_cast<mode_t>(c - '0');
    }
    if ((mode & 0600) != 0600 || (mode & ~static_cast<mode_t>(0666)) != 0) {
        return usage(
            "--file-mode", options.file_mode, "the owner must be able to read and write it");
    }
    settings.file_mode = mode;
    // The file that Traefik will read must read back as what was meant (design.md §4).
    settings.verify = [format](const publish::File& file) -> base::Result<void> {
        if (format == traefik::Format::Plugin) {
            const auto checked = tree::check_json(file.bytes);
            return checked ? checked : checked.error().within("reading back " + file.name);
        }
        const auto document = tree::read_yaml(file.bytes);
        if (!document) return document.error().within("reading back " + file.name);
        return {};
    };
    return settings;
}

base::Result<traefik::KeyPlacement> key_placement(const Options& options) {
    const bool to_directory =
        (!options.out.empty() && options.out != "-") || !options.verify.empty();
    if (options.keys.empty()) {
        return traefik::KeyPlacement(to_directory ? traefik::Keys::Inline : traefik::Keys::Omit);
    }
    if (options.keys == "inline") return traefik::KeyPlacement(traefik::Keys::Inline);
    if (options.keys == "omit") return traefik::KeyPlacement(traefik::Keys::Omit);
    const std::string directory =
        options.keys.starts_with("files=") ? options.keys.substr(6) : std::string();
    if (directory.empty())
        return usage("--keys", options.keys, "inline, omit or files=DIR is wanted");
    if (!to_directory || directory == options.out || directory == options.verify) {
        return usage("--keys", options.keys, "another directory beside --out DIR is wanted");
    }
    // Traefik need not run where gatefile does.
    return traefik::KeyPlacement(traefik::Keys::Files,
                                 std::filesystem::absolute(directory).lexically_normal().string());
}

std::optional<publish::DirectorySettings> key_directory(const traefik::KeyPlacement& keys,
                                                        const publish::DirectorySettings& out) {
    if (keys.where != traefik::Keys::Files) return std::nullopt;
    return publish::DirectorySettings{
        .directory = keys.directory, .file_mode = out.file_mode, .file_group = out.file_group};
}

}  // namespace gatefile::cli
