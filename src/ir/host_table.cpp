// SPDX-License-Identifier: Apache-2.0
#include "host_table.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace gatefile::ir {
namespace {

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

}  // namespace

std::vector<Candidate>& HostTable::candidates(std::size_t listener, std::string_view hostname) {
    Hosts& hosts = listeners_[listener];
    auto at = hosts.find(hostname);
    if (at == hosts.end()) at = hosts.try_emplace(std::string(hostname)).first;
    return at->second;
}

void HostTable::write(Config& config, std::vector<MatchSite> sites) {
    Stamps stamps(sites.size());
    std::vector<std::uint32_t> uses(sites.size(), 0);
    for (Hosts& hosts : listeners_) {
        for (auto& [hostname, candidates] : hosts) {
            std::ranges::sort(candidates, {}, &Candidate::precedence);
            stamps.next_host();
            std::erase_if(candidates, [&](const Candidate& candidate) {
                return !stamps.is_first(candidate.site);
            });
            for (const Candidate& candidate : candidates)
                ++uses[candidate.site];
        }
    }
    // Most matches have one host: they need not be copied.
    const auto take = [&](std::size_t site) {
        return --uses[site] == 0 ? std::move(sites[site].match) : Match(sites[site].match);
    };
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        config.listeners[i].hosts.reserve(listeners_[i].size());
        for (const auto& [hostname, candidates] : listeners_[i]) {
            if (candidates.empty()) continue;  // none of the matches there can be expressed
            Host& host = config.listeners[i].hosts.emplace_back();
            host.hostname = hostname;
            host.entries.reserve(candidates.size());
            for (const Candidate& candidate : candidates) {
                host.entries.push_back(
                    {take(candidate.site), candidate.rule, sites[candidate.site].index});
            }
        }
    }
}

}  // namespace gatefile::ir
