// SPDX-License-Identifier: Apache-2.0
//
// The rules of routers: Go expressions of matchers, as Traefik reads them.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatefile::traefik::check {

struct Matcher {
    std::string name;  ///< in Traefik's spelling, whatever the rule's case
    std::vector<std::string> values;
};

struct RuleFault {
    std::string text;
    std::string hint;
};

enum class RuleKind { Http, Tcp };

/// The matchers of a rule in order; `syntax` is the router's ruleSyntax, "v2" or anything else.
std::variant<std::vector<Matcher>, RuleFault>
check_rule(std::string_view rule, RuleKind kind, std::string_view syntax);

/// The values of one matcher in small letters: the hosts of Host or HostSNI.
std::vector<std::string> values_of(const std::vector<Matcher>& matchers, std::string_view name);

/// An IP address, or with a slash a range, as Go reads them.
bool is_ip_or_range(std::string_view text);

}  // namespace gatefile::traefik::check
