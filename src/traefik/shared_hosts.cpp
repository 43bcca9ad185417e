// SPDX-License-Identifier: Apache-2.0
#include "shared_hosts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/ir/match.hpp"
#include "neighbour_hosts.hpp"

namespace gatefile::traefik {
namespace {

/// Of many, so many are named.
constexpr std::size_t named_hosts = 8;

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
    const bool alike = std::ranges::all_of(hosts, [&claim = claim](const ClaimedHost& other) {
        return other.second->options == claim->options;
    });
    const std::string like = hosts.size() == 1
                                 ? std::string()
                                 : fmt::format(", like {} more{},",
                                               hosts.size() - 1,
                                               alike ? "" : " with other options");
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

}  // namespace

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
    std::map<std::string_view, NeighbourHosts> by_entry_point;
    for (const ir::Listener& listener : draft.config.listeners) {
        const NeighbourHosts& others =
            by_entry_point
                .try_emplace(listener.entry_point, draft.settings.neighbours, listener.entry_point)
                .first->second;
        std::string names;
        std::string_view example;
        std::size_t count = 0;
        for (const std::string_view host : named(listener)) {
            const std::string_view router = others.router_for(host);
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
