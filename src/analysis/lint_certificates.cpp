// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {
namespace {

constexpr std::int64_t day = 24 * 60 * 60;

/// What certificates are renewed at: 30 days before their end, and short ones at two thirds.
bool expires_soon(const base::Certificate& certificate, base::Timestamp now) {
    const std::int64_t lifetime = certificate.not_after.seconds - certificate.not_before.seconds;
    const std::int64_t left = certificate.not_after.seconds - now.seconds;
    return left < 30 * day && left < lifetime / 3;
}

/// Why today's clients refuse it; empty when they do not.
std::string weakness_of(const base::Certificate& certificate, bool of_server) {
    if (certificate.key_kind == base::KeyKind::Rsa && certificate.key_bits < 2048)
        return fmt::format("has an RSA key of {} bits, less than 2048", certificate.key_bits);
    if (certificate.key_kind == base::KeyKind::Ec && certificate.key_bits < 256)
        return fmt::format("has an EC key of {} bits, less than 256", certificate.key_bits);
    const std::string& digest = certificate.signature_digest;
    if (!certificate.self_issued && (digest == "SHA1" || digest == "MD5" || digest == "MD4"))
        return fmt::format("is signed with {}", digest);
    if (of_server && !certificate.has_alternative_names)
        return "has no subjectAltName, and a common name counts for nothing";
    return {};
}

class Judge {
public:
    Judge(base::Timestamp now, diag::Diagnostics& diagnostics)
        : now_(now), diagnostics_(diagnostics) {}

    /// `make_place` gives a diagnostic with the object, path and listener.
    template <typename MakePlace>
    void look_at(const api::Secret& secret, bool of_server, const MakePlace& make_place) {
        const base::Certificate& certificate = secret.key_pair().certificate;
        if (certificate.not_after < now_) {
            add(make_place(),
                diag::Code::CertificateExpired,
                secret,
                "expired at " + base::format_rfc3339(certificate.not_after),
                "it is served all the same; renew it");
        } else if (now_ < certificate.not_before) {
            add(make_place(),
                diag::Code::CertificateExpired,
                secret,
                "is not valid before " + base::format_rfc3339(certificate.not_before),
                "it is served all the same; look at the clocks");
        } else if (expires_soon(certificate, now_)) {
            add(make_place(),
                diag::Code::CertificateExpiring,
                secret,
                "expires at " + base::format_rfc3339(certificate.not_after),
                "renew it, or see why what renews it has not done so");
        }
        if (const std::string weakness = weakness_of(certificate, of_server); !weakness.empty()) {
            add(make_place(),
                diag::Code::CertificateWeak,
                secret,
                weakness,
                "have one issued with an ECDSA P-256 or RSA 2048 key, SHA-256 and its hostnames as "
                "subjectAltNames");
        }
    }

private:
    void add(diag::Diagnostic diagnostic,
             diag::Code code,
             const api::Secret& secret,
             const std::string& what,
             std::string hint) {
        diagnostic.code = code;
        diagnostic.detail = fmt::format(
            "the certificate in Secret {}/{} {}", secret.meta.ns, secret.meta.name, what);
        diagnostic.hint = std::move(hint);
        diagnostics_.add(std::move(diagnostic));
    }

