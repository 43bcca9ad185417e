// SPDX-License-Identifier: Apache-2.0
#include "watcher.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace gatefile::agent {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;

}  // namespace

Watcher::Watcher(std::vector<std::string> paths, bool recursive)
    : paths_(std::move(paths)), recursive_(recursive),
      fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

bool Watcher::watch(const std::string& directory) {
    // Adding a watch again is free: the kernel knows the inode.
    const int id = ::inotify_add_watch(fd_.get(), directory.c_str(), changes | IN_ONLYDIR);
    if (id >= 0) whole_.insert(id);
    return id >= 0;
}

bool Watcher::watch_name(const std::string& directory, const std::string& name) {
    const int id = ::inotify_add_watch(fd_.get(), directory.c_str(), changes | IN_ONLYDIR);
    if (id >= 0) by_name_[id].insert(name);
    return id >= 0;
}

void Watcher::watch_below(const std::string& directory, std::vector<std::string>& failed) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
        if (!entry.is_directory(error) || entry.is_symlink(error)) continue;
        const std::string path = entry.path().string();
        if (!watch(path)) failed.push_back(path);
        watch_below(path, failed);
    }
}

std::vector<std::string> Watcher::refresh() {
    std::vector<std::string> failed;
    for (const std::string& path : paths_) {
        if (path == "-") continue;
        std::error_code error;
        const fs::path here = fs::absolute(path, error).lexically_normal();
        const bool is_directory = fs::is_directory(here, error);
        // The parent tells that a file, or the directory itself, was replaced.
        const fs::path named = here.has_filename() ? here : here.parent_path();
        if (!watch_name(named.parent_path().string(), named.filename().string())) {
            failed.push_back(path);
        }
        if (!is_directory) continue;
        if (!watch(here.string())) failed.push_back(path);
        if (recursive_) watch_below(here.string(), failed);
    }
    return failed;
}

bool Watcher::concerns(int watch, const char* name) const {
    if (watch < 0 || whole_.contains(watch)) return true;  // -1: the queue overflowed
    const auto found = by_name_.find(watch);
    return found == by_name_.end() || found->second.contains(name);
}

bool Watcher::drain() {
    alignas(inotify_event) std::array<char, 16384> buffer{};
    bool any = false;
    while (true) {
        const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return any;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* name = event.len > 0 ? buffer.data() + at + sizeof event : "";
            any = any || concerns(event.wd, name);
            at += sizeof event + event.len;
        }
    }
}

}  // namespace gatefile::agent
