// SPDX-License-Identifier: Apache-2.0
//
// What is published: files by name, bytes only. Knows nothing of what is in them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gatefile::publish {

struct File {
    std::string name;  ///< without directories
    std::string bytes;
};

/// SHA-256, in hexadecimal, by the name of the file.
using FileHashes = std::map<std::string, std::string>;

struct FileSet {
    std::vector<File> files;  ///< by name
    std::vector<File> keys;   ///< private keys that go into a directory of their own; by name
    /// How much is served, so that a sudden shrinking can be told: rules, say.
    std::size_t weight = 0;
    std::string generation;
    /// The same for key-value stores, where it is wanted: key below the root, and value; by key.
    std::vector<std::pair<std::string, std::string>> pairs;
    std::vector<std::string> refused;  ///< what cannot be said in pairs, and answers errors there
    /// What the files do not say about themselves and must be known to change them later; kept
    /// with them, and not published. traefik::backends_of().
    std::string backends = {};
};

}  // namespace gatefile::publish
