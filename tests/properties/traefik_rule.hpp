// SPDX-License-Identifier: Apache-2.0
//
// Traefik's rule language (v3) as far as we emit it, read and evaluated as Traefik 3.7 does it
// (pkg/rules, pkg/muxer/http). Written from Traefik's source and apart from src/, to check it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/base/regex.hpp"
#include "gatefile/ir/match.hpp"

namespace gatefile::properties {

/// A request as matchers see it, behind an entry point with Traefik's defaults.
struct SeenRequest {
    std::string host;  ///< the canonical one
    std::string routing_path;
    std::string method;
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    std::vector<std::pair<std::string, std::string>> query;
};
SeenRequest seen_by_traefik(const ir::Request& request);

class TraefikRule {
public:
    /// Nothing when Traefik would refuse the rule; `error` says why.
    static std::optional<TraefikRule> parse(std::string_view text, std::string& error);

    bool matches(const SeenRequest& request) const { return matches_at(root_, request); }
    /// Arguments of Host matchers, in lower case: what chooses TLS options.
    std::vector<std::string> domains() const;

private:
    friend class RuleParser;
    enum class Kind { And, Or, Not, Matcher };
    struct Node {
        Kind kind = Kind::Matcher;
        std::size_t left = 0;
        std::size_t right = 0;
        std::string name;
        std::vector<std::string> arguments;
        std::optional<base::Regex> pattern;
    };
    bool matches_at(std::size_t node, const SeenRequest& request) const;
    static bool matcher_matches(const Node& node, const SeenRequest& request);

    std::vector<Node> nodes_;
    std::size_t root_ = 0;
};

/// Host(`expression`) on a host that is not empty (muxer.DomainMatchHostExpression).
bool domain_matches(std::string_view domain, std::string_view expression);

}  // namespace gatefile::properties
