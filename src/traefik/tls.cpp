// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "gatefile/ir/match.hpp"
#include "names.hpp"
#include "own_options.hpp"

namespace gatefile::traefik {
namespace {

void report_overlap(Draft& draft, const ir::Listener& listener, std::string detail) {
    for (const ir::ListenerId& source : listener.sources) {
        draft.diagnostics.add({.code = diag::Code::ListenerOverlap,
                               .object = ir::object_of(source),
                               .path = diag::Path("spec.listeners"),
                               .detail = detail,
                               .hint =
                                   "give the Gateways addresses or ports of their own, or add a "
                                   "listener without a hostname",
                               .listener = source.name});
    }
}

bool is_wildcard(std::string_view hostname) {
    return hostname.starts_with("*.");
}

/// The HTTPS listeners of one entry point.
class EntryPointTls {
public:
    EntryPointTls(Draft& draft, std::vector<std::size_t> listeners)
        : draft_(draft), listeners_(std::move(listeners)) {
        find_streams();
        choose_options();
        choose_catch_all();
        report_ties();
    }

    std::vector<Root> roots(std::size_t index) const {
        const std::string& hostname = listener(index).hostname;
        const RouterTls& tls = options_.at(index);
        std::vector<Root> roots;
        if (!hostname.empty() && !is_wildcard(hostname)) {
            roots.push_back({.rule = call("Host", hostname), .tls = tls});
            return roots;
        }
        if (!tls.cert_resolver.empty()) {
            // Traefik asks the resolver for the names that the rule lists, so only for exact ones.
            add_listing(roots, {.part = "named", .tls = tls}, exact_hosts(index));
        }
        RouterTls unnamed = tls;
        unnamed.cert_resolver.clear();
        if (hostname.empty() || unnamed.options == catch_all_.options) {
            roots.push_back(
                {.rule = all_of(hostname_rule(hostname), call("Host", "*")), .tls = unnamed});
            return roots;
        }
        std::vector<std::string_view> listed = unspanned_hosts(index);
        if (!would_take(hostname)) listed.insert(listed.begin(), hostname);
        add_listing(roots, {.tls = unnamed}, listed);
        roots.push_back(
            {.part = "deep",
             .rule = all_of(hostname_rule(hostname), call("Host", "*")),
             .tls = catch_all_,
             .misdirected = std::ranges::find(misdirected_, index) != misdirected_.end()});
        return roots;
    }

private:
    const ir::Listener& listener(std::size_t index) const { return draft_.config.listeners[index]; }

    static void
    add_listing(std::vector<Root>& roots, Root root, const std::vector<std::string_view>& hosts) {
        if (hosts.empty()) return;
        root.rule = call("Host", hosts.front());
        for (const std::string_view host : std::span(hosts).subspan(1)) {
            root.rule = any_of(std::move(root.rule), call("Host", host));
        }
        roots.push_back(std::move(root));
    }

    /// Whether a more specific listener of the entry point takes the host: its name must not be
    /// listed with other options, and at all where the other's connections are passed on as bytes.
    bool is_taken(std::size_t index, std::string_view host) const {
        const std::string& own = listener(index).hostname;
        const auto takes = [&](std::string_view hostname) {
            return hostname != own && ir::hostname_covers(own, hostname) &&
                   ir::hostname_covers(hostname, host);
        };
        return std::ranges::any_of(listeners_,
                                   [&](std::size_t other) {
                                       return other != index && takes(listener(other).hostname);
                                   }) ||
               std::ranges::any_of(stream_names_, takes);
    }

    /// Whether `Host(*.x)`, which spans one label and goes before all TCP routers, would take what
    /// belongs to a listener whose connections are passed on as bytes.
    bool would_take(std::string_view pattern) const {
        return std::ranges::any_of(stream_names_, [&](std::string_view name) {
            return name != pattern && !is_wildcard(name) && ir::hostname_covers(pattern, name) &&
                   dots(pattern) == dots(name);
        });
    }

    static std::ptrdiff_t dots(std::string_view name) { return std::ranges::count(name, '.'); }

    /// Whether Traefik would choose at random between the wildcard, were it listed, and a listener
    /// of the same length. What is not listed gets the catch-all options.
    bool would_tie(std::size_t index, std::string_view host) const {
        return is_wildcard(host) && std::ranges::any_of(listeners_, [&](std::size_t other) {
                   return other != index && listener(other).hostname.size() == host.size() &&
                          ir::hostname_covers(host, listener(other).hostname);
               });
    }

    std::vector<std::string_view> exact_hosts(std::size_t index) const {
        std::vector<std::string_view> exact;
        for (const ir::Host& host : listener(index).hosts) {
            const bool is_exact = !host.hostname.empty() && !is_wildcard(host.hostname);
            if (is_exact && !is_taken(index, host.hostname)) exact.push_back(host.hostname);
        }
        return exact;
    }

    /// Hostnames below a wildcard listener that its `Host(*.x)` leaves out, or all of them where
    /// that must not be listed.
    std::vector<std::string_view> unspanned_hosts(std::size_t index) const {
        const std::string& own = listener(index).hostname;
        const bool spans = !would_take(own);
        std::vector<std::string_view> hosts;
        for (const ir::Host& host : listener(index).hosts) {
            const bool left_out =
                dots(host.hostname) > dots(own) || (!spans && host.hostname != own);
            if (left_out && !is_taken(index, host.hostname) && !would_tie(index, host.hostname) &&
                !would_take(host.hostname)) {
                hosts.push_back(host.hostname);
            }
        }
        return hosts;
    }

