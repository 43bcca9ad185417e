// SPDX-License-Identifier: Apache-2.0
#include "hostnames.hpp"

#include <algorithm>
#include <tuple>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

bool is_wildcard(std::string_view hostname) {
    return hostname.starts_with("*.");
}

/// HTTPRouteSpec.hostnames: exact before wildcard, then the longer one.
bool more_specific(std::string_view a, std::string_view b) {
    return std::tuple(is_wildcard(b), a.size()) > std::tuple(is_wildcard(a), b.size());
}

void add(std::vector<EffectiveHostname>& hostnames, std::string_view name, std::string_view from) {
    const auto known = std::find_if(hostnames.begin(),
                                    hostnames.end(),
                                    [&](const EffectiveHostname& e) { return e.hostname == name; });
    if (known == hostnames.end()) {
        hostnames.push_back({std::string(name), std::string(from)});
    } else if (more_specific(from, known->written)) {
        known->written = from;
    }
}

}  // namespace

bool hostname_within(std::string_view narrow, std::string_view wide) {
    if (wide.empty() || narrow == wide) return true;
    if (!is_wildcard(wide)) return false;
    // What stands before the suffix is a label at least; of "*.x" it is the asterisk.
    const std::string_view suffix = wide.substr(1);
    return narrow.size() > suffix.size() && narrow.ends_with(suffix);
}

std::vector<EffectiveHostname> effective_hostnames(std::string_view listener,
                                                   std::span<const std::string> route) {
    std::vector<EffectiveHostname> hostnames;
    if (route.empty()) {
        hostnames.push_back({std::string(listener), {}});
        return hostnames;
    }
    std::string lowered;
    for (std::string_view written : route) {
        // The CRD has lower case only; the copy is for those who did not ask it.
        if (std::any_of(
                written.begin(), written.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
            written = lowered = base::to_lower(written);
        }
        if (hostname_within(written, listener)) {
            add(hostnames, written, written);
        } else if (hostname_within(listener, written)) {
            add(hostnames, listener, written);
        }
    }
    return hostnames;
}

}  // namespace gatefile::graph
