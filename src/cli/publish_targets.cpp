// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "gatefile/agent/address.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/probe/traefik_api.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

constexpr std::string_view option = "--publish";
constexpr std::string_view forms =
    "http[=ADDRESS[/PATH]], redis=HOST:PORT[/ROOT], etcd=[https://]HOST:PORT[/ROOT] or "
    "consul=[https://]HOST:PORT[/ROOT] is wanted";

/// ADDRESS[/PATH].
base::Result<agent::HttpTarget> http_target(const Options& options, std::string_view text) {
    agent::HttpTarget target;
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        target.path = text.substr(slash);
        text = text.substr(0, slash);
    }
    if (!text.empty()) target.address = text;
    target.token_file = options.publish_token_file;
    target.certificate_file = options.publish_certificate;
    target.key_file = options.publish_key;
    if (target.certificate_file.empty() != target.key_file.empty()) {
        return base::Error{base::ErrorKind::Usage,
                           "--publish-certificate and --publish-key are wanted together"};
    }
    // What is published holds private keys, and is what other Traefiks will serve.
    if (!agent::is_loopback(target.address) &&
        (target.token_file.empty() || target.certificate_file.empty())) {
        return usage(option,
                     "http=" + target.address,
                     "beyond loopback --publish-token-file, --publish-certificate and "
                     "--publish-key are wanted");
    }
    return target;
}

/// Takes the scheme off; whether it asks for TLS.
base::Result<bool> take_scheme(publish::StoreKind kind, std::string_view& text) {
    const std::string_view whole = text;
    bool tls = false;
    if (kind != publish::StoreKind::Redis) {
        tls = text.starts_with("https://");
        if (const std::string_view scheme = tls ? "https://" : "http://"; text.starts_with(scheme))
            text.remove_prefix(scheme.size());
    }
    if (whole.find('@') != std::string_view::npos || text.find("://") != std::string_view::npos) {
        const bool is_redis = kind == publish::StoreKind::Redis;
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("--publish: {}={}HOST:PORT[/ROOT] is wanted; the user goes "
                                       "into --publish-user, the password into "
                                       "--publish-password-file",
                                       publish::store_name(kind),
                                       is_redis ? "" : "[https://]")};
    }
    return tls;
}

/// The files of TLS and the name of the user, as far as this store has any.
base::Result<void> choose_identity(const Options& options, publish::StoreSettings& settings) {
    settings.user = options.publish_user;
    settings.password_file = options.publish_password_file;
    if (settings.kind == publish::StoreKind::Consul) settings.user.clear();
    if (settings.kind == publish::StoreKind::Etcd &&
        settings.user.empty() != settings.password_file.empty()) {
        return base::Error{base::ErrorKind::Usage,
                           "--publish: etcd wants --publish-user and --publish-password-file "
                           "together"};
    }
    if (!settings.tls) return {};
    settings.ca_file = options.publish_ca;
    settings.certificate_file = options.publish_client_certificate;
    settings.key_file = options.publish_client_key;
    if (settings.certificate_file.empty() != settings.key_file.empty()) {
        return base::Error{
            base::ErrorKind::Usage,
            "--publish-client-certificate and --publish-client-key are wanted together"};
    }
    return {};
}

/// [SCHEME://]HOST:PORT[/ROOT].
base::Result<publish::StoreSettings>
store_target(const Options& options, publish::StoreKind kind, std::string_view text) {
    publish::StoreSettings settings{.kind = kind};
    const std::string_view whole = text;
    const auto tls = take_scheme(kind, text);
    if (!tls) return tls.error();
    settings.tls = *tls;
    const std::size_t slash = text.find('/');
    settings.address = text.substr(0, slash);
    if (slash != std::string_view::npos) settings.root = text.substr(slash + 1);
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./").find(c) != std::string_view::npos;
    };
    const std::size_t colon = settings.address.rfind(':');
    const auto port = base::parse_int(
        colon == std::string::npos ? "" : std::string_view(settings.address).substr(colon + 1));
    if (!port || *port < 1 || *port > 65535 || colon == 0)
        return usage(option, whole, "the store's HOST:PORT is wanted");
    if (settings.root.empty() || !std::ranges::all_of(settings.root, is_plain) ||
        settings.root.starts_with('/') || settings.root.ends_with('/') ||
        settings.root.find("//") != std::string::npos) {
        return usage(option, whole, "a root key of letters, digits and -_./ is wanted");
    }
    if (auto chosen = choose_identity(options, settings); !chosen) return chosen.error();
    return settings;
}

