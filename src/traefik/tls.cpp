// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "gatefile/ir/match.hpp"
#include "gatefile/traefik/tls_roots.hpp"
#include "entry_point_names.hpp"
#include "names.hpp"
#include "own_options.hpp"
#include "shared_hosts.hpp"

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

/// The HTTPS listeners of one entry point.
class EntryPointTls {
public:
    EntryPointTls(Draft& draft, std::vector<std::size_t> listeners)
        : draft_(draft), listeners_(std::move(listeners)),
          claims_(claims_on(draft.settings.neighbours, listener(listeners_.front()).entry_point)),
          names_(draft.config,
                 listeners_,
                 connections_on(draft.settings, listener(listeners_.front()).entry_point),
                 {std::views::keys(claims_).begin(), std::views::keys(claims_).end()}) {
        choose_options();
        choose_catch_all();
        share_hosts();
        report_ties();
    }

    std::vector<Root> roots(std::size_t index) const {
        const std::string& hostname = listener(index).hostname;
        const RouterTls& tls = options_.at(index);
        const ir::TlsRoot own{.listener = index, .options = owner_of(tls, index)};
        std::vector<Root> roots;
        add_shared(roots, index);
        if (!hostname.empty() && !is_wildcard(hostname)) {
            add_exact(roots, {.tls = tls, .meaning = own});
            return roots;
        }
        const bool misdirected =
            std::ranges::find(misdirected_, index) != misdirected_.end();
        if (!tls.cert_resolver.empty() || (hostname.empty() && misdirected)) {
            // Traefik asks the resolver for the names that the rule lists, so only for exact ones.
            add_listing(
                roots, {.part = "named", .tls = tls, .meaning = own}, names_.exact_hosts(index));
        }
        RouterTls unnamed = tls;
        unnamed.cert_resolver.clear();
        Root rest{.rule = all_of(hostname_rule(hostname), catch_all_rule_), .tls = catch_all_};
        rest.meaning = {
            .listener = index, .names = {"*"}, .rest = true, .options = catch_all_of_};
        if (!hostname.empty() && unnamed.options == catch_all_.options) {
            rest.meaning.options = own.options;
            roots.push_back(std::move(rest));
            return roots;
        }
        if (!hostname.empty()) {
            std::vector<std::string_view> listed = names_.unspanned_hosts(index);
            if (!names_.would_take(hostname)) listed.insert(listed.begin(), hostname);
            add_listing(roots, {.tls = unnamed, .meaning = own}, listed);
            rest.part = "deep";
        }
        rest.misdirected = misdirected;
        rest.meaning.misdirected = misdirected;
        roots.push_back(std::move(rest));
        return roots;
    }

private:
    const ir::Listener& listener(std::size_t index) const { return draft_.config.listeners[index]; }

    bool yields() const { return draft_.settings.coexist == Coexist::Yield; }

    static std::optional<std::size_t> owner_of(const RouterTls& tls, std::size_t index) {
        return tls.options.empty() ? std::nullopt : std::optional(index);
    }

    /// Hosts that other providers' routers have with options that this listener would not use.
    void add_shared(std::vector<Root>& roots, std::size_t index) const {
        const auto found = shared_.find(index);
        if (found == shared_.end()) return;
        for (const SharedRoot& shared : found->second) {
            Root root{.part = shared.part,
                      .rule = {},
                      .tls = RouterTls{.options = shared.options,
                                       .cert_resolver = options_.at(index).cert_resolver},
                      .misdirected = shared.refused};
            root.meaning = {.listener = index, .misdirected = shared.refused};
            std::vector<std::string_view> hosts(shared.hosts.begin(), shared.hosts.end());
            if (shared.listed) {
                list(root, hosts);
            } else {
                root.rule = unlisted_rule(hosts);
                root.meaning.names.assign(hosts.begin(), hosts.end());
            }
            roots.push_back(std::move(root));
        }
    }

    /// Those that a root of their own has.
    void drop_shared(std::size_t index, std::vector<std::string_view>& hosts) const {
        const auto found = shared_.find(index);
        if (found == shared_.end()) return;
        std::set<std::string_view> elsewhere;
        for (const SharedRoot& shared : found->second)
            elsewhere.insert(shared.hosts.begin(), shared.hosts.end());
        std::erase_if(hosts,
                      [&](std::string_view host) { return elsewhere.contains(host); });
    }

