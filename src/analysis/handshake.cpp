// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "explain_parts.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
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

/// A wildcard stands for one label.
bool names_host(std::string_view name, std::string_view host) {
    if (name == host) return !host.empty();
    const std::size_t dot = host.find('.');
    return name.starts_with("*.") && dot != std::string_view::npos && dot > 0 &&
           name.substr(1) == host.substr(dot);
}

bool any_names(const std::vector<std::string>& names, std::string_view host) {
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return names_host(name, host); });
}

bool is_here(const Case& one, const ir::TlsRoot& root) {
    return one.config.listeners[root.listener].entry_point == one.request.entry_point;
}

/// The TLS options of a connection: nothing is everybody's. Of names that are equally long Traefik
/// takes any.
struct ConnectionOptions {
    std::optional<std::size_t> of;
    bool by_chance = false;
};

ConnectionOptions options_of_connection(const Case& one, std::string_view sni) {
    ConnectionOptions out;
    std::size_t length = 0;
    for (const ir::TlsRoot& root : one.settings.tls_roots) {
        if (!is_here(one, root)) continue;
        for (const std::string& name : root.names) {
            if (name == "*" && length == 0) out.of = root.options;
            if (!names_host(name, sni) || name.size() < length) continue;
            out.by_chance = name.size() == length && (out.by_chance || out.of != root.options);
            out.of = root.options;
            length = name.size();
        }
    }
    return out;
}

const ir::TlsRoot* root_of_request(const Case& one, std::size_t listener) {
    const std::string host = ir::host_name(one.question.host);
    const ir::TlsRoot* rest = nullptr;
    for (const ir::TlsRoot& root : one.settings.tls_roots) {
        if (root.listener != listener) continue;
        if (any_names(root.names, host)) return &root;
        if (root.rest) rest = &root;
    }
    return rest;
}

/// Of several certificates that cover a name Traefik shows the last one in this order.
std::string order_of(const ir::Certificate& certificate) {
    std::vector<std::string> names = certificate.names;
    if (const auto leaf = base::parse_certificate_chain(certificate.chain_pem);
        leaf && !leaf->common_name.empty()) {
        const std::string common = base::to_lower(leaf->common_name);
        if (std::ranges::find(names, common) == names.end()) names.push_back(common);
    }
    std::ranges::sort(names);
    return base::join(names, ",");
}

void show_certificate(const Case& one, std::string_view sni, Handshake& out) {
    const auto show = [&](const ir::Certificate& certificate, bool by_name) {
        out.certificate = certificate.id;
        const std::size_t slash = certificate.id.find('/');
        if (slash != std::string::npos) {
            out.secret = find_written(
                one.graph,
                {"Secret", certificate.id.substr(0, slash), certificate.id.substr(slash + 1)},
                diag::Path("metadata.name"));
        }
        out.names = certificate.names;
        out.by_name = by_name;
    };
    std::vector<const ir::Certificate*> covering;
    for (const ir::Certificate& certificate : one.config.certificates) {
        if (any_names(certificate.names, sni)) covering.push_back(&certificate);
    }
    if (covering.size() == 1) return show(*covering.front(), true);
    if (!covering.empty()) {
        const auto order = [](const auto* certificate) { return order_of(*certificate); };
        return show(**std::ranges::max_element(covering, {}, order), true);
    }
    if (!one.settings.default_certificate.empty()) {
        out.certificate = one.settings.default_certificate;
        return;
    }
    if (one.settings.shared) return;
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
    if (one.question.sni && one.question.sni->ends_with('.'))
        return end(out, Outcome::Refused, "a server name must not end with a dot");
    if (!owner.listener && streams && !open) {
        return end(out,
                   Outcome::Closed,
                   fmt::format("no listener has the server name {}, so the connection is closed",
                               base::quote_for_message(name)));
    }
    show_certificate(one, name, handshake);
    const std::optional<std::size_t> chosen = options_of_connection(one, name).of;
    if (!owner.listener) {
        out.notes.push_back(
            fmt::format("no HTTPS listener covers the server name {}: the certificate is not its",
                        base::quote_for_message(name)));
    }
    // Names that no listener has get the options of one all the same, and names that one has may
    // get everybody's, which ask for nothing.
    if (!chosen) {
        handshake.clients = "no certificate is asked for";
        if (owner.listener) {
            const ir::Tls& own = *one.config.listeners[*owner.listener].tls;
            if (!own.client_validation) handshake.options = own.options;
        }
        return true;
    }
    const ir::Tls& tls = *one.config.listeners[*chosen].tls;
    handshake.options = tls.options;
    const std::string refused = refusal(one, tls, handshake);
    if (refused.empty()) return true;
    if (!owner.listener) return end(out, Outcome::Refused, refused);
    out.listeners = listeners_of(one.graph, one.config.listeners[*owner.listener].sources);
    out.hostname = one.config.listeners[*owner.listener].hostname;
    return end(out, Outcome::Refused, refused);
}

bool shake_hands(const Case& one, const ir::Stream& stream, Explanation& out) {
    if (!stream.tls) return true;
    Handshake& handshake = out.handshake.emplace();
    handshake.sni = one.question.sni;
    show_certificate(one, ir::host_name(one.question.sni.value_or("")), handshake);
    handshake.options = stream.tls->options;
    out.listeners = listeners_of(one.graph, stream.sources);
    out.hostname = stream.hostname;
    if (one.question.sni && one.question.sni->ends_with('.'))
        return end(out, Outcome::Refused, "a server name must not end with a dot");
    const std::string refused = refusal(one, *stream.tls, handshake);
    return refused.empty() || end(out, Outcome::Refused, refused);
}

bool is_misdirected(const Case& one, std::size_t listener, Explanation& out) {
    const ir::TlsRoot* root = root_of_request(one, listener);
    if (root == nullptr) return false;
    const auto connection =
        options_of_connection(one, ir::host_name(one.question.sni.value_or("")));
    if (connection.by_chance) {
        out.notes.emplace_back("Traefik chooses at random, each time it loads, between the TLS "
                               "options of two listeners for this server name, and may answer 421");
        return false;
    }
    // Where a filter cannot be run the listener answers so instead.
    const bool answers = root->misdirected && !one.config.listeners[listener].fail;
    return answers || root->options != connection.of;
}

}  // namespace gatefile::analysis
