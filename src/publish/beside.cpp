// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/beside.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "posix.hpp"
#include "layout.hpp"

namespace gatefile::publish {

namespace {

/// Null (no descriptor) where there is none.
base::Result<base::UniqueFd> open_stage(const std::string& directory) {
    const std::string path = directory + "/" + stage_name;
    base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno != ENOENT) return os_error("opening", path);
    return fd;
}

}  // namespace

std::string path_beside(const std::string& directory, std::string_view name) {
    return directory + "/" + stage_name + "/" + std::string(name);
}

base::Result<std::optional<std::string>> read_beside(const std::string& directory,
                                                     const std::string& name) {
    const auto stage = open_stage(directory);
    if (!stage) return stage.error();
    if (!*stage) return std::optional<std::string>();
    return read_file(stage->get(), name);
}

base::Result<void>
write_beside(const std::string& directory, const std::string& name, std::string_view bytes) {
    const auto made = make_directory(directory);
    if (!made) return made.error();
    const auto stage = open_subdirectory(made->get(), stage_name);
    if (!stage) return stage.error();
    const std::string staged = name + ".tmp";
    if (auto written = write_file(stage->get(), staged, bytes, {0600, {}}); !written) {
        return written;
    }
    if (auto renamed = rename_into(stage->get(), staged, stage->get(), name); !renamed) {
        return renamed;
    }
    return sync_directory(stage->get());
}

base::Result<void> remove_beside(const std::string& directory, const std::string& name) {
    const auto stage = open_stage(directory);
    if (!stage) return stage.error();
    if (!*stage) return {};
    if (::unlinkat(stage->get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return os_error("removing", name);
    return sync_directory(stage->get());
}

}  // namespace gatefile::publish
