// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/unique_fd.hpp"

namespace gatefile::source {

namespace {

/// Far above what any cluster's manifests have; keeps a runaway writer from filling our memory.
constexpr std::size_t max_file_bytes = 512u << 20;
constexpr std::size_t max_directory_depth = 64;

std::string error_text(int error) {
    return std::generic_category().message(error);
}

/// `..data` and its kin are how kubelet swaps a mounted volume, and `.#x` is an editor's lock: the
/// files proper are seen under their own names.
bool is_skipped(std::string_view name) {
    return name.starts_with("..") || name.starts_with(".#") || name == ".";
}

Fingerprint fingerprint_of(const struct stat& status) {
    return {.device = status.st_dev,
            .inode = status.st_ino,
            .size = status.st_size,
            .modified_ns =
                std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

InputFault irregular(std::string name) {
    return {.name = std::move(name),
            .reason = "neither a regular file nor a directory",
            .hint = "pipes are read where -f names them itself, and not by the agent, which "
                    "follows files and directories"};
}

base::Result<std::vector<std::string>> names_in(const std::string& directory) {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
    if (!stream) return base::Error{base::ErrorKind::Io, error_text(errno)};
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = readdir(stream.get())) {
        if (!is_skipped(entry->d_name)) names.emplace_back(entry->d_name);
        errno = 0;
    }
    if (errno != 0) return base::Error{base::ErrorKind::Io, error_text(errno)};
    std::sort(names.begin(), names.end());
    return names;
}

class Walk {
public:
    Walk(Listing& listing, bool recursive) : listing_(listing), recursive_(recursive) {}

    /// False when the directory itself cannot be listed.
    bool directory(const std::string& path, const struct stat& status, std::size_t depth) {
        // A link back up, or to a directory that was read under another name.
        if (!visited_.emplace(status.st_dev, status.st_ino).second) return true;
        if (depth > max_directory_depth) {
            listing_.faults.push_back({.name = path,
                                       .reason = fmt::format("directories are nested more than {} "
                                                             "deep",
                                                             max_directory_depth),
                                       .hint = "",
                                       .is_directory = true});
            return false;
        }
        const auto names = names_in(path);
        if (!names) {
            listing_.faults.push_back(
                {.name = path, .reason = names.error().text, .hint = "", .is_directory = true});
            return false;
        }
        const std::string prefix = path.ends_with('/') ? path : path + '/';
        for (const std::string& name : *names)
            entry(prefix + name, depth);
        return true;
    }

private:
    void entry(const std::string& path, std::size_t depth) {
        const bool named = has_manifest_extension(path);
        if (!named && !recursive_) return;
        struct stat status {};
        if (stat(path.c_str(), &status) != 0) {
            const int error = errno;
            if (named) listing_.faults.push_back({.name = path, .reason = error_text(error)});
        } else if (S_ISDIR(status.st_mode)) {
            if (recursive_) directory(path, status, depth + 1);
        } else if (named && S_ISREG(status.st_mode)) {
            listing_.files.push_back({.name = path, .fingerprint = fingerprint_of(status)});
        } else if (named) {
            listing_.faults.push_back(irregular(path));
        }
    }

    Listing& listing_;
    bool recursive_;
    std::set<std::pair<dev_t, ino_t>> visited_;
};

base::Result<std::string> read_all(int fd, std::size_t expected) {
    std::string bytes;
    bytes.resize(std::min(expected, max_file_bytes) + 1);
    std::size_t size = 0;
    for (;;) {
        if (size == bytes.size()) bytes.resize(bytes.size() + std::max<std::size_t>(size, 65536));
        const ssize_t got = read(fd, bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return base::Error{base::ErrorKind::Io, error_text(errno)};
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
        if (size > max_file_bytes) {
            return base::Error{base::ErrorKind::Io,
                               fmt::format("larger than {} MiB", max_file_bytes >> 20)};
        }
    }
    bytes.resize(size);
    return bytes;
}

std::string hint_for_missing(std::string_view path) {
    const bool is_url = path.starts_with("http://") || path.starts_with("https://");
    return is_url ? "URLs are not fetched; fetch it yourself and pass it with -f -" : "";
}

}  // namespace

bool has_manifest_extension(std::string_view name) {
    if (name == ".gatefile.yaml" || name.ends_with("/.gatefile.yaml")) return false;
    return name.ends_with(".json") || name.ends_with(".yaml") || name.ends_with(".yml");
}

Listing list_manifests(const std::string& path, bool recursive) {
    Listing listing;
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        const int error = errno;
        listing.available = false;
        listing.faults.push_back(
            {.name = path, .reason = error_text(error), .hint = hint_for_missing(path)});
    } else if (S_ISDIR(status.st_mode)) {
        listing.is_directory = true;
        listing.available = Walk(listing, recursive).directory(path, status, 0);
    } else if (S_ISREG(status.st_mode)) {
        listing.files.push_back({.name = path, .fingerprint = fingerprint_of(status)});
    } else {
        listing.available = false;
        listing.faults.push_back(irregular(path));
    }
    return listing;
}

base::Result<std::string> read_file(const std::string& name) {
    // Not blocking, because the name may have become a FIFO since it was listed.
    const base::UniqueFd fd(open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd) return base::Error{base::ErrorKind::Io, error_text(errno)};
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) return base::Error{base::ErrorKind::Io, error_text(errno)};
    if (!S_ISREG(status.st_mode)) {
        return base::Error{base::ErrorKind::Io, irregular(name).reason};
    }
    return read_all(fd.get(), static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)));
}

bool is_pipe(const std::string& name) {
    struct stat status {};
    return stat(name.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

base::Result<std::string> read_pipe(const std::string& name) {
    const base::UniqueFd fd(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd) return base::Error{base::ErrorKind::Io, error_text(errno)};
    return read_all(fd.get(), 65536);
}

base::Result<std::string> read_standard_input() {
    return read_all(STDIN_FILENO, 65536);
}

}  // namespace gatefile::source
