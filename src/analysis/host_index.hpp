// SPDX-License-Identifier: Apache-2.0
//
// The entries of one host by their paths and by all that they match, so that finding those that
// compete for a request does not need all of them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/base/regex.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::analysis {

/// Regular expressions, each compiled once; what does not compile matches nothing.
class Patterns {
public:
    bool matches(const std::string& pattern, std::string_view text);

private:
    std::map<std::string, base::Result<base::Regex>, std::less<>> compiled_;
};

/// Whether both take the same requests. Header names count in any case.
bool takes_the_same(const ir::Match& a, const ir::Match& b);

/// Whether `wide` surely takes every request that `narrow` takes.
bool takes_all(const ir::Match& wide, const ir::Match& narrow, Patterns& patterns);

/// Positions in Host::entries, ascending. Of very many entries with one path, only some are given.
class HostIndex {
public:
    explicit HostIndex(const ir::Host& host);

    /// The first entry that is surely wider than the one at `position`, or the same, and goes
    /// before it; `position` when there is none.
    std::size_t shadow_of(std::size_t position, Patterns& patterns) const;

    /// Entries whose path may be that of a request, and whether these are all of them.
    std::pair<std::vector<std::size_t>, bool> candidates(std::string_view path) const;

private:
    using Keys = std::vector<std::pair<std::size_t, std::size_t>>;  ///< hash and position

    std::size_t same_before(std::size_t position) const;
    bool append(std::size_t path_hash, std::size_t before, std::vector<std::size_t>& found) const;
    bool append_covering(std::string_view path,
                         std::size_t before,
                         std::vector<std::size_t>& found) const;

    const ir::Host& host_;
    Keys by_path_;
    Keys by_match_;
    std::vector<std::size_t> with_pattern_;
};

}  // namespace gatefile::analysis
