// SPDX-License-Identifier: Apache-2.0
#include "gatefile/ir/match.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "path_form.hpp"

namespace gatefile::ir {
namespace {

using ByHostname = std::map<std::string, std::size_t, std::less<>>;

/// Calls `visit` with the place of every pattern that covers `host`, most specific first, until it
/// returns true.
template <typename Visit>
void visit_covering(const ByHostname& patterns, const std::string& host, Visit visit) {
    const auto try_pattern = [&](std::string_view pattern) {
        const auto at = patterns.find(pattern);
        return at != patterns.end() && visit(at->second);
    };
    if (!host.empty() && try_pattern(host)) return;
    std::string wildcard;
    for (std::size_t dot = host.find('.', 1); dot != std::string::npos && dot + 1 < host.size();
         dot = host.find('.', dot + 1)) {
        wildcard.assign("*").append(host, dot);
        if (try_pattern(wildcard)) return;
    }
    try_pattern("");
}

bool comparable_path_matches(const PathMatch& match, std::string_view path) {
    switch (match.kind) {
    case PathKind::Exact:
        return path == match.value;
    case PathKind::Prefix:
        return match.value == "/" ||
               (path.starts_with(match.value) &&
                (path.size() == match.value.size() || path[match.value.size()] == '/'));
    case PathKind::Regex:
        return false;
    }
    return false;
}

/// "/SERVICE/METHOD", neither of them empty.
bool is_call(std::string_view path) {
    const std::size_t slash = path.find('/', 1);
    return slash != std::string_view::npos && slash > 1 && slash + 1 < path.size() &&
           path.find('/', slash + 1) == std::string_view::npos;
}

std::string path_of(const Request& request) {
    return request.path.empty() ? std::string() : routing_path(request.path);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

}  // namespace

struct Matcher::Impl {
    const Config* config;
    /// By entry point and whether TLS is terminated there; into Config::listeners.
    std::map<std::pair<std::string, bool>, ByHostname> doors;
    std::vector<ByHostname> hosts;  ///< per listener; into Listener::hosts
    std::map<std::string, std::optional<base::Regex>, std::less<>> patterns;

    explicit Impl(const Config& from) : config(&from), hosts(from.listeners.size()) {
        for (std::size_t i = 0; i < from.listeners.size(); ++i) {
            const Listener& listener = from.listeners[i];
            doors[{listener.entry_point, listener.tls.has_value()}].emplace(listener.hostname, i);
            for (std::size_t h = 0; h < listener.hosts.size(); ++h) {
                hosts[i].emplace(listener.hosts[h].hostname, h);
                for (const Entry& entry : listener.hosts[h].entries)
                    compile(entry.match);
            }
        }
    }

    void compile(const Match& match) {
        if (match.path.kind == PathKind::Regex) compile(match.path.value);
        for (const ValueMatch& header : match.headers) {
            if (header.kind == ValueKind::Regex) compile(header.value);
        }
        for (const ValueMatch& parameter : match.query) {
            if (parameter.kind == ValueKind::Regex) compile(parameter.value);
        }
    }

    void compile(const std::string& pattern) {
        const auto [at, is_new] = patterns.try_emplace(pattern);
        if (!is_new) return;
        base::Result<base::Regex> compiled = base::Regex::compile(pattern);
        if (compiled) at->second = std::move(*compiled);
    }

    /// A pattern that does not compile matches nothing.
    bool regex_matches(const std::string& pattern, std::string_view text) const {
        const auto at = patterns.find(pattern);
        return at != patterns.end() && at->second && at->second->matches(text);
    }

    bool value_matches(const ValueMatch& match, std::string_view value) const {
        return match.kind == ValueKind::Exact ? value == match.value
                                              : regex_matches(match.value, value);
    }

    bool path_part_matches(const PathMatch& match, std::string_view path) const {
        if (match.kind != PathKind::Regex) return comparable_path_matches(match, path);
        return (!match.call || is_call(path)) && regex_matches(match.value, path);
    }