    void find_streams() {
        const std::string& entry_point = listener(listeners_.front()).entry_point;
        for (const ir::Stream& stream : draft_.config.streams) {
            if (stream.entry_point == entry_point) stream_names_.push_back(stream.hostname);
        }
    }

    /// Options of its own for a listener that asks for some, and, to tell it from the others (421),
    /// for every one with a hostname as soon as there are two.
    void choose_options() {
        for (const std::size_t index : listeners_) {
            OwnOptions own = own_options(*listener(index).tls);
            RouterTls tls{.cert_resolver = own.cert_resolver};
            TlsOptions options = std::move(own.options);
            contents_[index] = options;
            const bool told_apart = listeners_.size() > 1 && !listener(index).hostname.empty();
            if (own.any || told_apart) {
                options.name =
                    make_name({"listener", listener(index).entry_point, listener(index).hostname});
                // Without limits of its own it gets those of Traefik's built-in options.
                if (options.min_version.empty()) options.min_version = "VersionTLS12";
                if (options.alpn.empty()) options.alpn = {"h2", "http/1.1", "acme-tls/1"};
                tls.options = options.name;
                draft_.dynamic.tls_options.push_back(std::move(options));
            }
            options_[index] = std::move(tls);
        }
    }

    /// The options of an entry point for the names that no root lists: its host-less listener's,
    /// else those of its first wildcard listener. Another wildcard listener whose options say
    /// something else cannot have its unlisted names served.
    void choose_catch_all() {
        std::optional<std::size_t> chosen;
        for (const std::size_t index : listeners_) {
            if (listener(index).hostname.empty()) chosen = index;
        }
        for (const std::size_t index : listeners_) {
            if (!chosen && is_wildcard(listener(index).hostname)) chosen = index;
        }
        if (!chosen) return;
        catch_all_.options = options_.at(*chosen).options;
        for (const std::size_t index : listeners_) {
            if (!is_wildcard(listener(index).hostname)) continue;
            if (same_contents(contents_.at(index), contents_.at(*chosen))) continue;
            misdirected_.push_back(index);
            report_overlap(
                draft_,
                listener(index),
                "hosts with more than one label in place of the * that no route names are "
                "answered 421: Traefik can choose only one set of TLS options for them, "
                "which is another listener's");
        }
    }

    static bool same_contents(const TlsOptions& a, const TlsOptions& b) {
        const auto version = [](const std::string& text) {
            return text.empty() ? std::string("VersionTLS12") : text;
        };
        return version(a.min_version) == version(b.min_version) && a.max_version == b.max_version &&
               a.cipher_suites == b.cipher_suites && a.curves == b.curves &&
               a.client_auth == b.client_auth;
    }

    /// Traefik prefers the longest name and decides at random between `*.x` and `a.x`.
    void report_ties() {
        for (const std::size_t wildcard : listeners_) {
            const std::string& pattern = listener(wildcard).hostname;
            if (!is_wildcard(pattern)) continue;
            for (const std::size_t other : listeners_) {
                const std::string& name = listener(other).hostname;
                const bool tie = name.size() == pattern.size() && name != pattern &&
                                 name.ends_with(std::string_view(pattern).substr(1)) &&
                                 options_.at(wildcard).options != options_.at(other).options;
                if (!tie) continue;
                report_overlap(draft_,
                               listener(other),
                               "Traefik chooses at random, each time it loads, between the TLS "
                               "options of " +
                                   base::quote_for_message(name) + " and those of " +
                                   base::quote_for_message(pattern) +
                                   ", because both names are of the same length");
            }
        }
    }

    Draft& draft_;
    std::vector<std::size_t> listeners_;
    /// Hostnames of listeners on the entry point whose connections are passed on as bytes.
    std::vector<std::string_view> stream_names_;
    std::map<std::size_t, RouterTls> options_;
    std::map<std::size_t, TlsOptions> contents_;  ///< as wished
    RouterTls catch_all_;
    std::vector<std::size_t> misdirected_;
};

}  // namespace

std::vector<std::vector<Root>> render_roots(Draft& draft) {
    const std::vector<ir::Listener>& listeners = draft.config.listeners;
    std::vector<std::vector<Root>> roots(listeners.size());
    std::map<std::string, std::vector<std::size_t>> with_tls;
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        if (listeners[i].tls) {
            with_tls[listeners[i].entry_point].push_back(i);
        } else {
            roots[i].push_back({.rule = hostname_rule(listeners[i].hostname)});
        }
    }
    for (auto& [entry_point, indices] : with_tls) {
        const EntryPointTls entry_point_tls(draft, indices);
        for (const std::size_t i : indices)
            roots[i] = entry_point_tls.roots(i);
    }
    return roots;
}

void render_certificates(Draft& draft) {
    std::optional<std::size_t> preferred;
    std::size_t hostless = 0;
    for (const ir::Listener& listener : draft.config.listeners) {
        if (!listener.tls || !listener.hostname.empty()) continue;
        ++hostless;
        if (!listener.tls->certificates.empty()) preferred = listener.tls->certificates.front();
    }
    // Two host-less listeners have two wishes and Traefik one default certificate.
    const bool settled = draft.settings.default_certificate.has_value();
    const bool use_preferred = !settled && hostless == 1 && preferred;
    for (std::size_t i = 0; i < draft.config.certificates.size(); ++i) {
        const ir::Certificate& certificate = draft.config.certificates[i];
        draft.dynamic.certificates.push_back({.chain_pem = certificate.chain_pem,
                                              .key_pem = certificate.key_pem,
                                              .is_default = use_preferred && i == *preferred});
    }
    if (settled) {
        draft.dynamic.certificates.push_back(*draft.settings.default_certificate);
        draft.dynamic.certificates.back().is_default = true;
    }
}

}  // namespace gatefile::traefik