    base::Timestamp now_;
    diag::Diagnostics& diagnostics_;
};

std::string names_of(const graph::Listener& listener) {
    std::string text;
    for (const api::Secret* secret : listener.certificates) {
        for (const std::string& name : secret->key_pair().certificate.dns_names)
            text += (text.empty() ? "" : ", ") + base::quote_for_message(name);
    }
    return text.empty() ? "no DNS name at all" : text;
}

/// Of a wildcard one hostname below it is enough: others may never be asked for.
bool covers_below(const graph::Listener& listener, std::string_view wildcard) {
    if (!wildcard.starts_with("*.")) return false;
    return std::ranges::any_of(listener.certificates, [&](const api::Secret* secret) {
        const base::Certificate& certificate = secret->key_pair().certificate;
        return std::ranges::any_of(certificate.dns_names, [&](const std::string& name) {
            return name.ends_with(wildcard.substr(1));
        });
    });
}

bool covers_some(const graph::Listener& listener) {
    return covered(listener, listener.hostname) || covers_below(listener, listener.hostname);
}

void lint_listener(const graph::Gateway& gateway,
                   const graph::Listener& listener,
                   diag::Diagnostics& diagnostics) {
    if (listener.certificates.empty() || listener.hostname.empty() || covers_some(listener)) return;
    diag::Diagnostic found = certificate_place(gateway, listener);
    found.code = diag::Code::CertificateNotCovering;
    found.detail = fmt::format("no certificate of the listener covers its hostname {}; they are "
                               "for {}",
                               base::quote_for_message(listener.hostname),
                               names_of(listener));
    found.hint = "clients will refuse the connection; name the Secret whose certificate is for it";
    diagnostics.add(std::move(found));
}

bool covers(std::string_view listener, std::string_view host) {
    if (listener.starts_with("*.") && host.ends_with(listener.substr(1))) return true;
    return !listener.empty() && listener == host;
}

/// Listener isolation: a more specific listener of the same port takes the hostname.
bool taken_elsewhere(const graph::Gateway& gateway,
                     const graph::Listener& listener,
                     std::string_view host) {
    return std::ranges::any_of(gateway.listeners, [&](const graph::Listener& other) {
        const bool narrower =
            !other.hostname.starts_with("*.") || other.hostname.size() > listener.hostname.size();
        return &other != &listener && other.serves && other.spec->port == listener.spec->port &&
               narrower && covers(other.hostname, host);
    });
}

/// The index of the hostname in the route's own list, for the path.
std::optional<std::size_t> written_index(const api::Route& route, std::string_view written) {
    for (std::size_t i = 0; i < route.hostnames.size(); ++i) {
        if (base::equals_ignoring_case(route.hostnames[i], written)) return i;
    }
    return std::nullopt;
}

template <typename AnyRoute>
void lint_coverage(const graph::Graph& graph,
                   const AnyRoute& route,
                   diag::Diagnostics& diagnostics) {
    std::set<std::pair<std::string, std::string>> said;
    for (const graph::Parent& parent : route.parents) {
        for (const graph::Attachment& attachment : parent.attachments) {
            const graph::Gateway& gateway = graph.gateways[attachment.gateway];
            const graph::Listener& listener = gateway.listeners[attachment.listener];
            if (listener.certificates.empty()) continue;
            for (const graph::EffectiveHostname& host : attachment.hostnames) {
                if (host.hostname.empty() || covered(listener, host.hostname) ||
                    taken_elsewhere(gateway, listener, host.hostname)) {
                    continue;
                }
                // What the listener's own hostname lacks the listener is told, and a wildcard needs
                // one name below it.
                if (host.hostname == listener.hostname) continue;
                if (covers_below(listener, host.hostname)) continue;
                const std::string where = fmt::format(
                    "{} listener {}", owner_of(gateway, listener).text(), listener.spec->name);
                if (!said.emplace(where, host.hostname).second) continue;
                diag::Path path("spec.hostnames");
                if (const auto index = written_index(*route.spec, host.written))
                    path = path / *index;
                diagnostics.add(
                    {.code = diag::Code::CertificateNotCovering,
                     .object = object_of(api::name_of(route.spec->kind), route.spec->meta),
                     .path = host.written.empty() ? diag::Path("spec") : path,
                     .detail = fmt::format("no certificate of {} covers {}; they are for {}",
                                           where,
                                           base::quote_for_message(host.hostname),
                                           names_of(listener)),
                     .hint = "clients will refuse the connection; add the Secret with its "
                             "certificate to the listener's tls.certificateRefs"});
            }
        }
    }
}

}  // namespace

diag::Diagnostic certificate_place(const graph::Gateway& gateway, const graph::Listener& listener) {
    diag::Diagnostic place;
    place.object = graph::owner_of(gateway, listener);
    place.path = diag::Path("spec.listeners") / listener.spec_index / "tls" / "certificateRefs";
    place.listener = listener.spec->name;
    return place;
}

bool covered(const graph::Listener& listener, std::string_view hostname) {
    return std::ranges::any_of(listener.certificates, [&](const api::Secret* secret) {
        return base::covers_hostname(secret->key_pair().certificate, hostname);
    });
}

void lint_certificates(const graph::Graph& graph,
                       base::Timestamp now,
                       diag::Diagnostics& diagnostics) {
    Judge judge(now, diagnostics);
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            for (const api::Secret* secret : listener.certificates)
                judge.look_at(*secret, true, [&] { return certificate_place(gateway, listener); });
            lint_listener(gateway, listener, diagnostics);
        }
        if (gateway.client_certificate == nullptr) continue;
        judge.look_at(*gateway.client_certificate, false, [&] {
            diag::Diagnostic place;
            place.object = object_of("Gateway", gateway.spec->meta);
            place.path = diag::Path("spec.tls.backend.clientCertificateRef");
            return place;
        });
    }
    for (const graph::Route& route : graph.routes)
        lint_coverage(graph, route, diagnostics);
    for (const graph::StreamRoute& route : graph.tls_routes)
        lint_coverage(graph, route, diagnostics);
}

}  // namespace gatefile::analysis
