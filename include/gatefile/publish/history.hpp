// SPDX-License-Identifier: Apache-2.0
//
// The last generations that were published into a directory, in DIR/.gatefile/generations: hard
// links of the published files, so that keeping one costs no writing and no room before the next
// one takes its place. No name ends as Traefik's file provider wants it. One writer: whoever holds
// the lock of the directory; anybody who may read the directory may list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/publish/file_set.hpp"

namespace gatefile::publish {

/// What a kept file was called, and what must be in it.
struct KeptFile {
    std::string name;
    std::string sha256;
    bool operator==(const KeptFile&) const = default;
};

struct Generation {
    std::uint64_t number = 0;  ///< counts up
    std::string id;            ///< FileSet::generation
    base::Timestamp at;
    std::size_t weight = 0;  ///< FileSet::weight
    std::size_t bytes = 0;   ///< of the files without keys
    std::vector<KeptFile> files;
    std::vector<KeptFile> keys;
    std::string backends;  ///< SHA-256 of FileSet::backends; empty: there are none
    bool loaded = false;  ///< Traefik was seen to serve it

    bool operator==(const Generation&) const = default;
};

/// Generation::backends
std::string hash_of_backends(std::string_view backends);

std::string write_generation(const Generation& generation);
/// Nothing where a line is damaged. `loaded` is not in the text.
std::optional<Generation> parse_generation(std::string_view text);

/// "7", or the beginning (6 digits or more) of an id; null when there is none or more than one.
const Generation* find_generation(const std::vector<Generation>& all, std::string_view wanted);

struct HistorySettings {
    std::string directory;            ///< the one that is published into
    std::optional<std::string> keys;  ///< that of --keys files=DIR
    std::size_t count = 10;           ///< 0: none are kept
    /// Of all that are kept; the last two stay whatever their size.
    std::size_t max_bytes = 64u << 20;
};

class History {
public:
    /// Reads what is there.
    explicit History(HistorySettings settings);

    /// Oldest first.
    const std::vector<Generation>& list() const { return kept_; }
    /// After it was published. One of the same id that was kept before gives way. `hashes`: of
    /// files, as far as they are known.
    base::Result<void> keep(const FileSet& files, const FileHashes& hashes, base::Timestamp at);
    /// The same for one that differs from the kept one of `id` in what changes by itself: it gets
    /// that one's number. Nothing happens where none of that id is kept.
    base::Result<void> replace(std::string_view id,
                               const FileSet& files,
                               const FileHashes& hashes,
                               base::Timestamp at);
    void mark_loaded(std::string_view id);
    /// Makes room on a full disk: all but `id` go. Whether there were any.
    bool drop_all_but(std::string_view id);
    /// As it was published, each file checked against its hash.
    base::Result<FileSet> read(const Generation& generation) const;
    /// FileSet::backends; empty as well where they are damaged.
    std::string backends(const Generation& generation) const;

private:
    base::Result<void> store(const Generation& made, const FileSet& files) const;
    void drop(const Generation& generation) const;
    void drop_surplus();

    HistorySettings settings_;
    std::vector<Generation> kept_;
};

/// What is kept for a directory, oldest first; empty where nothing is. An Error where that cannot
/// be read, as by another user than the agent's.
base::Result<std::vector<Generation>> list_generations(const std::string& directory);
/// Which of them is in the directory now, by the record of what was published.
const Generation* current_generation(const std::string& directory,
                                     const std::vector<Generation>& all);
/// Whether an agent has the directory, answering or not. Errors as above.
base::Result<bool> is_locked(const std::string& directory);
/// The files of one, without keys, under the names that Traefik knows.
base::Result<std::vector<File>> read_generation(const std::string& directory,
                                                const Generation& generation);

}  // namespace gatefile::publish
