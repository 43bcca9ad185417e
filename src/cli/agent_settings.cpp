// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "gatefile/agent/control.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

std::map<std::string, std::string> environment() {
    std::map<std::string, std::string> found;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return found;
}

/// Two agents of one name must never take each other for themselves.
std::string identity(const std::map<std::string, std::string>& environment) {
    const auto name = environment.find("HOSTNAME");
    const std::string host = name == environment.end() ? "gatefile" : name->second;
    return fmt::format("{}_{:08x}", host, std::random_device{}());
}

base::Result<void> choose_gateway_services(const Options& options, agent::AgentSettings& settings) {
    const std::string& type = options.gateway_services;
    if (type.empty()) return {};
    if (type != "ClusterIP" && type != "LoadBalancer" && type != "NodePort") {
        return usage("--gateway-services", type, "ClusterIP, LoadBalancer or NodePort is wanted");
    }
    settings.gateway_services = analysis::GatewayServiceSettings{
        type, options.gateway_service_addresses, instance_of(options)};
    return {};
}

base::Result<void> choose_source(const Options& options, agent::AgentSettings& settings) {
    settings.environment = environment();
    settings.identity = identity(settings.environment);
    auto clusters = chosen_clusters(options);
    if (!clusters) return clusters.error();
    if (clusters->size() < 2 && !options.cluster_weights.empty()) {
        return usage("--cluster-weight",
                     options.cluster_weights.front(),
                     "several clusters are wanted with it (--from cluster:CONTEXT, repeated)");
    }
    if (clusters->empty()) {
        if (options.files.empty()) {
            return base::Error{base::ErrorKind::Usage, "agent: -f or --from cluster is wanted"};
        }
        settings.manifests = manifest_settings(options);
        return {};
    }
    if (!options.files.empty()) {
        return usage("--from", options.from.front(), "-f names manifests, which are not read then");
    }
    ClusterChoice& home = clusters->front();
    settings.cluster = std::move(home.access);
    settings.cluster_name = std::move(home.name);
    settings.cluster_weight = home.weight;
    for (std::size_t i = 1; i < clusters->size(); ++i) {
        ClusterChoice& member = (*clusters)[i];
        settings.members.push_back(
            {std::move(member.name), member.weight, std::move(member.access)});
    }
    settings.watch_namespaces = options.watch_namespaces;
    if (auto chosen = choose_gateway_services(options, settings); !chosen) return chosen.error();
    settings.write_status = !options.no_status;
    settings.debounce = cluster_debounce;
    settings.lease = lease_settings(options);
    return {};
}

base::Result<std::optional<std::chrono::milliseconds>> poll_interval(const Options& options) {
    auto poll = duration("--poll", options.poll);
    // The next reading would begin before this one is over.
    if (poll && *poll && **poll < std::chrono::milliseconds(100))
        return usage("--poll", options.poll, "at least 100ms is wanted");
    return poll;
}

/// The same directory, or one in the other.
bool are_nested(const std::string& one, const std::string& other) {
    const auto real = [](const std::string& path) {
        std::error_code failed;
        // Of what does not exist, weakly_canonical leaves a relative path relative.
        const auto whole = std::filesystem::absolute(path, failed);
        auto found = std::filesystem::weakly_canonical(whole, failed);
        if (failed) found = whole;
        return (found / "").lexically_normal().string();
    };
    const std::string a = real(one);
    const std::string b = real(other);
    return a.starts_with(b) || b.starts_with(a);
}

base::Result<void> choose_operations(const Options& options, agent::AgentSettings& settings) {
    if (options.control.empty()) {
        settings.control = agent::default_control_path(options.out);
    } else if (options.control != "none") {
        settings.control = options.control;
    }
    settings.history = options.history;
    if (!options.state_dir.empty()) {
        // Traefik would read it, or a reboot would take it away with the rest.
        if (are_nested(options.state_dir, options.out))
            return usage(
                "--state-dir", options.state_dir, "a directory apart from --out is wanted");
        if (settings.keys && are_nested(options.state_dir, settings.keys->directory))
            return usage(
                "--state-dir", options.state_dir, "a directory apart from --keys is wanted");
        settings.state_dir = options.state_dir;
    }
    auto timeout = duration("--startup-timeout", options.startup_timeout);
    if (!timeout) return timeout.error();
    settings.startup_timeout = timeout->value_or(settings.startup_timeout);
    return {};
}

}  // namespace

