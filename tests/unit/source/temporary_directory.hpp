// SPDX-License-Identifier: Apache-2.0
//
// A directory of its own for each test, gone with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace gatefile::source {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "gatefile-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::string path(std::string_view below = "") const {
        return below.empty() ? path_ : path_ + '/' + std::string(below);
    }
    void write(std::string_view name, std::string_view text) const {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        std::ofstream(path(name), std::ios::binary | std::ios::trunc) << text;
    }
    void remove(std::string_view name) const { std::filesystem::remove_all(path(name)); }
    void rename(std::string_view from, std::string_view to) const {
        std::filesystem::rename(path(from), path(to));
    }
    void link(std::string_view target, std::string_view name) const {
        std::filesystem::create_symlink(target, path(name));
    }

private:
    std::string path_;
};

/// A ConfigMap in namespace default whose one value tells its versions apart.
inline std::string config_map(std::string_view name, std::string_view value = "1") {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + std::string(name) +
           "}\ndata: {v: \"" + std::string(value) + "\"}\n---\n";
}

}  // namespace gatefile::source
