// SPDX-License-Identifier: Apache-2.0
//
// Publishing into a directory that Traefik watches (design.md §4): compared first, checked, staged
// in DIR/.gatefile, synced, renamed, synced again; one file system event. Removes only files that
// our ownership record names and whose hash is ours. A lock says which process owns the directory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "gatefile/base/result.hpp"
#include "gatefile/publish/file_set.hpp"

namespace gatefile::publish {

struct DirectorySettings {
    std::string directory;
    mode_t file_mode = 0600;
    std::optional<std::string> file_group;
    /// Re-reads the bytes of a file before the rename; an Error stops the publication.
    std::function<base::Result<void>(const File&)> verify;
    /// A shrinking without evidence is refused unless this is set (convert --allow-shrink) or the
    /// caller has seen the deletion happen.
    bool allow_shrink = false;
};

struct PublishReport {
    bool changed = false;  ///< false: the directory held exactly this already
    bool held = false;     ///< refused as a shrinking without evidence; the old files stay
    std::string held_reason;
    std::vector<std::string> written;
    std::vector<std::string> removed;
    FileHashes hashes;  ///< of the files of the set, unless held
};

class DirectoryPublisher {
public:
    /// Makes the directory if it is missing, takes the lock, cleans what a crash left staged.
    static base::Result<DirectoryPublisher> open(DirectorySettings settings);
    DirectoryPublisher(DirectoryPublisher&&) noexcept;
    DirectoryPublisher& operator=(DirectoryPublisher&&) noexcept;
    ~DirectoryPublisher();

    /// Whether files of ours were there at the start, or are by now.
    bool has_files() const;
    /// They, by name, as far as they are as we wrote them.
    std::vector<File> found() const;
    std::size_t weight() const;  ///< FileSet::weight of them

    /// Whether files of ours that are not in the set any more go now, or stay until the next time.
    enum class Stale : std::uint8_t { Remove, Keep };

    /// `witnessed`: the deletions behind a smaller set were seen to happen. FileSet::keys is not
    /// looked at; see Output.
    base::Result<PublishReport>
    publish(const FileSet& files, bool witnessed, Stale stale = Stale::Remove);

private:
    struct State;
    explicit DirectoryPublisher(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// What is kept as `name` beside the ownership record of a watched directory (mode 0600, no matter
/// for Traefik): as it is there if `usable` says so, else what `make` gives, which is then kept.
base::Result<std::string> kept_beside(const std::string& directory,
                                      const std::string& name,
                                      const std::function<bool(const std::string&)>& usable,
                                      const std::function<base::Result<std::string>()>& make);

/// Replaces one file outside a watched directory (a status report, say) by a rename; mode 0644.
base::Result<void> replace_file(const std::string& path, std::string_view bytes);

/// Makes the directory where it is missing and writes a file into it, replacing one of that name;
/// mode 0644.
base::Result<void>
write_new_file(const std::string& directory, const std::string& name, std::string_view bytes);

}  // namespace gatefile::publish
