// SPDX-License-Identifier: Apache-2.0
//
// The few system calls of publishing, relative to an open directory so that nobody can swap a path
// between two of them, with errors that name what was being done.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "gatefile/base/result.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::publish {

base::Error os_error(std::string_view doing, std::string_view name);

/// Makes `path` and its missing parents (0755), then opens it.
base::Result<base::UniqueFd> make_directory(const std::string& path);

/// Opens the sub-directory `name`, making it (0700) if it is missing; a link is refused.
base::Result<base::UniqueFd> open_subdirectory(int directory, const char* name);

/// The bytes of a regular file; nothing when there is none. A link or special file is an Error.
base::Result<std::optional<std::string>> read_file(int directory, const std::string& name);

struct FileRights {
    mode_t mode = 0600;
    std::optional<gid_t> group;
};

/// Changes group and mode where they differ.
base::Result<void> give_rights(int fd, std::string_view name, const FileRights& rights);

/// Whether a file has to be on the disk before anything else happens.
enum class Durable : bool { No, Yes };

/// Writes a new file `name` (replacing a left-over), gives it its rights, syncs it.
base::Result<void> write_file(int directory,
                              const std::string& name,
                              std::string_view bytes,
                              const FileRights& rights,
                              Durable durable = Durable::Yes);

base::Result<void>
rename_into(int from, const std::string& name, int to, const std::string& target);
base::Result<void> sync_directory(int directory);

/// Takes the lock of a file for us alone; false when somebody else has it. Whoever only looks has
/// it for a moment: that is waited for, unless one attempt has to do.
bool take_lock(int fd, int attempts = 10);

base::Result<gid_t> find_group(const std::string& name_or_number);

}  // namespace gatefile::publish
