// SPDX-License-Identifier: Apache-2.0
//
// One side of a comparison, indexed. What both sides have alike has the same number on both.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "diff_answer.hpp"
#include "gatefile/analysis/diff.hpp"
#include "gatefile/ir/ir.hpp"
#include "gatefile/ir/match.hpp"

namespace gatefile::analysis {

/// What listeners share where requests come in.
struct Door {
    std::string entry_point;
    bool tls = false;
    auto operator<=>(const Door&) const = default;
};

/// Numbers for texts, the same for equal ones.
class Interner {
public:
    std::size_t number(std::string key) {
        return numbers_.try_emplace(std::move(key), numbers_.size()).first->second;
    }

private:
    std::unordered_map<std::string, std::size_t> numbers_;
};

/// Number of a match and of the answer that it leads to.
using Content = std::vector<std::pair<std::size_t, std::size_t>>;

/// Numbers that both sides share.
struct Numbers {
    Interner answers;
    Interner matches;
    std::map<Content, std::size_t> contents;
};

/// Patterns that cover what `pattern` covers, most specific first: itself, "*.…", "".
std::vector<std::string> covering_patterns(std::string_view pattern);

/// A host name that `pattern` covers and, in all likelihood, no other pattern of its length.
std::string witness_host(std::string_view pattern);

class View {
public:
    View(const ir::Config& config, Numbers& numbers);

    const ir::Config& config() const { return *config_; }
    const Answer& answer(std::size_t rule) const { return answers_[rule]; }
    std::size_t answer_number(std::size_t rule) const { return answer_numbers_[rule]; }
    std::optional<ir::Outcome> ask(const ir::Request& request) const;
    const ir::Entry& entry(const ir::Outcome& outcome) const;
    std::size_t match_number(const ir::Outcome& outcome) const;

    using ByHostname = std::map<std::string, std::size_t, std::less<>>;
    const std::map<Door, ByHostname>& doors() const { return doors_; }
    /// The listener that takes requests for all of `pattern`; nothing when there is none.
    std::optional<std::size_t> listener(const Door& door, std::string_view pattern) const;
    /// In Listener::hosts.
    std::optional<std::size_t> host(std::size_t listener, std::string_view hostname) const;
    const ByHostname& hosts(std::size_t listener) const { return hosts_[listener]; }
    const Content& content(std::size_t listener, std::size_t host) const {
        return *contents_[listener][host].first;
    }

    struct Link {
        std::string hostname;
        std::size_t host = 0;     ///< in Listener::hosts
        std::size_t content = 0;  ///< number
        bool operator==(const Link& other) const {
            return hostname == other.hostname && content == other.content;
        }
    };
    /// The hosts that are tried for a request to `pattern`, in order.
    std::vector<Link> chain(const Door& door, std::string_view pattern) const;

    Place place(std::size_t rule) const;
    Place place(const ir::ListenerId& listener) const;

private:
    const ir::Config* config_;
    ir::Matcher matcher_;
    std::vector<Answer> answers_;
    std::vector<std::size_t> answer_numbers_;
    std::map<Door, ByHostname> doors_;
    std::vector<ByHostname> hosts_;
    /// By listener and host: what it holds (owned by Numbers) and its number.
    std::vector<std::vector<std::pair<const Content*, std::size_t>>> contents_;
};

}  // namespace gatefile::analysis
