// SPDX-License-Identifier: Apache-2.0
//
// Traefik's rules (v3 syntax) as values: matchers combined by all_of and any_of, text at the end.
// Arguments are user text and quoted here; nothing else in the module writes a matcher.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/ir/ir.hpp"

namespace gatefile::traefik {

class Rule {
public:
    /// The empty conjunction: matches everything, and is left out of a conjunction.
    Rule() = default;

    bool always() const { return text_.empty(); }
    /// What Traefik gets; something that always matches for the empty rule.
    std::string text() &&;

    friend Rule all_of(Rule a, const Rule& b);
    friend Rule any_of(Rule a, const Rule& b);
    friend Rule call(std::string_view function, std::string_view a);
    friend Rule call(std::string_view function, std::string_view a, std::string_view b);
    friend Rule no(const Rule& matcher);

private:
    enum class Top : std::uint8_t { Matcher, And, Or };
    Rule(std::string text, Top top) : text_(std::move(text)), top_(top) {}
    void append_operand(const Rule& other, Top context);

    std::string text_;
    Top top_ = Top::Matcher;
};

Rule all_of(Rule a, const Rule& b);
Rule any_of(Rule a, const Rule& b);
/// A matcher by its name in Traefik.
Rule call(std::string_view function, std::string_view a);
Rule call(std::string_view function, std::string_view a, std::string_view b);
/// The opposite of one matcher.
Rule no(const Rule& matcher);

/// True of every request, but with a Host(), for a name that nobody has: for a router on TLS without
/// any Traefik sets the default options for all names that no router lists. (Traefik 3.7.15 does not
/// count a Host() that is negated.)
Rule any_request_with_host();

/// A hostname as in ir::Host: exact, "*.x" over any number of labels, empty for any. A trailing dot
/// in the request does not count, the port neither.
Rule hostname_rule(std::string_view hostname);
/// Any of several such hostnames, none of them empty, in one regular expression.
Rule hostnames_rule(const std::vector<std::string_view>& hostnames);
/// The same for the server name of a TLS connection (rules of TCP routers).
Rule server_name_rule(std::string_view hostname);
/// One regular expression for a "*.x" over any number of labels.
std::string wildcard_regex(std::string_view wildcard);

/// All of a match; user regular expressions are searched unanchored, as Traefik's own Gateway API
/// provider does it (ir::Matcher does the same). Paths come in the form that Traefik compares with.
Rule match_rule(const ir::Match& match);
Rule path_rule(const ir::PathMatch& path);

}  // namespace gatefile::traefik
