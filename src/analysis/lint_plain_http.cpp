// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {
namespace {

std::string listener_text(const ir::Listener& listener) {
    const ir::ListenerId& source = listener.sources.front();
    return fmt::format(
        "listener {} of {}", base::quote_for_message(source.name), ir::object_of(source).text());
}

bool leads_to_https(const ir::ExtensionFilter& filter) {
    const auto text = [&](std::string_view key) {
        const tree::Value* value = filter.settings ? tree::find(*filter.settings, key) : nullptr;
        const auto* found = value ? std::get_if<std::string>(&value->data) : nullptr;
        return found ? std::string_view(*found) : std::string_view();
    };
    if (filter.type == "redirectScheme") return text("scheme") == "https";
    if (filter.type == "redirectRegex") return text("replacement").starts_with("https://");
    // Nobody here knows what these answer.
    return filter.type == "plugin" || filter.type == "forwardAuth" || filter.type == "chain";
}

/// By the rule itself or by a middleware.
bool may_lead_to_https(const ir::Rule& rule) {
    return std::ranges::any_of(rule.filters, [](const ir::Filter& filter) {
        if (const auto* extension = std::get_if<ir::ExtensionFilter>(&filter))
            return leads_to_https(*extension);
        const auto* redirect = std::get_if<ir::Redirect>(&filter);
        return redirect != nullptr && redirect->scheme == "https";
    });
}

/// Entry points of one Traefik address are for the same clients; other addresses may be inside.
class Addresses {
public:
    explicit Addresses(const std::vector<graph::Slot>& slots) {
        for (std::size_t i = 0; i < slots.size(); ++i) {
            for (const graph::SlotPort& port : slots[i].ports) {
                slots_[port.entry_point].insert(i);
                if (!port.redirects_to.empty()) redirecting_.insert(port.entry_point);
            }
        }
    }

    bool share(const ir::Listener& a, const ir::Listener& b) const {
        const auto of_a = slots_.find(a.entry_point);
        const auto of_b = slots_.find(b.entry_point);
        if (of_a == slots_.end() || of_b == slots_.end()) return false;
        return std::ranges::any_of(of_a->second,
                                   [&](std::size_t slot) { return of_b->second.contains(slot); });
    }

    /// Traefik's static configuration redirects there before any route is asked.
    bool redirects(const ir::Listener& listener) const {
        return redirecting_.contains(listener.entry_point);
    }

private:
    std::map<std::string_view, std::set<std::size_t>> slots_;
    std::set<std::string_view> redirecting_;
};

class PlainHosts {
public:
    PlainHosts(const graph::Graph& graph, const ir::Config& config)
        : config_(config), addresses_(graph.capabilities.slots) {}

    void run(diag::Diagnostics& diagnostics) {
        std::set<std::string_view> plain;
        for (const ir::Listener& listener : config_.listeners) {
            if (listener.tls) continue;
            plain.insert(listener.hostname);
            for (const ir::Host& host : listener.hosts)
                plain.insert(host.hostname);
        }
        for (const ir::Listener& listener : config_.listeners) {
            if (!listener.tls) continue;
            for (const ir::Host& host : listener.hosts) {
                if (!host.entries.empty()) add_encrypted(listener, host, plain);
            }
        }
        for (const ir::Listener& listener : config_.listeners) {
            if (listener.tls || addresses_.redirects(listener)) continue;
            for (const ir::Host& host : listener.hosts)
                look_at(listener, host);
        }
        report(diagnostics);
    }

private:
    struct Encrypted {
        const ir::Listener* listener;
        std::string_view hostname;
    };
    struct Finding {
        std::string detail;
        std::size_t count = 0;
    };

    /// By the hostname that has its requests without encryption: its own, else a wildcard.
    void add_encrypted(const ir::Listener& listener,
                       const ir::Host& host,
                       const std::set<std::string_view>& plain) {
        if (plain.contains(host.hostname)) {
            encrypted_.emplace(host.hostname, Encrypted{&listener, host.hostname});
            return;
        }
        visit_wildcards(host.hostname, [&](const std::string& wildcard) {
            const auto found = plain.find(wildcard);
            if (found == plain.end()) return false;
            encrypted_.emplace(*found, Encrypted{&listener, host.hostname});
            return true;
        });
    }

    void look_at(const ir::Listener& listener, const ir::Host& host) {
        const auto [first, last] = encrypted_.equal_range(host.hostname);
        // The same host is the plainest that can be said.
        const Encrypted* twin = nullptr;
        for (auto at = first; at != last; ++at) {
            if (!addresses_.share(*at->second.listener, listener)) continue;
            if (twin == nullptr || at->second.hostname == host.hostname) twin = &at->second;
        }
        if (twin == nullptr) return;
        const ir::Entry* plain = nullptr;
        for (const ir::Entry& entry : host.entries) {
            const ir::Rule& rule = config_.rules[entry.rule];
            // Where some paths are redirected to HTTPS, the others are left out on purpose.
            if (may_lead_to_https(rule)) return;
            if (plain == nullptr && std::holds_alternative<ir::Forward>(rule.action)) {
                plain = &entry;
            }
        }
        if (plain == nullptr) return;
        Finding& finding = findings_[config_.rules[plain->rule].route];
        if (finding.count++ > 0) return;
        finding.detail = fmt::format("{} is served on {} without encryption, and {}on {} with it",
                                     host_text(host.hostname),
                                     listener_text(listener),
                                     twin->hostname == host.hostname
                                         ? std::string()
                                         : host_text(twin->hostname) + " ",
                                     listener_text(*twin->listener));
    }

    void report(diag::Diagnostics& diagnostics) const {
        for (const auto& [route, finding] : findings_) {
            const std::string more =
                finding.count > 1 ? fmt::format(", and {} more likewise", finding.count - 1) : "";
            diagnostics.add(
                {.code = diag::Code::PlainHttp,
                 .object = object_of(config_.routes[route]),
                 .path = diag::Path("spec.parentRefs"),
                 .detail = finding.detail + more,
                 .hint = "name the HTTPS listener in sectionName, and give the HTTP listener a "
                         "route of its own with a RequestRedirect to scheme https"});
        }
    }

    const ir::Config& config_;
    Addresses addresses_;
    std::unordered_multimap<std::string_view, Encrypted> encrypted_;
    std::map<std::size_t, Finding> findings_;
};

}  // namespace

void lint_plain_http(const graph::Graph& graph,
                     const ir::Config& config,
                     diag::Diagnostics& diagnostics) {
    PlainHosts(graph, config).run(diagnostics);
}

}  // namespace gatefile::analysis
