// SPDX-License-Identifier: Apache-2.0
#include "entry_point_names.hpp"

#include <algorithm>
#include <utility>

#include "gatefile/ir/match.hpp"

namespace gatefile::traefik {
namespace {

std::ptrdiff_t dots(std::string_view name) {
    return std::ranges::count(name, '.');
}

}  // namespace

bool is_wildcard(std::string_view hostname) {
    return hostname.starts_with("*.");
}

EntryPointNames::EntryPointNames(const ir::Config& config,
                                 std::vector<std::size_t> listeners,
                                 const std::vector<std::string_view>& connections,
                                 std::vector<std::string_view> hosts)
    : config_(config), listeners_(std::move(listeners)), others_hosts_(std::move(hosts)) {
    for (const std::size_t index : listeners_)
        by_hostname_.emplace(listener(index).hostname, index);
    for (const ir::Stream& stream : config.streams) {
        if (stream.entry_point == listener(listeners_.front()).entry_point)
            stream_names_.insert(stream.hostname);
    }
    has_closing_router_ = !stream_names_.empty();
    for (const std::string_view name : connections) {
        // A router for all of them comes behind those of ours, and takes none from us.
        if (name == "*") {
            has_closing_router_ = true;
        } else {
            stream_names_.insert(name);
        }
    }
}

bool EntryPointNames::is_taken(std::size_t index, std::string_view host) const {
    const std::string& own = listener(index).hostname;
    bool taken = false;
    for_each_cover(host, [&](std::string_view hostname) {
        if (hostname == own) return true;
        taken = by_hostname_.contains(hostname) || stream_names_.contains(hostname);
        return taken;
    });
    return taken;
}

std::optional<std::size_t> EntryPointNames::taker_of(std::string_view host) const {
    std::optional<std::size_t> taker;
    for_each_cover(host, [&](std::string_view hostname) {
        const auto found = by_hostname_.find(hostname);
        if (found != by_hostname_.end()) taker = found->second;
        return taker || stream_names_.contains(hostname);
    });
    return taker;
}

bool EntryPointNames::would_take(std::string_view pattern) const {
    const auto spans = [&](std::string_view name) {
        return name != pattern && !is_wildcard(name) && ir::hostname_covers(pattern, name) &&
               dots(pattern) == dots(name);
    };
    return std::ranges::any_of(stream_names_, spans) ||
           std::ranges::any_of(others_hosts_, [&](std::string_view name) {
               return name.size() == pattern.size() && spans(name);
           });
}

bool EntryPointNames::would_tie(std::size_t index, std::string_view host) const {
    return is_wildcard(host) && std::ranges::any_of(listeners_, [&](std::size_t other) {
               return other != index && listener(other).hostname.size() == host.size() &&
                      ir::hostname_covers(host, listener(other).hostname);
           });
}

std::vector<std::string_view> EntryPointNames::exact_hosts(std::size_t index) const {
    std::vector<std::string_view> exact;
    for (const ir::Host& host : listener(index).hosts) {
        const bool is_exact = !host.hostname.empty() && !is_wildcard(host.hostname);
        if (is_exact && !is_taken(index, host.hostname)) exact.push_back(host.hostname);
    }
    return exact;
}

std::vector<std::string_view> EntryPointNames::unspanned_hosts(std::size_t index) const {
    const std::string& own = listener(index).hostname;
    const bool spans = !would_take(own);
    std::vector<std::string_view> hosts;
    for (const ir::Host& host : listener(index).hosts) {
        const bool left_out = dots(host.hostname) > dots(own) || (!spans && host.hostname != own);
        if (left_out && !is_taken(index, host.hostname) && !would_tie(index, host.hostname) &&
            !would_take(host.hostname)) {
            hosts.push_back(host.hostname);
        }
    }
    return hosts;
}

}  // namespace gatefile::traefik