std::string instance_of(const Options& options) {
    return base::sha256_hex(options.controller_name + "\n" +
                            base::join(options.gateway_classes, ",") + "\n" +
                            options.gateway_selector)
        .substr(0, 12);
}

std::string random_word() {
    std::random_device device;
    std::string word;
    for (int i = 0; i < 4; ++i)
        word += fmt::format("{:08x}", device());
    return word;
}

std::optional<agent::LeaseSettings> lease_settings(const Options& options) {
    if (options.lease.empty()) return std::nullopt;
    const std::size_t slash = options.lease.find('/');
    if (slash == std::string::npos) return agent::LeaseSettings{.ns = {}, .name = options.lease};
    return agent::LeaseSettings{.ns = options.lease.substr(0, slash),
                                .name = options.lease.substr(slash + 1)};
}

source::AccessSettings access_settings(const Options& options) {
    source::AccessSettings settings{.allow_exec = options.allow_exec, .environment = environment()};
    if (!options.kubeconfig.empty()) settings.kubeconfig = options.kubeconfig;
    if (!options.context.empty()) settings.context = options.context;
    return settings;
}

base::Result<agent::AgentSettings> agent_settings(const Options& options) {
    agent::AgentSettings settings;
    if (auto source = choose_source(options, settings); !source) return source.error();
    for (const std::string& path : options.files) {
        if (path == "-") return usage("-f", path, "the agent follows files and directories");
    }
    // Traefik may be waiting for us (a start-up probe), so it is not asked here: where nobody else
    // tells its entry points they are assumed, and the agent learns them.
    Options told = options;
    told.traefik_api.clear();
    auto translation = translation_settings(told, DefaultFormat::AsStaticConfig);
    if (!translation) return translation.error();
    settings.translate = std::move(*translation);
    settings.translate.render.inner_secret = random_word();
    settings.translate.keep_stages = false;
    settings.translate.gateway_services = settings.gateway_services && settings.write_status;
    auto out = directory_settings(options, settings.translate.render.format);
    if (!out) return out.error();
    settings.out = std::move(*out);
    auto keys = key_placement(options);
    if (!keys) return keys.error();
    settings.translate.keys = std::move(*keys);
    settings.keys = key_directory(settings.translate.keys, settings.out);
    if (auto targets = choose_targets(options, settings); !targets) return targets.error();
    auto poll = poll_interval(options);
    if (!poll) return poll.error();
    settings.poll = *poll;
    auto debounce = duration("--debounce", options.debounce);
    if (!debounce) return debounce.error();
    settings.debounce = debounce->value_or(settings.debounce);
    auto grace = duration("--grace", options.grace);
    if (!grace) return grace.error();
    settings.grace = grace->value_or(settings.grace);
    if (!options.status.empty()) settings.status_file = options.status;
    if (!options.traefik_api.empty()) settings.traefik_api = options.traefik_api;
    if (!options.listen.empty()) settings.listen = options.listen;
    settings.page = !options.no_page;
    if (auto chosen = choose_operations(options, settings); !chosen) return chosen.error();
    return settings;
}

base::Result<agent::Log> log_settings(const Options& options) {
    agent::LogLevel level = agent::LogLevel::Info;
    const std::string name = base::to_lower(options.log_level);
    if (name == "debug") {
        level = agent::LogLevel::Debug;
    } else if (name == "warn") {
        level = agent::LogLevel::Warn;
    } else if (name == "error") {
        level = agent::LogLevel::Error;
    } else if (name != "info") {
        return usage("--log-level", options.log_level, "debug, info, warn or error is wanted");
    }
    if (options.log_format != "common" && options.log_format != "json") {
        return usage("--log-format", options.log_format, "common or json is wanted");
    }
    const auto format =
        options.log_format == "json" ? agent::LogFormat::Json : agent::LogFormat::Common;
    return agent::Log(STDERR_FILENO, format, level);
}

}  // namespace gatefile::cli