    /// One header line, or one occurrence of a parameter, is enough.
    std::optional<Mismatch>
    mismatch(const Match& match, const Request& request, std::string_view path) const {
        using Part = Mismatch::Part;
        if (match.method && *match.method != request.method) return Mismatch{Part::Method};
        if (!path_part_matches(match.path, path)) return Mismatch{Part::Path};
        const auto lacks_header = [&](const ValueMatch& wanted) {
            return std::ranges::none_of(request.headers, [&](const auto& header) {
                return base::equals_ignoring_case(header.first, wanted.name) &&
                       value_matches(wanted, header.second);
            });
        };
        const auto lacks_parameter = [&](const ValueMatch& wanted) {
            return std::ranges::none_of(request.query, [&](const auto& parameter) {
                return parameter.first == wanted.name && value_matches(wanted, parameter.second);
            });
        };
        const auto header = std::ranges::find_if(match.headers, lacks_header);
        if (header != match.headers.end()) {
            return Mismatch{Part::Header, static_cast<std::size_t>(header - match.headers.begin())};
        }
        const auto parameter = std::ranges::find_if(match.query, lacks_parameter);
        if (parameter == match.query.end()) return std::nullopt;
        return Mismatch{Part::QueryParam,
                        static_cast<std::size_t>(parameter - match.query.begin())};
    }

    std::optional<std::size_t> listener_of(const Request& request, const std::string& host) const {
        const auto door = doors.find({request.entry_point, request.tls});
        if (door == doors.end()) return std::nullopt;
        std::optional<std::size_t> chosen;
        visit_covering(door->second, host, [&](std::size_t listener) {
            chosen = listener;
            return true;
        });
        return chosen;
    }

    std::optional<Outcome>
    match_on(std::size_t listener, const std::string& host, const Request& request) const {
        const std::string path = path_of(request);
        std::optional<Outcome> outcome;
        visit_covering(hosts[listener], host, [&](std::size_t h) {
            const std::vector<Entry>& entries = config->listeners[listener].hosts[h].entries;
            const auto at = std::ranges::find_if(
                entries, [&](const Entry& entry) { return !mismatch(entry.match, request, path); });
            if (at == entries.end()) return false;
            outcome = Outcome{listener, h, static_cast<std::size_t>(at - entries.begin())};
            return true;
        });
        return outcome;
    }
};

Matcher::Matcher(const Config& config) : impl_(std::make_unique<Impl>(config)) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

std::optional<Outcome> Matcher::match(const Request& request) const {
    const std::string host = host_name(request.host);
    const std::optional<std::size_t> listener = impl_->listener_of(request, host);
    if (!listener) return std::nullopt;
    return impl_->match_on(*listener, host, request);
}

std::optional<std::size_t> Matcher::listener_of(const Request& request) const {
    return impl_->listener_of(request, host_name(request.host));
}

std::optional<Mismatch> Matcher::mismatch(const Match& match, const Request& request) const {
    return impl_->mismatch(match, request, path_of(request));
}

std::string host_name(std::string_view host) {
    host = base::trim(host);
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        host = host.substr(1, end == std::string_view::npos ? end : end - 1);
    } else if (const std::size_t colon = host.find(':');
               colon != std::string_view::npos &&
               host.find(':', colon + 1) == std::string_view::npos) {
        host = host.substr(0, colon);
    }
    if (host.ends_with('.')) host.remove_suffix(1);
    return base::to_lower(host);
}

bool hostname_covers(std::string_view pattern, std::string_view host) {
    if (pattern.empty()) return true;
    if (!pattern.starts_with("*.")) return pattern == host;
    const std::string_view suffix = pattern.substr(1);
    return host.size() > suffix.size() && host.ends_with(suffix);
}

bool path_matches(const PathMatch& match, std::string_view path) {
    return comparable_path_matches(match, routing_path(path));
}

}  // namespace gatefile::ir
