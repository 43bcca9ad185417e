// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/static_config.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "arguments.hpp"
#include "gatefile/base/strings.hpp"
#include "settings_tree.hpp"

namespace gatefile::traefik {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view plugin_module = "gatefile.dev/traefik-plugin";

/// HOST:PORT[/tcp|/udp], the host empty or, with colons, in brackets.
base::Result<void> parse_address(std::string_view text, EntryPoint& entry_point) {
    const Error error{ErrorKind::Usage,
                      "the address " + base::quote_for_message(text) + " of entry point " +
                          base::quote_for_message(entry_point.name) +
                          " is none of the form [HOST]:PORT[/tcp|/udp]"};
    std::string_view address = text;
    const std::size_t slash = address.find('/');
    if (slash != std::string_view::npos) {
        const std::string protocol = base::to_lower(address.substr(slash + 1));
        if (protocol != "tcp" && protocol != "udp") return error;
        if (protocol == "udp") entry_point.transport = graph::Transport::Udp;
        address = address.substr(0, slash);
    }
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) return error;
    std::string_view host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto port = base::parse_int(address.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return error;
    entry_point.host = host;
    entry_point.port = static_cast<std::uint16_t>(*port);
    return {};
}

base::Result<EntryPoint> read_entry_point(const Setting& setting) {
    EntryPoint entry_point{.name = setting.name};
    if (auto parsed = parse_address(setting.text("address"), entry_point); !parsed) {
        return parsed.error();
    }
    entry_point.as_default = setting.is_true("asDefault");
    entry_point.redirects_to = setting.text("http.redirections.entryPoint.to");
    if (const Setting* found = setting.find("http.middlewares")) {
        entry_point.middlewares = found->values;
    }
    const Setting* tls = setting.find("http.tls");
    entry_point.tls =
        tls != nullptr && !base::equals_ignoring_case(setting.text("http.tls"), "false");
    if (entry_point.tls) entry_point.tls_options = setting.text("http.tls.options");
    const Setting* trusted = setting.find("forwardedHeaders.trustedIPs");
    entry_point.trusts_forwarded_headers = setting.is_true("forwardedHeaders.insecure") ||
                                           (trusted != nullptr && !trusted->values.empty());
    return entry_point;
}

void read_providers(const Setting& root, StaticConfig& config) {
    if (const std::string_view directory = root.text("providers.file.directory");
        !directory.empty()) {
        config.file_directories.emplace_back(directory);
    }
    for (const std::string_view place : {"experimental.localPlugins", "experimental.plugins"}) {
        const Setting* plugins = root.find(place);
        if (plugins == nullptr) continue;
        for (const auto& [key, plugin] : plugins->children) {
            if (plugin.text("moduleName") != plugin_module) continue;
            const std::string_view directory = root.text("providers.plugin." + key + ".directory");
            if (directory.empty()) continue;
            config.plugin_directories.emplace_back(directory);
            config.plugin_name = key;
        }
    }
    config.ingress_class = root.text("providers.kubernetesIngress.ingressClass");
    config.ingress_route_class = root.text("providers.kubernetesCRD.ingressClass");
    config.looks_up_classes =
        !root.is_true("providers.kubernetesIngress.disableIngressClassLookup") &&
        !root.is_true("providers.kubernetesIngress.disableClusterScopeResources");
    const Setting* providers = root.find("providers");
    if (providers == nullptr) return;
    for (const auto& [key, provider] : providers->children) {
        const bool is_setting = key == "providersthrottleduration" || key == "precedence";
        if (is_setting) continue;
        if (key != "plugin") {
            config.other_providers.push_back(key);
            continue;
        }
        for (const auto& plugin : provider.children)
            config.other_providers.push_back("plugin-" + base::to_lower(plugin.first));
    }
}

base::Result<StaticConfig> understand(const Setting& root) {
    StaticConfig config;
    if (const Setting* entry_points = root.find("entryPoints")) {
        for (const auto& [key, setting] : entry_points->children) {
            auto entry_point = read_entry_point(setting);
            if (!entry_point) return entry_point.error();
            config.entry_points.push_back(std::move(*entry_point));
        }
    }
    if (config.entry_points.empty()) {
        // What Traefik itself opens then.
        config.entry_points.push_back({.name = "http", .port = 80});
    }
    std::ranges::sort(config.entry_points, {}, &EntryPoint::name);
    read_providers(root, config);
    config.cert_resolvers = resolvers_of(root);
    config.insecure_skip_verify = root.is_true("serversTransport.insecureSkipVerify");
    return config;
}

}  // namespace