    /// Traefik's `Host(*.x)`, which tells the TLS options of names, takes the host ".x" as well.
    static Rule listed(std::string_view host) {
        Rule rule = call("Host", host);
        return is_wildcard(host) ? all_of(std::move(rule), call("HostRegexp", "^[^.]")) : rule;
    }

    static void list(Root& root, const std::vector<std::string_view>& hosts) {
        root.rule = listed(hosts.front());
        root.meaning.names.assign(hosts.begin(), hosts.end());
        for (const std::string_view host : std::span(hosts).subspan(1)) {
            root.rule = any_of(std::move(root.rule), listed(host));
        }
    }

    void
    add_listing(std::vector<Root>& roots, Root root, std::vector<std::string_view> hosts) const {
        drop_shared(root.meaning.listener, hosts);
        if (hosts.empty()) return;
        list(root, hosts);
        roots.push_back(std::move(root));
    }

    /// The host of a listener. Beside other providers it stays out of Host() where that can be:
    /// one of theirs may have TLS options for it that nobody knows of yet, such as after a start,
    /// and Traefik would set them aside, its children being lost to our root as well.
    void add_exact(std::vector<Root>& roots, Root root) const {
        const std::string& host = listener(root.meaning.listener).hostname;
        if (!stays_unlisted(root.meaning.listener)) {
            add_listing(roots, std::move(root), {host});
            return;
        }
        std::vector<std::string_view> hosts{host};
        drop_shared(root.meaning.listener, hosts);
        if (hosts.empty()) return;
        // HostSNI(`*`) of a TCP router takes what no Host() names at all.
        root.rule = names_.has_closing_router() ? all_of(hostnames_rule(hosts), catch_all_rule_)
                                         : unlisted_rule(hosts);
        root.meaning.names.assign(hosts.begin(), hosts.end());
        roots.push_back(std::move(root));
    }

    /// Its name must get the default options all the same: nothing that covers it may have others.
    bool stays_unlisted(std::size_t index) const {
        const RouterTls& tls = options_.at(index);
        const bool is_plain = tls.options.empty() && tls.cert_resolver.empty();
        if (!draft_.settings.shared || !is_plain || !catch_all_.options.empty()) return false;
        const std::string& host = listener(index).hostname;
        const auto claimed = claims_.find(host);
        if (!yields() && claimed != claims_.end() && claimed->second.connections) return false;
        const bool has_others =
            std::ranges::any_of(listeners_, [&](std::size_t other) {
                return !options_.at(other).options.empty() &&
                       ir::hostname_covers(listener(other).hostname, host);
            }) ||
            std::ranges::any_of(claims_, [&](const auto& entry) {
                const auto& [name, claim] = entry;
                const bool is_plain_too = claim.options.empty() ||
                                          (claim.options.size() == 1 && claim.options[0].empty());
                return !is_plain_too && name != host &&
                       (name == "*" || ir::hostname_covers(name, host));
            });
        return !has_others;
    }

