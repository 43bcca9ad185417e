// SPDX-License-Identifier: Apache-2.0
#include "watcher.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace gatefile::agent {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;

bool is_manifest(const fs::path& path) {
    const std::string extension = path.extension().string();
    return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

/// The neighbour of a link whose changes are the link's: where it leads, or the link `..data` by
/// which a kubelet replaces all at once. Empty: it leads elsewhere.
std::string neighbour_of(const fs::path& link) {
    std::error_code error;
    const fs::path target = fs::read_symlink(link, error);
    if (error || target.is_absolute() || target.empty()) return {};
    const std::string first = target.begin()->string();
    const bool is_plain = std::distance(target.begin(), target.end()) == 1 && first != "..";
    return is_plain || first == "..data" ? first : std::string();
}

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

/// Directories below, where they are read, and links out of what is watched.
void Watcher::watch_entries(const std::string& directory, std::vector<std::string>& failed) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
        const bool is_directory = entry.is_directory(error);
        if (is_directory && !recursive_) continue;
        const std::string path = entry.path().string();
        if (entry.is_symlink(error)) {
            const bool is_read = is_directory || is_manifest(entry.path());
            if (is_read && neighbour_of(entry.path()).empty()) failed.push_back(path);
        } else if (is_directory) {
            if (!watch(path)) failed.push_back(path);
            watch_entries(path, failed);
        }
    }
}

/// The links on the way to a path that was named: each can be made to lead elsewhere.
bool Watcher::watch_links(const std::string& path) {
    std::error_code error;
    bool watched = true;
    fs::path here;
    for (const fs::path& part : fs::path(path)) {
        here /= part;
        if (!fs::is_symlink(here, error)) continue;
        const std::string parent = here.parent_path().string();
        const std::string neighbour = neighbour_of(here);
        watched = watch_name(parent, here.filename().string()) && watched;
        if (!neighbour.empty()) watched = watch_name(parent, neighbour) && watched;
    }
    return watched;
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
        if (!watch_name(named.parent_path().string(), named.filename().string()) ||
            !watch_links(named.string())) {
            failed.push_back(path);
        }
        if (is_directory) {
            if (!watch(here.string())) failed.push_back(path);
            watch_entries(here.string(), failed);
        } else if (fs::is_symlink(named, error) && neighbour_of(named).empty()) {
            failed.push_back(path);
        }
    }
    std::ranges::sort(failed);
    const auto twice = std::ranges::unique(failed);
    failed.erase(twice.begin(), twice.end());
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
