// SPDX-License-Identifier: Apache-2.0
//
// Who has which names on an entry point with HTTPS, and which of them Traefik's Host() may list.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/ir/ir.hpp"

namespace gatefile::traefik {

bool is_wildcard(std::string_view hostname);

/// Calls `visit` with all hostnames that cover the host, from itself to the empty one, until it is
/// true.
template <typename Visit>
void for_each_cover(std::string_view host, const Visit& visit) {
    if (visit(host)) return;
    for (std::size_t dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1)) {
        if (visit("*" + std::string(host.substr(dot)))) return;
    }
    visit("");
}

class EntryPointNames {
public:
    /// `listeners` are the HTTPS listeners of one entry point: at least one. The config is kept.
    /// `connections`: what others pass on as bytes or end TLS for, "*" for all; `hosts`: what they
    /// have routers for. Both are kept as well.
    EntryPointNames(const ir::Config& config,
                    std::vector<std::size_t> listeners,
                    const std::vector<std::string_view>& connections,
                    std::vector<std::string_view> hosts);

    /// Whether a TCP router may have all connections that no Host() names.
    bool has_closing_router() const { return has_closing_router_; }

    /// The listener that gets requests for the host; none where connections are passed on.
    std::optional<std::size_t> taker_of(std::string_view host) const;

    /// Whether `Host(*.x)`, which spans one label and goes before all TCP routers, would take what
    /// belongs to a listener whose connections are passed on as bytes; or, by chance, what others
    /// have, because of names of the same length Traefik takes one at random.
    bool would_take(std::string_view pattern) const;

    /// Those of the listener's routes that no other listener takes.
    std::vector<std::string_view> exact_hosts(std::size_t index) const;

    /// Hostnames below a wildcard listener that its `Host(*.x)` leaves out, or all of them where
    /// that must not be listed.
    std::vector<std::string_view> unspanned_hosts(std::size_t index) const;

private:
    const ir::Listener& listener(std::size_t index) const { return config_.listeners[index]; }

    /// Whether a more specific listener of the entry point takes the host: its name must not be
    /// listed with other options, and at all where the other's connections are passed on as bytes.
    bool is_taken(std::size_t index, std::string_view host) const;

    /// Whether Traefik would choose at random between the wildcard, were it listed, and a listener
    /// of the same length. What is not listed gets the catch-all options.
    bool would_tie(std::size_t index, std::string_view host) const;

    const ir::Config& config_;
    std::vector<std::size_t> listeners_;
    std::map<std::string_view, std::size_t> by_hostname_;
    /// Hostnames of listeners on the entry point whose connections are passed on as bytes.
    std::set<std::string_view> stream_names_;
    std::vector<std::string_view> others_hosts_;
    bool has_closing_router_ = false;
};

}  // namespace gatefile::traefik
