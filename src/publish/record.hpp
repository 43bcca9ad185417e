// SPDX-License-Identifier: Apache-2.0
//
// Which files of a directory are ours: name, the hashes that we wrote under it, and how much was
// served. Kept in DIR/.gatefile/owned, one line each, so that an operator can read it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace gatefile::publish {

struct Record {
    std::size_t weight = 0;
    /// A name has two hashes from the moment when a publication is under way, so that a crash
    /// leaves no file that is ours and unknown: what it had and what it gets.
    std::map<std::string, std::set<std::string>> files;
};

std::string write_record(const Record& record);
/// A damaged record counts as none: then nothing is removed.
std::optional<Record> parse_record(std::string_view text);

}  // namespace gatefile::publish
