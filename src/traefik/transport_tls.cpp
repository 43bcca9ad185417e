// SPDX-License-Identifier: Apache-2.0
#include "transport_tls.hpp"

#include <string_view>

#include "names.hpp"
#include "own_options.hpp"

namespace gatefile::traefik {
namespace {

/// "ns/name" as two parts.
std::string with_object(std::string_view name, std::string_view kind, std::string_view id) {
    const std::size_t slash = id.find('/');
    const std::string longer = with_part(with_part(name, kind), id.substr(0, slash));
    return with_part(longer, id.substr(slash + 1));
}

}  // namespace

std::vector<std::string> transport_tls_names(const ir::Config& config) {
    std::vector<std::string> names;
    for (const ir::BackendTls& tls : config.backend_tls) {
        std::string name = make_name({"tls"});
        if (!tls.id.empty()) name = with_object(name, "policy", tls.id);
        if (tls.client_certificate) {
            name =
                with_object(name, "client", config.client_certificates[*tls.client_certificate].id);
        }
        names.push_back(std::move(name));
    }
    return names;
}

std::string client_certificate_id(const ir::Config& config, const ir::Backend& backend) {
    if (!backend.tls) return {};
    const auto certificate = config.backend_tls[*backend.tls].client_certificate;
    return certificate ? config.client_certificates[*certificate].id : std::string();
}

TransportTls render_transport_tls(const ir::Config& config, const ir::BackendTls& tls) {
    TransportTls out{.server_name = tls.server_name, .ca_pem = tls.ca_pem, .peer_uri = tls.uri};
    if (tls.client_certificate) {
        const ir::Certificate& shown = config.client_certificates[*tls.client_certificate];
        out.certificate = {.chain_pem = shown.chain_pem, .key_pem = shown.key_pem};
    }
    TlsOptions own = own_options(tls.options).options;
    out.cipher_suites = std::move(own.cipher_suites);
    // Traefik takes a missing maximum for zero, below every minimum.
    if (!own.min_version.empty() || !own.max_version.empty()) {
        out.min_version = own.min_version.empty() ? "VersionTLS12" : own.min_version;
        out.max_version = own.max_version.empty() ? "VersionTLS13" : own.max_version;
    }
    return out;
}

}  // namespace gatefile::traefik