    /// Options of its own for a listener that asks for some, and, to tell it from the others (421),
    /// for every one with a hostname as soon as there are two.
    void choose_options() {
        for (const std::size_t index : listeners_) {
            OwnOptions own = own_options(*listener(index).tls);
            RouterTls tls{.cert_resolver = own.cert_resolver};
            TlsOptions options = std::move(own.options);
            contents_[index] = options;
            asked_[index] = own.any;
            const bool told_apart = !draft_.settings.shared && listeners_.size() > 1 &&
                                    !listener(index).hostname.empty();
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

    /// What other providers' routers make of our hosts.
    void share_hosts() {
        std::map<std::size_t, std::set<std::string_view>> served;
        for (const auto& [host, claim] : claims_) {
            const auto taker = host == "*" ? std::nullopt : names_.taker_of(host);
            if (!taker) continue;
            std::set<std::string_view>& names = served[*taker];
            if (names.empty()) {
                for (const ir::Host& own : listener(*taker).hosts)
                    names.insert(own.hostname);
            }
            // Of what no route can get requests for, the listener's own name matters alone.
            bool serves = listener(*taker).hostname == host;
            if (!serves) {
                for_each_cover(host, [&](std::string_view name) {
                    serves = names.contains(name);
                    return serves;
                });
            }
            if (serves) share(*taker, host, claim);
        }
        for (const auto& [index, claimed] : adopted_)
            report_adoption(draft_, listener(index), claimed);
        for (const auto& [index, claimed] : refused_)
            report_refusal(draft_, listener(index), claimed);
    }

    /// Whether a root of the listener would have it in Host() for one of its routes.
    bool may_list(std::size_t index, std::string_view host) const {
        const std::string& hostname = listener(index).hostname;
        const auto has = [host](const std::vector<std::string_view>& names) {
            return std::ranges::find(names, host) != names.end();
        };
        const bool names_exact =
            !options_.at(index).cert_resolver.empty() ||
            (hostname.empty() && std::ranges::find(misdirected_, index) != misdirected_.end());
        if (names_exact && has(names_.exact_hosts(index))) return true;
        return is_wildcard(hostname) && options_.at(index).options != catch_all_.options &&
               has(names_.unspanned_hosts(index));
    }

    void share(std::size_t index, const std::string& host, const Claim& claim) {
        if (asked_.at(index)) {
            if (claim.options.empty() && !yields()) return;
            refused_[index].emplace_back(host, &claim);
            if (listener(index).hostname == host || may_list(index, host)) {
                add(shared_[index], {.part = "refused", .hosts = {host}, .refused = true});
            }
            return;
        }
        if (claim.connections && yields()) {
            if (!is_wildcard(host)) add(shared_[index], {.part = "unlisted", .hosts = {host}});
            return;
        }
        if (claim.options.empty()) return;
        const bool one = claim.options.size() == 1;
        if (one && claim.options.front() == options_.at(index).options) return;
        adopted_[index].emplace_back(host, &claim);
        add(shared_[index],
            {.part = one ? "shared" : "unlisted",
             .options = one ? claim.options.front() : std::string(),
             .hosts = {host},
             .listed = one});
    }

    /// The options of an entry point for the names that no root lists: its host-less listener's,
    /// else those of its first wildcard listener. Another wildcard listener whose options say
    /// something else cannot have its unlisted names served.
    void choose_catch_all() {
        if (const auto claimed = claims_.find("*"); claimed != claims_.end()) {
            leave_catch_all(claimed->second);
            return;
        }
        std::optional<std::size_t> chosen;
        for (const std::size_t index : listeners_) {
            if (listener(index).hostname.empty()) chosen = index;
        }
        for (const std::size_t index : listeners_) {
            if (!chosen && is_wildcard(listener(index).hostname)) chosen = index;
        }
        if (!chosen) return;
        catch_all_.options = options_.at(*chosen).options;
        catch_all_of_ = owner_of(catch_all_, *chosen);
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

    /// Others have routers for all names, so theirs are the options of what no root lists.
    void leave_catch_all(const Claim& claim) {
        const bool one = claim.options.size() == 1;
        if (one) {
            catch_all_.options = claim.options.front();
        } else {
            catch_all_rule_ = any_request_with_host();
        }
        for (const std::size_t index : listeners_) {
            const std::string& hostname = listener(index).hostname;
            if (!hostname.empty() && !is_wildcard(hostname)) continue;
            if (one && options_.at(index).options == catch_all_.options) continue;
            if (asked_.at(index)) misdirected_.push_back(index);
            (asked_.at(index) ? refused_ : adopted_)[index].emplace_back("*", &claim);
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
    std::map<std::string, Claim> claims_;
    EntryPointNames names_;
    std::map<std::size_t, RouterTls> options_;
    std::map<std::size_t, TlsOptions> contents_;  ///< as wished
    std::map<std::size_t, bool> asked_;           ///< whether there are wishes
    std::map<std::size_t, std::vector<SharedRoot>> shared_;
    std::map<std::size_t, std::vector<ClaimedHost>> adopted_;
    std::map<std::size_t, std::vector<ClaimedHost>> refused_;
    RouterTls catch_all_;
    Rule catch_all_rule_ = call("Host", "*");
    std::optional<std::size_t> catch_all_of_;
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

std::vector<ir::TlsRoot> tls_roots(const ir::Config& config, const RenderSettings& settings) {
    diag::Diagnostics told_by_render;
    Draft draft{.config = config, .settings = settings, .diagnostics = told_by_render};
    std::vector<ir::TlsRoot> out;
    const std::vector<std::vector<Root>> roots = render_roots(draft);
    for (std::size_t i = 0; i < roots.size(); ++i) {
        if (!config.listeners[i].tls) continue;
        for (const Root& root : roots[i])
            out.push_back(root.meaning);
    }
    return out;
}

}  // namespace gatefile::traefik
