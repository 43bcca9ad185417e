// SPDX-License-Identifier: Apache-2.0
//
// Which files a path named with -f stands for, and their bytes. The habits are kubectl's: a named
// file needs no extension; a directory yields .json .yaml .yml in lexical order, not recursively
// unless asked.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::source {

/// Tells whether a file is another one, or changed while it was being read.
struct Fingerprint {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0;
    auto operator<=>(const Fingerprint&) const = default;
};

struct ListedFile {
    std::string name;
    Fingerprint fingerprint;
    auto operator<=>(const ListedFile&) const = default;
};

/// A file or directory that cannot be read, and why.
struct InputFault {
    std::string name;
    std::string reason;
    std::string hint;
    bool is_directory = false;
    auto operator<=>(const InputFault&) const = default;
};

struct Listing {
    bool is_directory = false;
    bool available = true;  ///< false when the path itself cannot be read; see faults
    std::vector<ListedFile> files;
    std::vector<InputFault> faults;
    auto operator<=>(const Listing&) const = default;
};

/// .json .yaml .yml, but for .gatefile.yaml, which is gatefile's configuration.
bool has_manifest_extension(std::string_view name);

Listing list_manifests(const std::string& path, bool recursive);

/// The whole of a regular file, whatever happens to its name meanwhile.
base::Result<std::string> read_file(const std::string& name);
bool is_pipe(const std::string& name);
/// All that comes through a pipe; waits for who writes into it.
base::Result<std::string> read_pipe(const std::string& name);
base::Result<std::string> read_standard_input();

}  // namespace gatefile::source
