// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "tls_options.hpp"

namespace gatefile::graph {
namespace {

std::optional<std::string> check_key_pair(const api::Secret& secret) {
    const base::SecretBytes* chain = secret.find("tls.crt");
    if (!chain || chain->empty()) return "has no tls.crt";
    const base::SecretBytes* key = secret.find("tls.key");
    if (!key || key->empty()) return "has no tls.key";
    const auto checked = base::check_key_pair(chain->reveal(), key->reveal());
    return checked ? std::nullopt : std::optional(checked.error().text);
}

/// GatewayTLSConfig.frontend: the entry for the port replaces the default, even to ask for nothing.
const api::FrontendValidation* client_validation(const api::Gateway& gateway, std::uint16_t port) {
    if (!gateway.tls) return nullptr;
    const auto& per_port = gateway.tls->frontend_per_port;
    const auto own = std::find_if(
        per_port.begin(), per_port.end(), [&](const auto& entry) { return entry.port == port; });
    const auto& validation =
        own != per_port.end() ? own->validation : gateway.tls->frontend_default;
    return validation ? &*validation : nullptr;
}

void check_client_validation(const Context& context,
                             const api::Gateway& gateway,
                             Listener& listener) {
    if (!client_validation(gateway, listener.spec->port)) return;
    listener.accepted = false;
    report_for_listener(
        context,
        gateway,
        listener,
        diag::Path("spec.tls.frontend"),
        {diag::Code::ListenerClientCertificates,
         fmt::format("client certificates cannot be checked yet, so listener {} is not served",
                     base::quote_for_message(listener.spec->name)),
         "remove tls.frontend if everyone may connect"});
}

/// The Secret that a certificateRef leads to; whether it may be read is judged before it is looked
/// for, so that nobody learns what exists in other namespaces.
const api::Secret* resolve(const Context& context,
                           const api::Gateway& gateway,
                           const Listener& listener,
                           const api::ObjectReference& ref,
                           KeyPairs& key_pairs,
                           Finding& finding) {
    finding.code = diag::Code::CertificateRef;
    if (!ref.group.empty() || ref.kind != "Secret") {
        finding.detail =
            fmt::format("certificates of kind {} are not known", quoted_kind(ref.group, ref.kind));
        finding.hint = "refer to a Secret";
        return nullptr;
    }
    // Grants to the Gateway do not hold for its ListenerSets.
    const std::string_view own_kind = listener.set ? "ListenerSet" : "Gateway";
    const std::string& own_ns = listener.set ? listener.set->meta.ns : gateway.meta.ns;
    const std::string& ns = ref.ns ? *ref.ns : own_ns;
    const std::string quoted = quoted_name(ns, ref.name);
    if (!context.grants.permits({own_kind, own_ns, ref.group, ref.kind, ns, ref.name})) {
        finding.code = diag::Code::CertificateRefDenied;
        finding.detail = fmt::format("no ReferenceGrant in namespace {} permits Secret {}",
                                     base::quote_for_message(ns),
                                     quoted);
        finding.hint = fmt::format("add one there from {} in namespace {} to Secret {}",
                                   own_kind,
                                   base::quote_for_message(own_ns),
                                   base::quote_for_message(ref.name));
        return nullptr;
    }
    const api::Secret* secret = context.snapshot.find_secret(ns, ref.name);
    if (!secret) {
        finding.detail = fmt::format("Secret {} does not exist", quoted);
        return nullptr;
    }
    if (const std::optional<std::string>& fault = key_pairs.fault(*secret)) {
        finding.detail = fmt::format("Secret {} cannot be used: {}", quoted, *fault);
        return nullptr;
    }
    return secret;
}

/// It is served on all the same: that it went may be a slip, and no certificate is no service.
void report_gone(const Context& context,
                 const api::Gateway& gateway,
                 Listener& listener,
                 std::size_t ref,
                 const api::Secret& secret) {
    listener.resolved_refs = false;
    report(context,
           gateway,
           listener,
           diag::Path("tls.certificateRefs") / ref,
           {diag::Code::CertificateRef,
            fmt::format("Secret {} was deleted; its last certificate is served on until it is back "
                        "or this reference is removed",
                        quoted_name(secret.meta.ns, secret.meta.name)),
            "create it again, or remove the reference"});
}

void check_certificates(const Context& context,
                        const api::Gateway& gateway,
                        Listener& listener,
                        KeyPairs& key_pairs) {
    const std::vector<api::ObjectReference>& refs = listener.spec->tls->certificate_refs;
    for (std::size_t i = 0; i < refs.size(); ++i) {
        Finding finding;
        if (const api::Secret* secret =
                resolve(context, gateway, listener, refs[i], key_pairs, finding)) {
            if (secret->meta.gone) report_gone(context, gateway, listener, i, *secret);
            auto& known = listener.certificates;
            if (std::find(known.begin(), known.end(), secret) == known.end()) {
                known.push_back(secret);
            }
            continue;
        }
        listener.resolved_refs = false;
        report(
            context, gateway, listener, diag::Path("tls.certificateRefs") / i, std::move(finding));
    }
    if (refs.empty() && !listener.has_resolver) {
        listener.resolved_refs = false;
        report(context,
               gateway,
               listener,
               diag::Path("tls"),
               {diag::Code::CertificateRef,
                "there is no certificateRef",
                fmt::format("refer to a Secret, or name a certificate resolver in the option {}",
                            cert_resolver_option)});
    }
}

void check_options(const Context& context, const api::Gateway& gateway, Listener& listener) {
    const api::StringMap& options = listener.spec->tls->options;
    const auto refuse = [&](const diag::Path& path, std::string detail) {
        listener.accepted = false;
        report(
            context, gateway, listener, path, {diag::Code::ListenerTlsMode, std::move(detail), {}});
    };
    bool good = true;
    for (const auto& [key, value] : options) {
        if (std::optional<std::string> fault = option_fault(key, value)) {
            good = false;
            refuse(diag::Path("tls.options") / std::string_view(key), std::move(*fault));
        } else if (key == cert_resolver_option) {
            listener.has_resolver = true;
        }
    }
    if (std::optional<std::string> fault = options_fault(options); good && fault) {
        refuse(diag::Path("tls.options"), std::move(*fault));
    }
}

/// What passes through encrypted cannot be held to options; certificateRefs do not count
/// (GatewayTLSConfig.mode).
void check_passthrough(const Context& context, const api::Gateway& gateway, Listener& listener) {
    const auto refuse = [&](std::string_view field, const char* detail) {
        listener.accepted = false;
        report(context,
               gateway,
               listener,
               diag::Path(field),
               {diag::Code::ListenerTlsMode, detail, {}});
    };
    if (listener.protocol != Protocol::Tls) {
        listener.supported_kinds.clear();
        refuse("tls.mode", "tls mode must be Terminate for protocol HTTPS");
        return;
    }
    listener.passthrough = true;
    if (!listener.spec->tls->options.empty()) {
        refuse("tls.options", "options cannot be honoured in mode Passthrough");
    }
}

}  // namespace

const std::optional<std::string>& KeyPairs::fault(const api::Secret& secret) {
    const auto [entry, is_new] = checked_.try_emplace(&secret);
    if (is_new) entry->second = check_key_pair(secret);
    return entry->second;
}

void check_tls(const Context& context,
               const api::Gateway& gateway,
               Listener& listener,
               KeyPairs& key_pairs) {
    if (listener.protocol != Protocol::Https && listener.protocol != Protocol::Tls) return;
    if (!listener.spec->tls) {
        listener.resolved_refs = false;
        report(context,
               gateway,
               listener,
               diag::Path(),
               {diag::Code::CertificateRef,
                fmt::format("a listener of protocol {} needs tls", listener.spec->protocol),
                "add tls.certificateRefs"});
        return;
    }
    if (listener.spec->tls->mode == api::TlsMode::Passthrough) {
        check_passthrough(context, gateway, listener);
        return;
    }
    check_client_validation(context, gateway, listener);
    check_options(context, gateway, listener);
    check_certificates(context, gateway, listener, key_pairs);
}

}  // namespace gatefile::graph
