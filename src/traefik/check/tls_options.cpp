// SPDX-License-Identifier: Apache-2.0
#include "check/tls_options.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;

std::string quote(std::string_view text) {
    return base::quote_for_message(text);
}

constexpr auto cipher_suites = std::to_array<std::string_view>({
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_FALLBACK_SCSV",
});
constexpr auto curves = std::to_array<std::string_view>({
    "secp256r1",
    "CurveP256",
    "secp384r1",
    "CurveP384",
    "secp521r1",
    "CurveP521",
    "x25519",
    "X25519",
    "x25519mlkem768",
    "X25519MLKEM768",
    "secp256r1mlkem768",
    "SecP256r1MLKEM768",
    "secp384r1mlkem1024",
    "SecP384r1MLKEM1024",
});
constexpr auto client_auth_types = std::to_array<std::string_view>({
    "NoClientCert",
    "RequestClientCert",
    "RequireAnyClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
});

template <std::size_t size>
std::string first_unknown(const std::vector<std::string>& names,
                          const std::array<std::string_view, size>& known) {
    for (const std::string& name : names) {
        if (std::ranges::find(known, name) == known.end()) return name;
    }
    return "";
}

}  // namespace

FileOrContent read_file_or_content(const Surroundings& around, std::string_view value) {
    const std::string text(value);
    if (text.find("-----BEGIN") != std::string::npos || text.find('\n') != std::string::npos)
        return {FileOrContent::Kind::Content, text};
    if (auto bytes = around.read_file(text)) return {FileOrContent::Kind::Content, *bytes};
    const std::size_t slash = text.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : text.substr(0, slash);
    const bool is_here = slash == 0 || (text.starts_with('/') && around.has_directory(folder));
    const bool is_path = slash != std::string::npos;
    return {is_path && !is_here ? FileOrContent::Kind::Elsewhere : FileOrContent::Kind::Missing,
            ""};
}

bool TlsOptions::use_default() {
    const Table& table = context_.elements.options;
    const auto own = table.find("default");
    if (own == table.end()) return true;
    const auto [known, is_new] = built_.emplace("default", true);
    if (is_new) known->second = build("default", own->second);
    return known->second;
}

bool TlsOptions::use(const Element& router, std::string_view name) {
    const Table& table = context_.elements.options;
    if (name.empty() || name == "default") return use_default();
    const Found found = refer(context_, router, "tls.options", "tls.options", table, name);
    if (found.where == Where::Missing) return false;
    if (found.element == nullptr) return true;
    const auto [known, is_new] = built_.emplace(found.name, true);
    if (is_new) known->second = build(found.name, *found.element);
    return known->second;
}

bool TlsOptions::build(const std::string& name, const Element& options) {
    const Raw& settings = *options.value;
    const auto fault = [&](std::string_view field, std::string detail, Code code) {
        report_at(context_,
                  code,
                  options,
                  field,
                  std::move(detail) +
                      fmt::format("; routers with the options {} are not served", quote(name)));
        return false;
    };
    bool has_authorities = false;
    if (const Raw* client_auth = find(settings, "clientAuth")) {
        for (const std::string& file : list_of(*client_auth, "caFiles")) {
            has_authorities = true;
            const FileOrContent bundle = read_file_or_content(context_.around, file);
            if (bundle.kind == FileOrContent::Kind::Elsewhere) {
                report_at(context_,
                          Code::TraefikReferenceElsewhere,
                          options,
                          "clientAuth.caFiles",
                          quote(file) + ": not found here, so it was not looked at");
                continue;
            }
            if (!base::parse_ca_bundle(bundle.text))
                return fault("clientAuth.caFiles",
                             "there is no certificate in one of the caFiles",
                             Code::TraefikCertificate);
        }
        const std::string type(text_of(*client_auth, "clientAuthType"));
        if (!type.empty() && !first_unknown({type}, client_auth_types).empty())
            return fault("clientAuth.clientAuthType",
                         quote(type) + " is no type of client authentication",
                         Code::TraefikElement);
        const bool verifies = type == "VerifyClientCertIfGiven" || type == client_auth_types.back();
        if (verifies && !has_authorities)
            return fault("clientAuth", type + " wants caFiles", Code::TraefikElement);
    }
    const std::string suite = first_unknown(list_of(settings, "cipherSuites"), cipher_suites);
    if (!suite.empty())
        return fault("cipherSuites",
                     "Traefik does not know the cipher suite " + quote(suite),
                     Code::TraefikElement);
    const std::string curve = first_unknown(list_of(settings, "curvePreferences"), curves);
    if (!curve.empty())
        return fault("curvePreferences",
                     "Traefik does not know the curve " + quote(curve),
                     Code::TraefikElement);
    return true;
}

namespace {

/// One pair of certFile and keyFile, below `field` of an element.
void check_pair(const Context& context,
                const Element& element,
                std::string_view field,
                const Raw& pair) {
    const FileOrContent chain = read_file_or_content(context.around, text_of(pair, "certFile"));
    const FileOrContent key = read_file_or_content(context.around, text_of(pair, "keyFile"));
    std::string files;
    for (const auto& [file, name] : {std::pair{&chain, "certFile"}, std::pair{&key, "keyFile"}}) {
        if (file->kind == FileOrContent::Kind::Content) continue;
        // What is no path may be a key.
        const std::string_view value = text_of(pair, name);
        const bool is_path = value.find('/') != std::string_view::npos;
        files += (files.empty() ? "" : ", ") + (is_path ? quote(value) : std::string(name));
    }
    if (chain.kind == FileOrContent::Kind::Elsewhere ||
        key.kind == FileOrContent::Kind::Elsewhere) {
        report_at(context,
                  Code::TraefikReferenceElsewhere,
                  element,
                  field,
                  files + ": not found here, so the certificate was not looked at");
        return;
    }
    if (!files.empty()) {
        report_at(context,
                  Code::TraefikCertificate,
                  element,
                  field,
                  files + ": not found; Traefik goes on without the certificate");
        return;
    }
    if (const auto pair_fits = base::check_key_pair(chain.text, key.text); !pair_fits)
        report_at(context,
                  Code::TraefikCertificate,
                  element,
                  field,
                  pair_fits.error().text + "; Traefik goes on without the certificate");
}

}  // namespace

void check_certificates(const Context& context) {
    for (const Element& certificate : context.elements.certificates)
        check_pair(context, certificate, "", *certificate.value);
    for (const auto& [name, store] : context.elements.stores) {
        const Raw* pair = find(*store.value, "defaultCertificate");
        if (pair != nullptr) check_pair(context, store, "defaultCertificate", *pair);
        const Raw* generated = find(*store.value, "defaultGeneratedCert");
        // Without a domain, or beside another certificate, Traefik asks for none.
        if (pair == nullptr && generated != nullptr && find(*generated, "domain") != nullptr)
            check_resolver(context, store, "defaultGeneratedCert.resolver");
    }
    for (const auto& [name, transport] : context.elements.http.transports) {
        for (const Raw* pair : maps_of(*transport.value, "certificates"))
            check_pair(context, transport, "certificates", *pair);
    }
}

}  // namespace gatefile::traefik::check
