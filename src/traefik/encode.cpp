// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/encode.hpp"

#include <array>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "encode_http.hpp"
#include "encode_stream.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/tree/write.hpp"
#include "pem.hpp"

namespace gatefile::traefik {
namespace {

constexpr std::string_view generation_name = "gatefile-generation";

std::string key_file_name(const base::SecretBytes& key) {
    return base::sha256_hex(key.reveal()).substr(0, 32) + ".pem";
}

tree::Node key_node(const base::SecretBytes& key, const KeyPlacement& keys, NodeBuilder& build) {
    switch (keys.where) {
    case Keys::Inline:
        return build.string(pem_blocks(key.reveal()));
    case Keys::Files:
        return build.string(keys.directory + "/" + key_file_name(key));
    case Keys::Omit:
        break;
    }
    const std::string digest = base::sha256_hex(key.reveal());
    return build.string("private key omitted, SHA-256 " + digest.substr(0, 16));
}

std::vector<std::pair<std::string, base::SecretBytes>> key_files(const Dynamic& dynamic) {
    std::map<std::string, base::SecretBytes> files;
    for (const Certificate& certificate : dynamic.certificates) {
        files.emplace(key_file_name(certificate.key_pem),
                      base::SecretBytes(pem_blocks(certificate.key_pem.reveal())));
    }
    return {files.begin(), files.end()};
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
    if (options.sni_strict || fields.empty()) {
        fields.add("sniStrict", tree::Node::boolean(options.sni_strict));
    }
    return build.map(fields);
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

/// Empty sections are left out: one of them makes Traefik's file provider refuse the whole file.
tree::Node root_node(const Dynamic& dynamic,
                     Format format,
                     const KeyPlacement& keys,
                     tree::Arena& arena,
                     const Middleware* generation) {
    NodeBuilder build(arena);
    Fields root;
    const tree::Node http =
        http_node(dynamic,
                  format,
                  keys.where == Keys::Omit ? tree::Secrets::Omit : tree::Secrets::Reveal,
                  build,
                  generation);
    if (!http.entries().empty()) root.add("http", http);
    const tree::Node tcp = tcp_node(dynamic, build);
    if (!tcp.entries().empty()) root.add("tcp", tcp);
    const tree::Node tls = tls_node(dynamic, format, keys, build);
    if (!tls.entries().empty()) root.add("tls", tls);
    const tree::Node udp = udp_node(dynamic, build);
    if (!udp.entries().empty()) root.add("udp", udp);
    return build.map(root);
}

std::string text_of(const tree::Node& node, Format format) {
    switch (format) {
    case Format::File:
        return tree::write_yaml(node, tree::Templates::Neutralised);
    case Format::Plugin:
        break;
    }
    return tree::write_json(node, tree::JsonStyle::Compact);
}

}  // namespace

tree::Node
encode(const Dynamic& dynamic, Format format, const KeyPlacement& keys, tree::Arena& arena) {
    return root_node(dynamic, format, keys, arena, nullptr);
}

Text write(const Dynamic& dynamic, Format format, const KeyPlacement& keys) {
    const auto text_with = [&](std::string hash) {
        const Middleware mark{.name = std::string(generation_name),
                              .settings = GenerationMiddleware{std::move(hash)}};
        tree::Arena arena;
        return text_of(root_node(dynamic, format, keys, arena, &mark), format);
    };
    // The hash is taken over the whole text with something of the same length in its place.
    const std::string placeholder(64, '0');
    Text text;
    text.file_name = format == Format::File ? "gatefile.yml" : "gatefile.json";
    text.bytes = text_with(placeholder);
    text.generation = base::sha256_hex(text.bytes);
    const std::size_t at = text.bytes.find(placeholder);
    if (text.bytes.find(placeholder, at + 1) == std::string::npos) {
        text.bytes.replace(at, placeholder.size(), text.generation);
    } else {
        // Somebody wrote the placeholder into a manifest.
        text.bytes = text_with(text.generation);
    }
    if (keys.where == Keys::Files) text.keys = key_files(dynamic);
    return text;
}

}  // namespace gatefile::traefik
