// SPDX-License-Identifier: Apache-2.0
#include "diff_view.hpp"

#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

void put_values(std::string& key, const std::vector<ir::ValueMatch>& values, bool any_case) {
    for (const ir::ValueMatch& value : values) {
        key += value.kind == ir::ValueKind::Exact ? '=' : '~';
        put(key, any_case ? base::to_lower(value.name) : value.name);
        put(key, value.value);
    }
    key += ';';
}

std::string match_key(const ir::Match& match) {
    std::string key;
    key += static_cast<char>('0' + static_cast<int>(match.path.kind) + (match.path.call ? 4 : 0));
    put(key, match.path.value);
    put_values(key, match.headers, true);
    put_values(key, match.query, false);
    put(key, match.method.value_or(""));
    return key;
}

}  // namespace

std::vector<std::string> covering_patterns(std::string_view pattern) {
    std::vector<std::string> patterns;
    if (!pattern.empty()) patterns.emplace_back(pattern);
    std::string_view rest = pattern.starts_with("*.") ? pattern.substr(2) : pattern;
    if (!pattern.starts_with("*.") && !pattern.empty()) {
        const std::size_t dot = rest.find('.');
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
        if (!rest.empty()) patterns.push_back("*." + std::string(rest));
    }
    for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
        rest.remove_prefix(dot + 1);
        if (!rest.empty()) patterns.push_back("*." + std::string(rest));
    }
    patterns.emplace_back();
    return patterns;
}

std::string witness_host(std::string_view pattern) {
    if (pattern.empty()) return "gatefile-diff.invalid";
    if (pattern.starts_with("*.")) return "gatefile-diff" + std::string(pattern.substr(1));
    return std::string(pattern);
}

View::View(const ir::Config& config, Numbers& numbers) : config_(&config), matcher_(config) {
    answers_.reserve(config.rules.size());
    for (const ir::Rule& rule : config.rules) {
        answers_.push_back(answer_of(config, rule));
        answer_numbers_.push_back(numbers.answers.number(answers_.back().key));
    }
    hosts_.resize(config.listeners.size());
    contents_.resize(config.listeners.size());
    for (std::size_t i = 0; i < config.listeners.size(); ++i) {
        const ir::Listener& listener = config.listeners[i];
        doors_[{listener.entry_point, listener.tls.has_value()}].emplace(listener.hostname, i);
        for (std::size_t h = 0; h < listener.hosts.size(); ++h) {
            hosts_[i].emplace(listener.hosts[h].hostname, h);
            Content content;
            content.reserve(listener.hosts[h].entries.size());
            for (const ir::Entry& entry : listener.hosts[h].entries) {
                content.emplace_back(numbers.matches.number(match_key(entry.match)),
                                     answer_numbers_[entry.rule]);
            }
            const auto [at, is_new] =
                numbers.contents.try_emplace(std::move(content), numbers.contents.size());
            contents_[i].emplace_back(&at->first, at->second);
        }
    }
}

std::optional<ir::Outcome> View::ask(const ir::Request& request) const {
    return matcher_.match(request);
}

const ir::Entry& View::entry(const ir::Outcome& outcome) const {
    return config_->listeners[outcome.listener].hosts[outcome.host].entries[outcome.entry];
}

std::size_t View::match_number(const ir::Outcome& outcome) const {
    return content(outcome.listener, outcome.host)[outcome.entry].first;
}

std::optional<std::size_t> View::listener(const Door& door, std::string_view pattern) const {
    const auto found = doors_.find(door);
    if (found == doors_.end()) return std::nullopt;
    for (const std::string& covering : covering_patterns(pattern)) {
        const auto at = found->second.find(covering);
        if (at != found->second.end()) return at->second;
    }
    return std::nullopt;
}

std::optional<std::size_t> View::host(std::size_t listener, std::string_view hostname) const {
    const auto at = hosts_[listener].find(hostname);
    if (at == hosts_[listener].end()) return std::nullopt;
    return at->second;
}

std::vector<View::Link> View::chain(const Door& door, std::string_view pattern) const {
    std::vector<Link> links;
    const auto chosen = listener(door, pattern);
    if (!chosen) return links;
    for (std::string& covering : covering_patterns(pattern)) {
        if (const auto at = host(*chosen, covering)) {
            links.push_back({std::move(covering), *at, contents_[*chosen][*at].second});
        }
    }
    return links;
}

Place View::place(std::size_t rule) const {
    const ir::Rule& at = config_->rules[rule];
    const ir::RouteId& route = config_->routes[at.route];
    return {.object = {route.kind, route.ns, route.name},
            .path = diag::Path("spec.rules") / at.index,
            .listener = "",
            .at = std::nullopt};
}

Place View::place(const ir::ListenerId& listener) const {
    return {.object = ir::object_of(listener),
            .path = diag::Path("spec.listeners"),
            .listener = listener.name,
            .at = std::nullopt};
}

}  // namespace gatefile::analysis
