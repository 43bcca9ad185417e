// SPDX-License-Identifier: Apache-2.0
#include "host_table.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::ir {
namespace {

void mix(std::size_t& hash, std::string_view text) {
    hash = hash * 0x9E3779B97F4A7C15u + std::hash<std::string_view>{}(text) + 1;
}

void mix_values(std::size_t& hash, const std::vector<ValueMatch>& values, bool any_case) {
    for (const ValueMatch& value : values) {
        mix(hash, value.kind == ValueKind::Exact ? "=" : "~");
        mix(hash, any_case ? base::to_lower(value.name) : value.name);
        mix(hash, value.value);
    }
    mix(hash, "");
}

bool equal_headers(const ValueMatch& a, const ValueMatch& b) {
    return a.kind == b.kind && a.value == b.value && base::equals_ignoring_case(a.name, b.name);
}

/// Header names count in any case; lower_match has sorted both lists.
bool takes_the_same(const Match& a, const Match& b) {
    return a.path == b.path && a.method == b.method && a.query == b.query &&
           std::ranges::equal(a.headers, b.headers, equal_headers);
}

/// Remembers which sites were seen in the present host without clearing between hosts.
class Stamps {
public:
    explicit Stamps(std::size_t size) : stamps_(size, 0) {}
    void next_host() { ++host_; }
    bool is_first(std::size_t site) { return std::exchange(stamps_[site], host_) != host_; }

private:
    std::vector<std::uint32_t> stamps_;
    std::uint32_t host_ = 0;
};

class ShadowReport {
public:
    ShadowReport(const Config& config,
                 const std::vector<MatchSite>& sites,
                 diag::Diagnostics& diagnostics)
        : config_(config), sites_(sites), diagnostics_(diagnostics), reported_(sites.size()) {}

    /// `candidates` of one host in order of precedence.
    void check(std::string_view hostname, const std::vector<Candidate>& candidates) {
        if (candidates.size() < 2) return;
        order_.clear();
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            order_.emplace_back(sites_[candidates[i].site].hash, i);
        }
        std::ranges::sort(order_);
        std::size_t first = 0;
        for (std::size_t i = 1; i < order_.size(); ++i) {
            const std::size_t earlier = candidates[order_[first].second].site;
            const std::size_t later = candidates[order_[i].second].site;
            if (order_[i].first == order_[first].first &&
                takes_the_same(sites_[earlier].match, sites_[later].match)) {
                report(hostname, earlier, later);
            } else {
                first = i;
            }
        }
    }

private:
    void report(std::string_view hostname, std::size_t earlier, std::size_t later) {
        if (reported_[later]) return;
        reported_[later] = true;
        const MatchSite& winner = sites_[earlier];
        const MatchSite& loser = sites_[later];
        const RouteId& route = config_.routes[loser.route];
        const RouteId& other = config_.routes[winner.route];
        const std::string which =
            winner.route == loser.route
                ? fmt::format("spec.rules[{}].matches[{}]", winner.rule, winner.index)
                : fmt::format("spec.rules[{}].matches[{}] of {} {}/{}",
                              winner.rule,
                              winner.index,
                              other.kind,
                              other.ns,
                              other.name);
        const std::string host = hostname.empty()
                                     ? std::string("any host")
                                     : fmt::format("host {}", base::quote_for_message(hostname));
        diagnostics_.add({
            .code = diag::Code::RuleShadowed,
            .object = {route.kind, route.ns, route.name},
            .path = diag::Path("spec.rules") / loser.rule / "matches" / loser.index,
            .detail = fmt::format("{} is the same match on {} and goes first", which, host),
            .hint = "remove one of them, or make this one narrower",
        });
    }

    const Config& config_;
    const std::vector<MatchSite>& sites_;
    diag::Diagnostics& diagnostics_;
    std::vector<bool> reported_;
    std::vector<std::pair<std::size_t, std::size_t>> order_;
};

}  // namespace

MatchSite make_match_site(Match match) {
    std::size_t hash = static_cast<std::size_t>(match.path.kind);
    mix(hash, match.path.value);
    mix_values(hash, match.headers, true);
    mix_values(hash, match.query, false);
    mix(hash, match.method ? std::string_view(*match.method) : std::string_view());
    return {.match = std::move(match), .hash = hash};
}

std::vector<Candidate>& HostTable::candidates(std::size_t listener, std::string_view hostname) {
    Hosts& hosts = listeners_[listener];
    auto at = hosts.find(hostname);
    if (at == hosts.end()) at = hosts.try_emplace(std::string(hostname)).first;
    return at->second;
}

void HostTable::write(Config& config,
                      const std::vector<MatchSite>& sites,
                      diag::Diagnostics& diagnostics) {
    Stamps stamps(sites.size());
    ShadowReport shadows(config, sites, diagnostics);
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        config.listeners[i].hosts.reserve(listeners_[i].size());
        for (auto& [hostname, candidates] : listeners_[i]) {
            if (candidates.empty()) continue;  // none of the matches there can be expressed
            std::ranges::sort(candidates, {}, &Candidate::precedence);
            stamps.next_host();
            std::erase_if(candidates, [&](const Candidate& candidate) {
                return !stamps.is_first(candidate.site);
            });
            shadows.check(hostname, candidates);
            Host& host = config.listeners[i].hosts.emplace_back();
            host.hostname = hostname;
            host.entries.reserve(candidates.size());
            for (const Candidate& candidate : candidates) {
                const MatchSite& site = sites[candidate.site];
                host.entries.push_back({site.match, candidate.rule, site.index});
            }
        }
    }
}

}  // namespace gatefile::ir
