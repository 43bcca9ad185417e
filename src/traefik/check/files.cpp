// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "gatefile/base/strings.hpp"
#include "gatefile/traefik/check.hpp"

namespace gatefile::traefik {
namespace {

namespace fs = std::filesystem;

/// Hidden files count, too.
bool is_read_by_traefik(std::string_view name) {
    constexpr auto endings = std::to_array<std::string_view>({".toml", ".yaml", ".yml"});
    const std::string lower = base::to_lower(name);
    return std::ranges::any_of(endings,
                               [&](std::string_view ending) { return lower.ends_with(ending); });
}

base::Error cannot_read(const std::string& path, const std::error_code& error) {
    return {base::ErrorKind::Io, "reading " + path + ": " + error.message()};
}

base::Result<void> collect(const std::string& directory, std::vector<DynamicFile>& files) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
        entries.push_back(*at);
    if (error) return cannot_read(directory, error);
    std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) {
        return entry.path().filename().string();
    });
    for (const fs::directory_entry& entry : entries) {
        const std::string path = entry.path().string();
        // Links to directories are not followed.
        if (entry.symlink_status(error).type() == fs::file_type::directory) {
            if (auto below = collect(path, files); !below) return below.error();
            continue;
        }
        if (!is_read_by_traefik(entry.path().filename().string())) continue;
        if (fs::status(path, error).type() != fs::file_type::regular) {
            if (!error) error = std::make_error_code(std::errc::invalid_argument);
            return cannot_read(path, error);
        }
        std::ifstream file(path, std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(file)), {});
        if (!file) return cannot_read(path, std::make_error_code(std::errc::io_error));
        files.push_back({path, std::move(bytes)});
    }
    return {};
}

}  // namespace

base::Result<std::vector<DynamicFile>> read_dynamic_directory(const std::string& directory) {
    std::vector<DynamicFile> files;
    std::string root = directory;
    while (root.size() > 1 && root.ends_with('/'))
        root.pop_back();
    if (auto collected = collect(root, files); !collected) return collected.error();
    return files;
}

}  // namespace gatefile::traefik
