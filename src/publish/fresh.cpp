// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/fresh.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "posix.hpp"

namespace gatefile::publish {

base::Result<void> write_fresh(const std::string& directory,
                               const std::vector<File>& files,
                               mode_t mode,
                               const std::optional<std::string>& group) {
    FileRights rights{mode, {}};
    if (group) {
        const auto found = find_group(*group);
        if (!found) return found.error();
        rights.group = *found;
    }
    const auto opened = make_directory(directory);
    if (!opened) return opened.error();
    const auto is_there = [&](const std::string& name) {
        struct stat about {};
        return ::fstatat(opened->get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
    };
    for (const File& file : files) {
        if (is_there(file.name)) {
            return base::Error{base::ErrorKind::Refused,
                               fmt::format("{}/{} exists; move it away", directory, file.name)};
        }
    }
    for (const File& file : files) {
        // Not a name that Traefik's file provider reads before it is whole.
        const std::string staged = "." + file.name + ".tmp";
        if (auto written = write_file(opened->get(), staged, file.bytes, rights); !written)
            return written;
        if (auto renamed = rename_into(opened->get(), staged, opened->get(), file.name); !renamed)
            return renamed;
    }
    return sync_directory(opened->get());
}

}  // namespace gatefile::publish
