// SPDX-License-Identifier: Apache-2.0
#include "access_target.hpp"

#include <fmt/format.h>

#include "files.hpp"
#include "gatefile/base/strings.hpp"
#include "proxy.hpp"

namespace gatefile::source {

namespace {

using base::quote_for_message;

base::Error usage(std::string text) {
    return {base::ErrorKind::Usage, std::move(text)};
}

std::string value_of(const AccessSettings& settings, const std::string& name) {
    const auto found = settings.environment.find(name);
    return found == settings.environment.end() ? "" : found->second;
}

/// So that a slip of the pen is seen.
std::string known_contexts(const Kubeconfig& config) {
    constexpr std::size_t most = 10;
    std::string text;
    std::size_t count = 0;
    for (const auto& [name, context] : config.contexts) {
        if (++count > most) return text + ", …";
        text += (text.empty() ? "" : ", ") + quote_for_message(name);
    }
    return text.empty() ? "none" : text;
}

std::string list_of(const std::vector<std::string>& files) {
    return base::join(files, ", ");
}

base::Result<AccessTarget> from_context(Kubeconfig config, const AccessSettings& settings) {
    const std::string& name = settings.context ? *settings.context : config.current_context;
    if (name.empty()) {
        return usage(fmt::format("{}: no current-context; name one with --context (there are: {})",
                                 list_of(config.files),
                                 known_contexts(config)));
    }
    const auto context = config.contexts.find(name);
    if (context == config.contexts.end()) {
        const std::string asked_by =
            settings.context ? "--context" : "current-context of " + config.current_context_file;
        return usage(fmt::format("{}: no context {}, which {} names (there are: {})",
                                 list_of(config.files),
                                 quote_for_message(name),
                                 asked_by,
                                 known_contexts(config)));
    }
    AccessTarget target;
    const std::string& file = context->second.file;
    target.origin = fmt::format("context {} of {}", quote_for_message(name), file);
    if (!context->second.default_namespace.empty()) {
        target.default_namespace = context->second.default_namespace;
    }
    const auto cluster = config.clusters.find(context->second.cluster);
    if (cluster == config.clusters.end()) {
        return usage(fmt::format("{} names cluster {}, which {} does not have",
                                 target.origin,
                                 quote_for_message(context->second.cluster),
                                 list_of(config.files)));
    }
    target.cluster = cluster->second;
    target.cluster_name =
        fmt::format("cluster {} of {}", quote_for_message(cluster->first), cluster->second.file);
    const auto user = config.users.find(context->second.user);
    if (user != config.users.end()) {
        target.user = user->second;
        target.user_name =
            fmt::format("user {} of {}", quote_for_message(user->first), user->second.file);
    } else if (!context->second.user.empty()) {
        return usage(fmt::format("{} names user {}, which {} does not have",
                                 target.origin,
                                 quote_for_message(context->second.user),
                                 list_of(config.files)));
    }
    target.documents = std::move(config.documents);
    return target;
}

base::Result<AccessTarget> from_service_account(const AccessSettings& settings) {
    const std::string host = value_of(settings, "KUBERNETES_SERVICE_HOST");
    AccessTarget target;
    target.origin = "the Pod's ServiceAccount";
    target.cluster_name = target.origin;
    target.user_name = target.origin;
    const bool is_ipv6 = host.find(':') != std::string::npos;
    target.cluster.server = fmt::format("https://{}:{}",
                                        is_ipv6 ? '[' + host + ']' : host,
                                        value_of(settings, "KUBERNETES_SERVICE_PORT"));
    target.cluster.certificate_authority = settings.service_account + "/ca.crt";
    target.user.token_file = settings.service_account + "/token";
    if (const auto name = read_file(settings.service_account + "/namespace")) {
        const std::string_view trimmed = base::trim(*name);
        if (!trimmed.empty()) target.default_namespace = trimmed;
    }
    return target;
}

base::Error nothing_found(const KubeconfigPlaces& places, const Kubeconfig& config) {
    std::string text = "no way to an API server: ";
    if (!config.files.empty()) {
        text += list_of(config.files) + " is empty";
    } else if (!places.files.empty()) {
        text +=
            fmt::format("no kubeconfig at {} (from {})", list_of(places.files), places.named_by);
    } else {
        text += "neither KUBECONFIG nor HOME is set";
    }
    return usage(text + ", and this is no Pod (KUBERNETES_SERVICE_HOST and "
                        "KUBERNETES_SERVICE_PORT are not set); use --kubeconfig FILE");
}

base::Result<void> check_target(AccessTarget& target, const AccessSettings& settings) {
    if (auto checked = check_cluster_entry(target.cluster); !checked) {
        return checked.error().within(target.cluster_name);
    }
    if (auto checked = check_user_entry(target.user); !checked) {
        return checked.error().within(target.user_name);
    }
    if (target.user.exec && !settings.allow_exec) {
        return base::Error{
            base::ErrorKind::Refused,
            fmt::format("{} gets its credentials from the program {} (exec), which is not run "
                        "without --allow-exec; use a token, a token file or a client certificate",
                        target.user_name,
                        quote_for_message(target.user.exec->command))};
    }
    auto server = normalise_server(target.cluster, target.user);
    if (!server) return server.error().within(target.cluster_name);
    target.server = *std::move(server);
    target.proxy = target.cluster.proxy_url;
    if (!target.proxy.empty()) return {};
    auto proxy = proxy_of_environment(target.server, settings.environment);
    if (!proxy) return proxy.error();
    target.proxy = *std::move(proxy);
    return {};
}

}  // namespace

base::Result<AccessTarget> find_access_target(const AccessSettings& settings) {
    const KubeconfigPlaces places = kubeconfig_places(settings.kubeconfig, settings.environment);
    auto config = load_kubeconfig(places);
    if (!config) return config.error();
    const bool empty = config->clusters.empty() && config->contexts.empty() &&
                       config->users.empty() && config->current_context.empty();
    const bool in_pod = !value_of(settings, "KUBERNETES_SERVICE_HOST").empty() &&
                        !value_of(settings, "KUBERNETES_SERVICE_PORT").empty();
    if (empty && settings.context) {
        return usage(fmt::format("no context {}: there is no kubeconfig, or it is empty ({})",
                                 quote_for_message(*settings.context),
                                 list_of(places.files)));
    }
    if (empty && (places.must_exist || !in_pod)) return nothing_found(places, *config);
    const bool chooses_none = settings.is_beside_others && in_pod && !settings.context &&
                              config->current_context.empty();
    auto target = empty || chooses_none ? from_service_account(settings)
                                        : from_context(*std::move(config), settings);
    if (!target) return target;
    if (auto checked = check_target(*target, settings); !checked) return checked.error();
    return target;
}

}  // namespace gatefile::source
