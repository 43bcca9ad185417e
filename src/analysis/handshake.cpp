// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "explain_parts.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509_verify.hpp"

namespace gatefile::analysis {
namespace {

/// More is more specific: exact, then longer wildcards, then any; nothing: it does not cover.
std::optional<std::size_t> closeness(std::string_view pattern, std::string_view name) {
    if (!ir::hostname_covers(pattern, name)) return std::nullopt;
    if (pattern.empty()) return 0;
    return pattern.starts_with("*.") ? pattern.size() : std::string_view::npos;
}

bool ends_tls(const ir::Stream& stream) {
    return stream.kind == ir::StreamKind::TlsPassthrough ||
           stream.kind == ir::StreamKind::TlsTerminate;
}

std::size_t https_listeners(const Case& one) {
    return static_cast<std::size_t>(
        std::ranges::count_if(one.config.listeners, [&](const ir::Listener& listener) {
            return listener.tls && listener.entry_point == one.request.entry_point;
        }));
}

bool has_own_options(const ir::Tls& tls) {
    return tls.client_validation || std::ranges::any_of(tls.options, [](const auto& option) {
               return option.first != "gatefile.dev/cert-resolver";
           });
}

/// Listeners are told apart by TLS options of their own as soon as there are two; one that has no
/// hostname and asks for nothing has those of everybody.
std::optional<std::size_t> options_of(const Case& one, std::optional<std::size_t> listener) {
    if (!listener) {
        std::optional<std::size_t> any;
        for (std::size_t i = 0; i < one.config.listeners.size(); ++i) {
            const ir::Listener& other = one.config.listeners[i];
            const bool is_here = other.tls && other.entry_point == one.request.entry_point;
            if (is_here && !any && other.hostname.starts_with("*.")) any = i;
        }
        if (!any) return std::nullopt;
        listener = any;
    }
    const ir::Listener& chosen = one.config.listeners[*listener];
    const bool told_apart = https_listeners(one) > 1 && !chosen.hostname.empty();
    return has_own_options(*chosen.tls) || told_apart ? listener : std::nullopt;
}

bool names_cover(const std::vector<std::string>& names, std::string_view sni) {
    return std::ranges::any_of(names, [&](const std::string& name) {
        if (name == sni) return true;
        const std::size_t dot = sni.find('.');
        return name.starts_with("*.") && dot != std::string_view::npos && dot > 0 &&
               name.substr(1) == sni.substr(dot);
    });
}

void show_certificate(const Case& one, std::string_view sni, Handshake& out) {
    const auto show = [&](const ir::Certificate& certificate, bool by_name) {
        out.certificate = certificate.id;
        out.names = certificate.names;
        out.by_name = by_name;
    };
    const ir::Certificate* covering = nullptr;
    for (const ir::Certificate& certificate : one.config.certificates) {
        const bool exact = std::ranges::find(certificate.names, sni) != certificate.names.end();
        if (!sni.empty() && exact) return show(certificate, true);
        if (!sni.empty() && covering == nullptr && names_cover(certificate.names, sni))
            covering = &certificate;
    }
    if (covering != nullptr) return show(*covering, true);
    if (!one.settings.default_certificate.empty()) {
        out.certificate = one.settings.default_certificate;
        return;
    }
    const ir::Listener* only = nullptr;
    std::size_t hostless = 0;
    for (const ir::Listener& listener : one.config.listeners) {
        if (!listener.tls || !listener.hostname.empty()) continue;
        ++hostless;
        if (!listener.tls->certificates.empty()) only = &listener;
    }
    if (hostless == 1 && only != nullptr)
        show(one.config.certificates[only->tls->certificates.front()], false);
}

/// What keeps the client out; empty: nothing.
std::string refusal(const Case& one, const ir::Tls& tls, Handshake& out) {
    const auto& validation = tls.client_validation;
    const std::string& shown = one.question.client_certificate;
    if (!validation) {
        out.clients = "no certificate is asked for";
        return "";
    }
    if (validation->insecure_fallback) {
        out.clients = "a certificate is asked for, and whatever is shown is taken";
        return "";
    }
    out.clients = "a certificate by the listener's authorities is required";
    if (shown.empty()) return "the listener requires a client certificate and none is shown";
    const auto verified =
        base::verify_client_certificate(validation->ca_pem, shown, one.settings.now);
    return verified ? "" : "the client certificate is not accepted: " + verified.error().text;
}

bool end(Explanation& out, Outcome outcome, std::string summary) {
    out.outcome = outcome;
    out.summary = std::move(summary);
    return false;
}

}  // namespace

NameOwner owner_of_name(const Case& one) {
    const std::string name = ir::host_name(one.question.sni.value_or(""));
    NameOwner out;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < one.config.listeners.size(); ++i) {
        const ir::Listener& listener = one.config.listeners[i];
        if (!listener.tls || listener.entry_point != one.request.entry_point) continue;
        const auto close = closeness(listener.hostname, name);
        if (!close || (best && *best >= *close)) continue;
        best = close;
        out = {.listener = i, .stream = {}};
    }
    for (std::size_t i = 0; i < one.config.streams.size(); ++i) {
        const ir::Stream& stream = one.config.streams[i];
        if (!ends_tls(stream) || stream.entry_point != one.request.entry_point) continue;
        const auto close = closeness(stream.hostname, name);
        if (!close || (best && *best >= *close)) continue;
        best = close;
        out = {.listener = {}, .stream = i};
    }
    return out;
}

bool shake_hands(const Case& one, const NameOwner& owner, Explanation& out) {
    const std::string name = ir::host_name(one.question.sni.value_or(""));
    Handshake& handshake = out.handshake.emplace();
    handshake.sni = one.question.sni;
    const bool streams = std::ranges::any_of(one.config.streams, [&](const ir::Stream& stream) {
        return ends_tls(stream) && stream.entry_point == one.request.entry_point;
    });
    const bool open = std::ranges::any_of(one.config.listeners, [&](const ir::Listener& listener) {
        return listener.tls && listener.entry_point == one.request.entry_point &&
               (listener.hostname.empty() || listener.hostname.starts_with("*."));
    });
    if (!owner.listener && streams && !open) {
        return end(out,
                   Outcome::Closed,
                   fmt::format("no listener has the server name {}, so the connection is closed",
                               base::quote_for_message(name)));
    }
    show_certificate(one, name, handshake);
    if (!owner.listener) {
        handshake.clients = "no certificate is asked for";
        out.notes.push_back(
            fmt::format("no HTTPS listener covers the server name {}: the certificate is not its",
                        base::quote_for_message(name)));
        return true;
    }
    const ir::Tls& tls = *one.config.listeners[*owner.listener].tls;
    handshake.options = tls.options;
    const std::string refused = refusal(one, tls, handshake);
    if (refused.empty()) return true;
    out.listeners = listeners_of(one.graph, one.config.listeners[*owner.listener].sources);
    out.hostname = one.config.listeners[*owner.listener].hostname;
    return end(out, Outcome::Refused, refused);
}

bool is_misdirected(const Case& one, const NameOwner& owner, std::optional<std::size_t> listener) {
    return options_of(one, owner.listener) != options_of(one, listener);
}

}  // namespace gatefile::analysis
