// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "access_target.hpp"
#include "exec_credential.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"

namespace gatefile::source {

namespace {

using base::quote_for_message;

base::Error usage(std::string text) {
    return {base::ErrorKind::Usage, std::move(text)};
}

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool fits_in_header(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
    });
}

/// "https" of "https://host"; "" when there is none.
std::string_view scheme_of(std::string_view url) {
    const std::size_t end = url.find("://");
    return end == std::string_view::npos ? "" : url.substr(0, end);
}

/// rest.headerKeyEscape: what is no token character, and the percent sign, becomes %XX.
std::string escape_header_key(std::string_view key) {
    constexpr std::string_view legal = "!#$&'*+-.^_`|~0123456789"
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::string escaped;
    for (const char c : key) {
        if (legal.find(c) != std::string_view::npos) {
            escaped += c;
        } else {
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return escaped;
}

base::Result<void> check_impersonation(const UserEntry& user) {
    const bool others =
        !user.as_uid.empty() || !user.as_groups.empty() || !user.as_user_extra.empty();
    if (user.as.empty() && others) return usage("as-uid, as-groups and as-user-extra need an as");
    bool fits = fits_in_header(user.as) && fits_in_header(user.as_uid) &&
                std::all_of(user.as_groups.begin(), user.as_groups.end(), fits_in_header);
    for (const auto& [key, values] : user.as_user_extra)
        fits = fits && std::all_of(values.begin(), values.end(), fits_in_header);
    if (!fits) return usage("as, as-uid, as-groups and as-user-extra must not hold line breaks");
    return {};
}

base::Result<void> check_client_certificate(const UserEntry& user) {
    const bool has_certificate =
        !user.client_certificate.empty() || !user.client_certificate_data.empty();
    const bool has_key = !user.client_key.empty() || !user.client_key_data.empty();
    if (has_certificate && !has_key) return usage("client-certificate needs a client-key");
    if (has_key && !has_certificate) return usage("client-key needs a client-certificate");
    return {};
}

}  // namespace

base::Result<void> check_cluster_entry(const ClusterEntry& cluster) {
    const bool has_ca =
        !cluster.certificate_authority.empty() || !cluster.certificate_authority_data.empty();
    if (cluster.insecure_skip_tls_verify && has_ca) {
        return usage("insecure-skip-tls-verify and certificate-authority contradict each other; "
                     "remove one of them");
    }
    if (!cluster.certificate_authority_data.empty()) {
        const auto parsed = base::parse_certificate_chain(cluster.certificate_authority_data);
        if (!parsed) return parsed.error().within("certificate-authority-data");
    }
    // Proxy URLs may hold a password.
    const std::string_view scheme = scheme_of(cluster.proxy_url);
    const bool proxy_known = scheme == "http" || scheme == "https" || scheme == "socks5";
    if (!cluster.proxy_url.empty() && (!proxy_known || !is_printable(cluster.proxy_url))) {
        return usage("proxy-url must be a URL with scheme http, https or socks5");
    }
    if (!is_printable(cluster.tls_server_name)) {
        return usage(fmt::format("tls-server-name {} is no host name",
                                 quote_for_message(cluster.tls_server_name)));
    }
    return {};
}

base::Result<void> check_user_entry(const UserEntry& user) {
    if (!user.auth_provider.empty()) {
        return usage(fmt::format("auth-provider {} is not supported; use exec with the credential "
                                 "plugin that replaced it, a token or a client certificate",
                                 quote_for_message(user.auth_provider)));
    }
    const bool has_token = !user.token.empty() || !user.token_file.empty();
    if (has_token && !user.username.empty()) {
        return usage("token and username contradict each other; remove one of them");
    }
    if (user.username.find(':') != std::string::npos) {
        return usage("a username cannot hold a colon");
    }
    if (auto checked = check_client_certificate(user); !checked) return checked;
    if (auto checked = check_impersonation(user); !checked) return checked;
    return user.exec ? check_exec_entry(*user.exec) : base::Result<void>();
}

base::Result<std::string> normalise_server(const ClusterEntry& cluster, const UserEntry& user) {
    std::string server = cluster.server;
    if (server.empty()) return usage("server is missing");
    if (scheme_of(server).empty()) {
        const bool tls = cluster.insecure_skip_tls_verify ||
                         !cluster.certificate_authority.empty() ||
                         !cluster.certificate_authority_data.empty() ||
                         !user.client_certificate.empty() || !user.client_certificate_data.empty();
        server.insert(0, tls ? "https://" : "http://");
    }
    while (server.ends_with('/'))
        server.pop_back();
    const std::string_view scheme = scheme_of(server);
    const std::string_view rest =
        std::string_view(server).substr(std::min(server.size(), scheme.size() + 3));
    if (rest.substr(0, rest.find('/')).find('@') != std::string_view::npos) {
        return usage("server must not hold a user name; that belongs to the user");
    }
    if ((scheme != "http" && scheme != "https") || rest.empty() || rest.front() == '/' ||
        rest.front() == ':' || !is_printable(server) ||
        rest.find_first_of("?#") != std::string_view::npos) {
        return usage(fmt::format("server {} is not of the form https://HOST:PORT",
                                 quote_for_message(cluster.server)));
    }
    return server;
}

Access::Headers make_access_headers(const UserEntry& user, std::string_view token) {
    Access::Headers headers;
    if (!token.empty()) {
        headers.emplace_back("Authorization", fmt::format("Bearer {}", token));
    } else if (!user.username.empty()) {
        const std::string pair = fmt::format("{}:{}", user.username, user.password.reveal());
        headers.emplace_back("Authorization", "Basic " + base::encode_base64(pair));
    }
    if (!user.as.empty()) headers.emplace_back("Impersonate-User", user.as);
    if (!user.as_uid.empty()) headers.emplace_back("Impersonate-Uid", user.as_uid);
    for (const std::string& group : user.as_groups)
        headers.emplace_back("Impersonate-Group", group);
    for (const auto& [key, values] : user.as_user_extra) {
        for (const std::string& value : values)
            headers.emplace_back("Impersonate-Extra-" + escape_header_key(key), value);
    }
    return headers;
}

}  // namespace gatefile::source
