// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "tls_options.hpp"
#include "trust.hpp"

namespace gatefile::graph {
namespace {

constexpr std::string_view insecure_fallback = "AllowInsecureFallback";

/// The codes of a reference to a certificate with its key.
struct KeyPairCodes {
    diag::Code bad;
    diag::Code denied;
};

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

/// GatewayTLSConfig.frontend for one listener.
class ClientCheck {
public:
    ClientCheck(const Context& context, const api::Gateway& gateway, Listener& listener)
        : context_(context), gateway_(gateway), listener_(listener) {}

    void run() {
        const api::FrontendValidation* wanted = client_validation(gateway_, listener_.spec->port);
        if (wanted == nullptr) return;
        ClientValidation& validation = listener_.client_validation.emplace();
        validation.insecure_fallback = wanted->mode == insecure_fallback;
        for (const api::ObjectReference& ref : wanted->ca_certificate_refs)
            validation.ca_pem += resolve(ref);
        if (!validation.ca_pem.empty()) return;
        listener_.accepted = false;
        tell({diag::Code::ListenerNoAuthority,
              fmt::format("no certificate is left to verify the clients of listener {} with, so it "
                          "is not served",
                          base::quote_for_message(listener_.spec->name)),
              {},
              absent_});
    }

private:
    std::string_view resolve(const api::ObjectReference& ref) {
        const std::string& ns = ref.ns ? *ref.ns : gateway_.meta.ns;
        if (!context_.grants.permits(
                {"Gateway", gateway_.meta.ns, ref.group, ref.kind, ns, ref.name})) {
            unresolved({diag::Code::ListenerAuthorityDenied,
                        fmt::format("no ReferenceGrant in namespace {} permits {} {}",
                                    base::quote_for_message(ns),
                                    ref.kind,
                                    quoted_name(ns, ref.name)),
                        fmt::format("add one there from Gateway in namespace {}",
                                    base::quote_for_message(gateway_.meta.ns)),
                        grants_of(ns)});
            return {};
        }
        Trust trust = resolve_trust(context_, ref, ns);
        if (trust.result == Trust::Result::Good) return trust.pem;
        unresolved({trust.result == Trust::Result::UnknownKind ? diag::Code::ListenerAuthorityKind
                                                               : diag::Code::ListenerAuthority,
                    std::move(trust.detail),
                    std::move(trust.hint),
                    std::move(trust.absent)});
        return {};
    }

    void unresolved(Finding finding) {
        listener_.resolved_refs = false;
        if (finding.absent) absent_ = finding.absent;
        tell(std::move(finding));
    }

    /// The fault is the Gateway's, and that of a ListenerSet has no such field.
    void tell(Finding finding) {
        if (listener_.set != nullptr) {
            report(context_, gateway_, listener_, diag::Path(), std::move(finding));
        } else {
            report_for_listener(
                context_, gateway_, listener_, diag::Path("spec.tls.frontend"), std::move(finding));
        }
    }