/// What Traefik calls the provider; nothing for what is no store.
std::optional<publish::StoreKind> store_kind(std::string_view name) {
    using enum publish::StoreKind;
    for (const publish::StoreKind kind : {Redis, Etcd, Consul}) {
        if (publish::store_name(kind) == name) return kind;
    }
    return std::nullopt;
}

/// The provider of the Traefik that --traefik-api names: if it reads a directory of ours, that.
std::string provider_of(const agent::AgentSettings& settings, std::string_view first_target) {
    const traefik::StaticConfig& config = settings.translate.static_config;
    const bool by_directory = first_target.empty() || !config.file_directories.empty() ||
                              !config.plugin_directories.empty();
    return by_directory ? probe::provider_name(settings.translate.render.format, config)
                        : std::string(first_target);
}

}  // namespace

base::Result<void> choose_targets(const Options& options, agent::AgentSettings& settings) {
    std::string first;
    for (const std::string& text : options.publish) {
        const std::size_t equals = text.find('=');
        const std::string kind = text.substr(0, equals);
        const std::string where = equals == std::string::npos ? "" : text.substr(equals + 1);
        if (first.empty()) first = kind;
        if (const auto store_of = store_kind(kind)) {
            auto store = store_target(options, *store_of, where);
            if (!store) return store.error();
            settings.stores.push_back(std::move(*store));
            continue;
        }
        if (kind != "http") return usage(option, text, forms);
        auto target = http_target(options, where);
        if (!target) return target.error();
        settings.http_targets.push_back(std::move(*target));
    }
    if (!first.empty() && settings.translate.render.format != traefik::Format::File) {
        return usage(option, options.publish.front(), "Traefik reads that as --to file has it");
    }
    if (!settings.stores.empty()) {
        const bool has_redis =
            std::ranges::any_of(settings.stores, [](const publish::StoreSettings& store) {
                return store.kind == publish::StoreKind::Redis;
            });
        settings.translate.pairs =
            has_redis ? traefik::EmptyValues::Lost : traefik::EmptyValues::Kept;
    }
    settings.provider = provider_of(settings, first);
    std::vector<std::string>& others = settings.translate.static_config.other_providers;
    std::erase(others, settings.provider);
    settings.translate.render.shared = !others.empty();
    return {};
}

void add_publish_options(CLI::App& app, Options& options) {
    app.add_option("--publish",
                   options.publish,
                   "Publish for other Traefiks too: http[=ADDRESS[/PATH]], or redis, etcd or "
                   "consul=HOST:PORT[/ROOT]")
        ->type_name("WHERE");
    app.add_option("--publish-token-file",
                   options.publish_token_file,
                   "The token that whoever asks for it has to send")
        ->type_name("FILE");
    app.add_option("--publish-certificate",
                   options.publish_certificate,
                   "The certificate chain to answer with over TLS")
        ->type_name("FILE");
    app.add_option("--publish-key", options.publish_key, "The key of that certificate")
        ->type_name("FILE");
    app.add_option("--publish-ca",
                   options.publish_ca,
                   "The authorities for the certificates of etcd and Consul")
        ->type_name("FILE");
    app.add_option("--publish-client-certificate",
                   options.publish_client_certificate,
                   "The certificate chain to show to them")
        ->type_name("FILE");
    app.add_option("--publish-client-key",
                   options.publish_client_key,
                   "The key of that certificate")
        ->type_name("FILE");
    app.add_option("--publish-user", options.publish_user, "Who we are to Redis and etcd")
        ->type_name("NAME");
    app.add_option("--publish-password-file",
                   options.publish_password_file,
                   "The store's password, or the ACL token for Consul")
        ->type_name("FILE");
}

}  // namespace gatefile::cli
