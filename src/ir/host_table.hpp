// SPDX-License-Identifier: Apache-2.0
//
// Where entries are gathered by listener and effective hostname before they are put in order.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/ir/ir.hpp"
#include "precedence.hpp"

namespace gatefile::ir {

/// A match of a route rule; entries of many hosts may come of one.
struct MatchSite {
    Match match;
    std::size_t index = 0;  ///< in the rule's matches
};

struct Candidate {
    Precedence precedence;
    std::size_t site = 0;  ///< in the list of MatchSites
    std::size_t rule = 0;  ///< in Config::rules
};

class HostTable {
public:
    explicit HostTable(std::size_t listeners) : listeners_(listeners) {}

    /// Where the candidates of a hostname belong; stays valid.
    std::vector<Candidate>& candidates(std::size_t listener, std::string_view hostname);

    /// Fills in Listener::hosts of config.listeners, most specific first, entries by precedence.
    void write(Config& config, std::vector<MatchSite> sites);

private:
    using Hosts = std::map<std::string, std::vector<Candidate>, MostSpecificFirst>;
    std::vector<Hosts> listeners_;
};

}  // namespace gatefile::ir
