// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "diff_parts.hpp"
#include "diff_point.hpp"
#include "diff_witness.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

class HttpDiff {
public:
    HttpDiff(const View& before,
             const View& after,
             Touched& touched,
             std::vector<Difference>& found)
        : before_(before), after_(after), touched_(touched), found_(found) {}

    void run() {
        std::set<Door> doors;
        for (const View* view : {&before_, &after_}) {
            for (const auto& [door, listeners] : view->doors())
                doors.insert(door);
        }
        PointDiff points(before_, after_, touched_, found_);
        for (const Door& door : doors) {
            whole_listeners(door, before_, after_, true);
            whole_listeners(door, after_, before_, false);
            for (const std::string& hostname : hostnames(door)) {
                // Without a listener on one side, the listener is the difference.
                if (!before_.listener(door, hostname) || !after_.listener(door, hostname)) continue;
                points.compare(door, hostname);
            }
        }
    }

private:
    /// All that a listener is for or a route has on it.
    std::set<std::string> hostnames(const Door& door) const {
        std::set<std::string> all;
        for (const View* view : {&before_, &after_}) {
            const auto at = view->doors().find(door);
            if (at == view->doors().end()) continue;
            for (const auto& [hostname, listener] : at->second) {
                all.insert(hostname);
                for (const auto& [host, place] : view->hosts(listener))
                    all.insert(host);
            }
        }
        return all;
    }

    /// Listeners of `mine` whose hostname no listener of `other` serves.
    void whole_listeners(const Door& door, const View& mine, const View& other, bool removed) {
        const auto at = mine.doors().find(door);
        if (at == mine.doors().end()) return;
        for (const auto& [hostname, listener] : at->second) {
            if (other.listener(door, hostname)) continue;
            whole_listener(door, mine, listener, removed);
        }
    }

    void whole_listener(const Door& door, const View& view, std::size_t index, bool removed) {
        const ir::Listener& listener = view.config().listeners[index];
        const ir::ListenerId& source = listener.sources.front();
        auto& touched = removed ? touched_.before : touched_.after;
        for (const ir::Host& host : listener.hosts) {
            for (const ir::Entry& entry : host.entries)
                touched.insert(entry.rule);
        }
        const std::string serves =
            fmt::format("is served by listener {} of {}{}",
                        source.name,
                        ir::object_of(source).text(),
                        listener.hosts.empty() ? ", without a route" : hosts_text(listener));
        Difference difference{.code = diag::Code::DiffNoEffect,
                              .subjects = {host_text(door, listener.hostname, source.port)},
                              .now = removed ? "is not served" : serves,
                              .was = removed ? serves : "is not served",
                              .before = std::nullopt,
                              .after = std::nullopt,
                              .hint = ""};
        // Without TLS a listener that has no route answers as no listener does.
        if (!listener.hosts.empty() || door.tls) {
            difference.code =
                removed ? diag::Code::DiffListenerRemoved : diag::Code::DiffListenerAdded;
        }
        (removed ? difference.before : difference.after) = view.place(source);
        found_.push_back(std::move(difference));
    }

    static std::string hosts_text(const ir::Listener& listener) {
        constexpr std::size_t shown = 5;
        std::string text = " for ";
        for (std::size_t i = 0; i < listener.hosts.size() && i < shown; ++i) {
            const std::string& hostname = listener.hosts[i].hostname;
            if (i > 0) text += ", ";
            text += hostname.empty() ? "any host" : base::quote_for_message(hostname);
        }
        if (listener.hosts.size() > shown)
            text += fmt::format(" and {} more", listener.hosts.size() - shown);
        return text;
    }

    const View& before_;
    const View& after_;
    Touched& touched_;
    std::vector<Difference>& found_;
};

/// "HTTPRoute shop/web spec.rules[1]" of each rule that some listener has.
std::map<std::pair<ir::RouteId, std::size_t>, std::vector<std::size_t>>
rules_in_use(const ir::Config& config) {
    std::set<std::size_t> used;
    for (const ir::Listener& listener : config.listeners) {
        for (const ir::Host& host : listener.hosts) {
            for (const ir::Entry& entry : host.entries)
                used.insert(entry.rule);
        }
    }
    std::map<std::pair<ir::RouteId, std::size_t>, std::vector<std::size_t>> rules;
    for (const std::size_t rule : used) {
        const ir::Rule& at = config.rules[rule];
        rules[{config.routes[at.route], at.index}].push_back(rule);
    }
    return rules;
}

}  // namespace

void diff_http(const View& before,
               const View& after,
               Touched& touched,
               std::vector<Difference>& found) {
    HttpDiff(before, after, touched, found).run();
}

void diff_no_effect(const View& before,
                    const View& after,
                    const Touched& touched,
                    std::vector<Difference>& found) {
    const auto old_rules = rules_in_use(before.config());
    const auto new_rules = rules_in_use(after.config());
    const auto add = [&](const auto& mine, const auto& other, const auto& mine_touched, bool gone) {
        for (const auto& [id, rules] : mine) {
            if (other.contains(id)) continue;
            const bool told = std::ranges::any_of(
                rules, [&](std::size_t rule) { return mine_touched.contains(rule); });
            if (told) continue;
            const Place place = (gone ? before : after).place(rules.front());
            found.push_back({.code = diag::Code::DiffNoEffect,
                             .subjects = {place.object.text() + " " + place.path.text()},
                             .now = gone ? "is gone, and every request is answered as before"
                                         : "is new, and every request is answered as before",
                             .was = "",
                             .before = gone ? std::optional(place) : std::nullopt,
                             .after = gone ? std::nullopt : std::optional(place),
                             .hint = ""});
        }
    };
    add(old_rules, new_rules, touched.before, true);
    add(new_rules, old_rules, touched.after, false);
}

}  // namespace gatefile::analysis
