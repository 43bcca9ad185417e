// SPDX-License-Identifier: Apache-2.0
#include "neighbour_hosts.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "entry_point_names.hpp"
#include "gatefile/base/call_arguments.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik {

namespace {

bool is_label_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::vector<std::string> patterns_on(const std::vector<Neighbour>& neighbours,
                                     std::string_view entry_point) {
    std::vector<std::string> patterns;
    for (const Neighbour& neighbour : neighbours) {
        if (is_on(neighbour, entry_point))
            patterns.insert(
                patterns.end(), neighbour.patterns.begin(), neighbour.patterns.end());
    }
    return patterns;
}

}  // namespace

std::string neighbour_for(const std::vector<Neighbour>& neighbours,
                          std::string_view entry_point,
                          std::string_view host) {
    return std::string(NeighbourHosts(neighbours, entry_point).router_for(host));
}

bool is_host(std::string_view text) {
    if (text == "*") return true;
    if (text.starts_with("*.")) text.remove_prefix(2);
    constexpr std::size_t longest = 253;
    return text.size() <= longest &&
           std::ranges::all_of(base::split(text, '.'), [](std::string_view label) {
               return !label.empty() && std::ranges::all_of(label, is_label_part);
           });
}

std::vector<std::string> host_patterns(std::string_view rule, bool tcp) {
    if (base::has_negation(rule)) return {};
    return base::call_arguments(rule, tcp ? "HostSNIRegexp" : "HostRegexp");
}

std::string qualified_options(std::string_view options, std::string_view provider) {
    if (options.empty() || options == "default") return {};
    if (options.find('@') != std::string_view::npos) return std::string(options);
    return fmt::format("{}@{}", options, provider);
}

bool is_on(const Neighbour& neighbour, std::string_view entry_point) {
    return neighbour.entry_points.empty() ||
           std::ranges::find(neighbour.entry_points, entry_point) != neighbour.entry_points.end();
}

NeighbourHosts::NeighbourHosts(const std::vector<Neighbour>& neighbours,
                               std::string_view entry_point)
    : patterns_(patterns_on(neighbours, entry_point)) {
    for (const Neighbour& neighbour : neighbours) {
        if (!is_on(neighbour, entry_point)) continue;
        for (const std::string& host : neighbour.hosts)
            by_host_.emplace(host, neighbour.name);
        with_pattern_.insert(with_pattern_.end(), neighbour.patterns.size(), neighbour.name);
    }
}

std::string_view NeighbourHosts::router_for(std::string_view host) const {
    if (const auto found = by_host_.find(host); found != by_host_.end()) return found->second;
    if (is_wildcard(host)) return {};
    // Traefik's `*` is one label.
    if (const std::size_t dot = host.find('.'); dot != std::string_view::npos) {
        const auto found = by_host_.find("*" + std::string(host.substr(dot)));
        if (found != by_host_.end()) return found->second;
    }
    const auto pattern = patterns_.first_in(host);
    return pattern ? with_pattern_[*pattern] : std::string_view();
}

}  // namespace gatefile::traefik
