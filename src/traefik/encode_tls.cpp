// SPDX-License-Identifier: Apache-2.0
#include "encode_tls.hpp"

#include <array>
#include <map>
#include <span>
#include <string_view>

#include "gatefile/base/hash.hpp"
#include "pem.hpp"

namespace gatefile::traefik {
namespace {

constexpr std::string_view omitted = "private key omitted, SHA-256 ";

tree::Node key_node(const base::SecretBytes& key, const KeyPlacement& keys, NodeBuilder& build) {
    switch (keys.where) {
    case Keys::Inline:
        return build.string(pem_blocks(key.reveal()));
    case Keys::Files:
        return build.string(keys.directory + "/" + key_file_name(key.reveal()));
    case Keys::Omit:
        break;
    }
    return build.string(omitted_key(key.reveal()));
}

tree::Node authorities_node(std::string_view pem, NodeBuilder& build) {
    return build.strings(std::array<std::string, 1>{pem_blocks(pem)});
}

tree::Node
certificate_node(const Certificate& certificate, const KeyPlacement& keys, NodeBuilder& build) {
    return build.map({{"certFile", build.string(pem_blocks(certificate.chain_pem))},
                      {"keyFile", key_node(certificate.key_pem, keys, build)}});
}

tree::Node options_node(const TlsOptions& options, Format format, NodeBuilder& build) {
    Fields fields;
    if (!options.min_version.empty()) fields.add("minVersion", build.string(options.min_version));
    if (!options.max_version.empty()) fields.add("maxVersion", build.string(options.max_version));
    if (!options.cipher_suites.empty()) {
        fields.add("cipherSuites", build.strings(options.cipher_suites));
    }
    if (!options.curves.empty()) fields.add("curvePreferences", build.strings(options.curves));
    if (!options.alpn.empty()) {
        fields.add("alpnProtocols", build.strings(options.alpn));
    } else if (format == Format::Plugin) {
        // Traefik fills in no defaults in JSON: without these there is no HTTP/2.
        fields.add("alpnProtocols",
                   build.strings(std::array<std::string, 3>{"h2", "http/1.1", "acme-tls/1"}));
    }
    if (options.client_auth) {
        const ClientAuth& clients = *options.client_auth;
        fields.add("clientAuth",
                   build.map({{"caFiles", authorities_node(clients.ca_pem, build)},
                              {"clientAuthType",
                               build.string(clients.required ? "RequireAndVerifyClientCert"
                                                             : "RequestClientCert")}}));
    }
    if (options.sni_strict || fields.empty()) {
        fields.add("sniStrict", tree::Node::boolean(options.sni_strict));
    }
    return build.map(fields);
}

}  // namespace

std::string key_file_name(std::string_view key) {
    return base::sha256_hex(key).substr(0, 32) + ".pem";
}

std::string omitted_key(std::string_view key) {
    return std::string(omitted) + base::sha256_hex(key).substr(0, 16);
}

bool is_omitted_key(std::string_view text) {
    return text.starts_with(omitted);
}

std::vector<std::pair<std::string, base::SecretBytes>> key_files(const Dynamic& dynamic) {
    std::map<std::string, base::SecretBytes> files;
    const auto add = [&](const Certificate& certificate) {
        files.emplace(key_file_name(certificate.key_pem.reveal()),
                      base::SecretBytes(pem_blocks(certificate.key_pem.reveal())));
    };
    for (const Certificate& certificate : dynamic.certificates)
        add(certificate);
    const auto add_shown = [&](const auto& transports) {
        for (const auto& transport : transports) {
            if (transport.tls && transport.tls->certificate) add(*transport.tls->certificate);
        }
    };
    add_shown(dynamic.transports);
    add_shown(dynamic.tcp_transports);
    return {files.begin(), files.end()};
}

void add_transport_tls(Fields& fields,
                       const TransportTls& tls,
                       const KeyPlacement& keys,
                       NodeBuilder& build) {
    if (tls.certificate) {
        fields.add("certificates",
                   build.list(std::array{certificate_node(*tls.certificate, keys, build)}));
    }
    if (!tls.cipher_suites.empty()) fields.add("cipherSuites", build.strings(tls.cipher_suites));
    // The chain is verified all the same, and the URI in place of the server name.
    if (tls.peer_uri) fields.add("insecureSkipVerify", tree::Node::boolean(true));
    if (!tls.max_version.empty()) fields.add("maxVersion", build.string(tls.max_version));
    if (!tls.min_version.empty()) fields.add("minVersion", build.string(tls.min_version));
    if (tls.peer_uri) fields.add("peerCertURI", build.string(*tls.peer_uri));
    if (!tls.ca_pem.empty()) fields.add("rootCAs", authorities_node(tls.ca_pem, build));
    if (!tls.server_name.empty()) fields.add("serverName", build.string(tls.server_name));
}

tree::Node
tls_node(const Dynamic& dynamic, Format format, const KeyPlacement& keys, NodeBuilder& build) {
    std::vector<tree::Node> certificates;
    Fields stores;
    for (const Certificate& certificate : dynamic.certificates) {
        const tree::Node node = certificate_node(certificate, keys, build);
        certificates.push_back(node);
        if (certificate.is_default) {
            stores.add("default", build.map({{"defaultCertificate", node}}));
        }
    }
    Fields options;
    for (const TlsOptions& one : dynamic.tls_options) {
        options.add(build.copy(one.name), options_node(one, format, build));
    }
    Fields tls;
    if (!certificates.empty()) tls.add("certificates", build.list(certificates));
    if (!options.empty()) tls.add("options", build.map(options));
    if (!stores.empty()) tls.add("stores", build.map(stores));
    return build.map(tls);
}

}  // namespace gatefile::traefik