    const Context& context_;
    const api::Gateway& gateway_;
    Listener& listener_;
    std::optional<diag::ObjectRef> absent_;
};

/// The Secret that a reference to a certificate leads to; whether it may be read is judged before
/// it is looked for, so that nobody learns what exists in other namespaces.
const api::Secret* resolve(const Context& context,
                           const api::Gateway& gateway,
                           const api::ListenerSet* set,
                           const api::ObjectReference& ref,
                           const KeyPairCodes& codes,
                           Finding& finding) {
    finding.code = codes.bad;
    if (!ref.group.empty() || ref.kind != "Secret") {
        finding.detail =
            fmt::format("certificates of kind {} are not known", quoted_kind(ref.group, ref.kind));
        finding.hint = "refer to a Secret";
        return nullptr;
    }
    // Grants to the Gateway do not hold for its ListenerSets.
    const std::string_view own_kind = set ? "ListenerSet" : "Gateway";
    const std::string& own_ns = set ? set->meta.ns : gateway.meta.ns;
    const std::string& ns = ref.ns ? *ref.ns : own_ns;
    const std::string quoted = quoted_name(ns, ref.name);
    if (!context.grants.permits({own_kind, own_ns, ref.group, ref.kind, ns, ref.name})) {
        finding.code = codes.denied;
        finding.detail = fmt::format("no ReferenceGrant in namespace {} permits Secret {}",
                                     base::quote_for_message(ns),
                                     quoted);
        finding.hint = fmt::format("add one there from {} in namespace {} to Secret {}",
                                   own_kind,
                                   base::quote_for_message(own_ns),
                                   base::quote_for_message(ref.name));
        finding.absent = grants_of(ns);
        return nullptr;
    }
    const api::Secret* secret = context.snapshot.find_secret(ns, ref.name);
    if (!secret) {
        finding.absent = diag::ObjectRef{"Secret", ns, ref.name};
        finding.detail =
            fmt::format("Secret {} {}", quoted, why_absent(context, *finding.absent));
        return nullptr;
    }
    if (secret->is_redacted() && !context.capabilities.without_keys) {
        finding.detail = fmt::format(
            "the key of Secret {} was taken out ({})", quoted, api::redacted_annotation);
        finding.hint = "give the Secret itself, or leave out keys with --keys omit";
        return nullptr;
    }
    if (const std::optional<std::string>& fault = secret->key_pair().fault) {
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

void check_certificates(const Context& context, const api::Gateway& gateway, Listener& listener) {
    constexpr KeyPairCodes codes{diag::Code::CertificateRef, diag::Code::CertificateRefDenied};
    const std::vector<api::ObjectReference>& refs = listener.spec->tls->certificate_refs;
    for (std::size_t i = 0; i < refs.size(); ++i) {
        Finding finding;
        if (const api::Secret* secret =
                resolve(context, gateway, listener.set, refs[i], codes, finding)) {
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

/// Traefik serves such a router all the same, with its default certificate.
void check_resolver(const Context& context,
                    const api::Gateway& gateway,
                    const Listener& listener,
                    std::string_view name) {
    const auto& known = context.capabilities.cert_resolvers;
    if (!known || std::ranges::find(*known, name) != known->end()) return;
    const std::vector<std::string_view> names(known->begin(), known->end());
    const std::string_view near = base::nearest(name, names);
    report(context,
           gateway,
           listener,
           diag::Path("tls.options") / std::string_view(cert_resolver_option),
           {diag::Code::CertResolverUnknown,
            fmt::format("Traefik has no certificate resolver {}{}",
                        base::quote_for_message(name),
                        near.empty() ? "" : fmt::format("; did you mean {}?", near)),
            "define it below certificatesResolvers in Traefik's static configuration"});
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
        if (std::optional<std::string> fault = option_fault(key, value, OptionsOf::Listener)) {
            good = false;
            refuse(diag::Path("tls.options") / std::string_view(key), std::move(*fault));
        } else if (key == cert_resolver_option) {
            listener.has_resolver = true;
            check_resolver(context, gateway, listener, value);
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

void check_tls(const Context& context, const api::Gateway& gateway, Listener& listener) {
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
    ClientCheck(context, gateway, listener).run();
    check_options(context, gateway, listener);
    check_certificates(context, gateway, listener);
}

void check_gateway_tls(const Context& context, Gateway& gateway) {
    if (!gateway.spec->tls) return;
    const api::GatewayTls& tls = *gateway.spec->tls;
    const bool by_default = tls.frontend_default && tls.frontend_default->mode == insecure_fallback;
    gateway.insecure_frontend =
        by_default || std::ranges::any_of(tls.frontend_per_port, [](const auto& port) {
            return port.validation && port.validation->mode == insecure_fallback;
        });
    if (gateway.insecure_frontend) {
        report(context,
               *gateway.spec,
               diag::Path("spec.tls.frontend"),
               {diag::Code::ClientsNotVerified,
                "clients may show any certificate or none, as AllowInsecureFallback has it",
                "use AllowValidOnly unless backends look at the certificates"});
    }
    if (!tls.backend_client_certificate) return;
    constexpr KeyPairCodes codes{diag::Code::GatewayClientCertificate,
                                 diag::Code::GatewayClientCertificateDenied};
    const diag::Path path("spec.tls.backend.clientCertificateRef");
    Finding finding;
    gateway.client_certificate =
        resolve(context, *gateway.spec, nullptr, *tls.backend_client_certificate, codes, finding);
    gateway.lacks_client_certificate = gateway.client_certificate == nullptr;
    if (gateway.lacks_client_certificate) {
        finding.detail += "; requests to backends over TLS fail";
        report(context, *gateway.spec, path, std::move(finding));
    } else if (gateway.client_certificate->meta.gone) {
        report(context,
               *gateway.spec,
               path,
               {diag::Code::GatewayClientCertificate,
                "the Secret was deleted; its last certificate is shown until it is back or this "
                "reference is removed",
                "create it again, or remove the reference"});
    }
}

}  // namespace gatefile::graph