std::vector<const EntryPoint*> default_entry_points(const StaticConfig& config) {
    const bool told = std::ranges::any_of(config.entry_points, &EntryPoint::as_default);
    std::vector<const EntryPoint*> found;
    for (const EntryPoint& entry_point : config.entry_points) {
        const bool is_inner =
            entry_point.name == "traefik" || entry_point.name == inner_entry_point_name;
        if (entry_point.transport != graph::Transport::Tcp) continue;
        if (told ? entry_point.as_default : !is_inner) found.push_back(&entry_point);
    }
    return found;
}

std::optional<Unfit> unfit(const Version& version) {
    const std::string text = fmt::format(
        "Traefik {}.{}.{} is", version.major_number, version.minor_number, version.patch);
    // What such a Traefik does not know it drops without a word.
    if (version < oldest_version) {
        return Unfit{true,
                     fmt::format("{} too old: {}.{}.{} or newer is needed",
                                 text,
                                 oldest_version.major_number,
                                 oldest_version.minor_number,
                                 oldest_version.patch)};
    }
    if (version < Version{newest_tested.major_number, newest_tested.minor_number + 1, 0}) return {};
    return Unfit{false,
                 fmt::format("{} newer than {}.{}, the newest that this gatefile knows, and is "
                             "taken for it",
                             text,
                             newest_tested.major_number,
                             newest_tested.minor_number)};
}

std::optional<Version> parse_version(std::string_view text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    std::vector<int> numbers;
    for (const std::string_view part : base::split(text.substr(0, text.find('-')), '.')) {
        const auto number = base::parse_int(part);
        if (!number || *number < 0 || *number > 9999) return std::nullopt;
        numbers.push_back(static_cast<int>(*number));
    }
    // "v3" may be any of them.
    if (numbers.size() < 2 || numbers.size() > 3) return std::nullopt;
    Version version{numbers[0], numbers[1], 0};
    if (numbers.size() == 3) {
        version.patch = numbers[2];
    } else if (version.major_number == newest_tested.major_number &&
               version.minor_number == newest_tested.minor_number) {
        version.patch = newest_tested.patch;
    }
    return version;
}

base::Result<StaticConfig> parse_static_yaml(std::string_view text) {
    const base::Result<Setting> root = settings_from_yaml(text);
    if (!root) return root.error();
    return understand(*root);
}

base::Result<StaticConfig> parse_static_toml(std::string_view text) {
    const base::Result<Setting> root = settings_from_toml(text);
    if (!root) return root.error();
    return understand(*root);
}

base::Result<StaticConfig> parse_static_args(std::string_view text) {
    base::Result<Invocation> invocation = find_invocation(text);
    if (!invocation) return invocation.error();
    const Setting root = settings_from_arguments(invocation->arguments);
    if (const std::string_view file = root.text("configFile"); !file.empty()) {
        return Error{ErrorKind::Usage,
                     "Traefik takes its static configuration from the file " +
                         base::quote_for_message(file) + ": give that one with --traefik-config"};
    }
    base::Result<StaticConfig> config = understand(root);
    if (config) config->version = invocation->version;
    return config;
}

base::Result<EntryPoint> parse_entry_point(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos || !base::is_utf8(text)) {
        return Error{ErrorKind::Usage,
                     base::quote_for_message(text) + " is none of the form NAME=ADDRESS"};
    }
    EntryPoint entry_point{.name = std::string(text.substr(0, equals))};
    if (auto parsed = parse_address(text.substr(equals + 1), entry_point); !parsed) {
        return parsed.error();
    }
    return entry_point;
}

StaticConfig assumed_static_config() {
    StaticConfig config;
    config.entry_points = {{.name = "web", .port = 80}, {.name = "websecure", .port = 443}};
    config.assumed = true;
    return config;
}

}  // namespace gatefile::traefik
