// SPDX-License-Identifier: Apache-2.0
//
// What is published: files by name, bytes only. Knows nothing of what is in them.
#pragma once

#include <string>
#include <vector>

namespace gatefile::publish {

struct File {
    std::string name;  ///< without directories
    std::string bytes;
};

struct FileSet {
    std::vector<File> files;  ///< by name
    std::vector<File> keys;   ///< private keys that go into a directory of their own; by name
    /// How much is served, so that a sudden shrinking can be told: rules, say.
    std::size_t weight = 0;
    std::string generation;
};

}  // namespace gatefile::publish
