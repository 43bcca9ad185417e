// SPDX-License-Identifier: Apache-2.0
#include "shared_hosts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/ir/match.hpp"

namespace gatefile::traefik {
namespace {

/// Of many, so many are named.
constexpr std::size_t named_hosts = 8;

bool is_on(const Neighbour& neighbour, std::string_view entry_point) {
    return neighbour.entry_points.empty() ||
           std::ranges::find(neighbour.entry_points, entry_point) != neighbour.entry_points.end();
}

std::string quoted_options(const Claim& claim) {
    std::string options;
    for (const std::string& name : claim.options) {
        if (!options.empty()) options += " and ";
        options += name.empty() ? std::string("the default TLS options")
                                : fmt::format("the TLS options {}", name);
    }
    return options;
}

/// "a.x" is served by …; whoever owns a ListenerSet need not see the names of others' objects.
std::string in_words(const std::vector<ClaimedHost>& hosts, bool for_set) {
    const auto& [host, claim] = hosts.front();
    const std::size_t more = claim->routers.size() - 1;
    const std::string others =
        for_set ? std::string("others")
                : fmt::format("{}{}",
                              claim->routers.front(),
                              more == 0 ? std::string() : fmt::format(" and {} more", more));
    const std::string like =
        hosts.size() == 1 ? std::string() : fmt::format(", like {} more,", hosts.size() - 1);
    const std::string what = base::quote_for_message(host) + like;
    if (claim->connections) return fmt::format("connections to {} are taken by {}", what, others);
    return fmt::format("{} is served by {} with {}, too", what, others, quoted_options(*claim));
}

/// `detail` is asked for the words for a Gateway or a ListenerSet (true).
template <typename Detail>
void report(Draft& draft,
            const ir::Listener& listener,
            diag::Code code,
            const Detail& detail,
            const std::string& hint) {
    for (const ir::ListenerId& source : listener.sources) {
        draft.diagnostics.add({.code = code,
                               .object = ir::object_of(source),
                               .path = diag::Path("spec.listeners"),
                               .detail = detail(!source.set.empty()),
                               .hint = hint,
                               .listener = source.name});
    }
}

/// The hosts of a listener that can be named: its own, or its routes'.
std::set<std::string_view> named(const ir::Listener& listener) {
    std::set<std::string_view> names;
    for (const ir::Host& host : listener.hosts) {
        if (!host.hostname.empty()) names.insert(host.hostname);
    }
    return names;
}

/// By host, a router of others that has it.
using Routers = std::map<std::string_view, std::string_view>;

/// One that has the host, or all names beside it: Traefik's `*` is one label. Empty: none.
std::string_view router_for(const Routers& routers, std::string_view host) {
    if (const auto found = routers.find(host); found != routers.end()) return found->second;
    const std::size_t dot = host.find('.');
    if (dot == std::string_view::npos || host.starts_with('*')) return {};
    const auto found = routers.find("*" + std::string(host.substr(dot)));
    return found == routers.end() ? std::string_view() : found->second;
}

bool is_label_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

bool is_host(std::string_view text) {
    if (text == "*") return true;
    if (text.starts_with("*.")) text.remove_prefix(2);
    constexpr std::size_t longest = 253;
    return text.size() <= longest &&
           std::ranges::all_of(base::split(text, '.'), [](std::string_view label) {
               return !label.empty() && std::ranges::all_of(label, is_label_part);
           });
}

std::map<std::string, Claim> claims_on(const std::vector<Neighbour>& neighbours,
                                       std::string_view entry_point) {
    std::map<std::string, Claim> claims;
    const auto add = [&claims](const Neighbour& neighbour,
                               const std::string& host,
                               const std::string& options) {
        Claim& claim = claims[host];
        claim.routers.push_back(neighbour.name);
        claim.connections = claim.connections || neighbour.tcp;
        if (neighbour.tcp) return;
        const auto place = std::ranges::lower_bound(claim.options, options);
        if (place == claim.options.end() || *place != options)
            claim.options.insert(place, options);
    };
    for (const Neighbour& neighbour : neighbours) {
        if (!neighbour.tls || !is_on(neighbour, entry_point)) continue;
        for (const std::string& host : neighbour.hosts) {
            if (!neighbour.tcp || host != "*") add(neighbour, host, neighbour.tls_options);
        }
        // Traefik gives what no router lists the default options for such a one, whatever it says.
        if (neighbour.hosts.empty() && !neighbour.tcp) add(neighbour, "*", "");
    }
    return claims;
}

std::vector<std::string_view> connections_on(const RenderSettings& settings,
                                             std::string_view entry_point) {
    std::vector<std::string_view> names;
    for (const Neighbour& neighbour : settings.neighbours) {
        if (!neighbour.tcp || !neighbour.tls || !is_on(neighbour, entry_point)) continue;
        for (const std::string& host : neighbour.hosts) {
            if (settings.coexist == Coexist::Yield || host == "*") names.emplace_back(host);
        }
    }
    return names;
}

void add(std::vector<SharedRoot>& roots, SharedRoot root) {
    for (SharedRoot& other : roots) {
        if (other.options != root.options || other.listed != root.listed ||
            other.refused != root.refused) {
            continue;
        }
        other.hosts.insert(other.hosts.end(), root.hosts.begin(), root.hosts.end());
        return;
    }
    const auto same = std::ranges::count_if(roots, [&root](const SharedRoot& other) {
        return other.part.starts_with(root.part);
    });
    if (same > 0) root.part += fmt::format("{}", same + 1);
    roots.push_back(std::move(root));
}

Rule unlisted_rule(const std::vector<std::string_view>& hosts) {
    return all_of(hostnames_rule(hosts), any_request_with_host());
}

void report_adoption(Draft& draft,
                     const ir::Listener& listener,
                     const std::vector<ClaimedHost>& hosts) {
    const bool one = hosts.front().second->options.size() == 1;
    report(
        draft,
        listener,
        diag::Code::ForeignTlsOptions,
        [&](bool for_set) {
            return fmt::format("{}; {}",
                               in_words(hosts, for_set),
                               one ? "so these are used for it"
                                   : "Traefik falls back to the default ones for it");
        },
        "");
}

void report_refusal(Draft& draft,
                    const ir::Listener& listener,
                    const std::vector<ClaimedHost>& hosts) {
    const std::string own = listener.hostname.empty() ? std::string("*") : listener.hostname;
    const bool whole =
        std::ranges::find(hosts, own, &ClaimedHost::first) != hosts.end();
    report(
        draft,
        listener,
        whole ? diag::Code::ForeignTlsConflict : diag::Code::ForeignTlsOptions,
        [&](bool for_set) {
            return in_words(hosts, for_set) +
                   (hosts.front().second->connections
                        ? ", so the listener is not served there"
                        : ", so Traefik cannot use the listener's own for it; requests are "
                          "answered 421");
        },
        "remove the other router, or give the listener an address of its own");
}

void report_shared_hosts(Draft& draft) {
    if (draft.settings.neighbours.empty()) return;
    // By entry point, then host: one router that has it.
    std::map<std::string_view, Routers> served;
    for (const ir::Listener& listener : draft.config.listeners) {
        const auto [found, is_new] = served.try_emplace(listener.entry_point);
        Routers& routers = found->second;
        for (const Neighbour& neighbour : draft.settings.neighbours) {
            if (!is_new) break;
            if (!is_on(neighbour, listener.entry_point)) continue;
            for (const std::string& host : neighbour.hosts)
                routers.emplace(host, neighbour.name);
        }
        std::string names;
        std::string_view example;
        std::size_t count = 0;
        for (const std::string_view host : named(listener)) {
            const std::string_view router = router_for(routers, host);
            if (router.empty()) continue;
            if (count++ == 0) example = router;
            if (count > named_hosts) continue;
            if (!names.empty()) names += ", ";
            names += host;
        }
        if (count == 0) continue;
        if (count > named_hosts) names += fmt::format(" and {} more", count - named_hosts);
        report(
            draft,
            listener,
            diag::Code::ForeignHost,
            [&](bool for_set) {
                return fmt::format(
                    "others serve {}, too{}; {}",
                    names,
                    for_set ? std::string() : fmt::format(", such as {}", example),
                    draft.settings.coexist == Coexist::Yield
                        ? "what they match is theirs (--coexist yield)"
                        : "what the listener has routes for is its own (--coexist win)");
            },
            "");
    }
}

}  // namespace gatefile::traefik
