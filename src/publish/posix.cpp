// SPDX-License-Identifier: Apache-2.0
#include "posix.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::publish {

base::Error os_error(std::string_view doing, std::string_view name) {
    const int code = errno;
    std::string reason(256, '\0');
    reason = ::strerror_r(code, reason.data(), reason.size());
    return {base::ErrorKind::Io, fmt::format("{} {}: {}", doing, name, reason.c_str())};
}

base::Result<base::UniqueFd> make_directory(const std::string& path) {
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string parent = path.substr(0, slash);
        if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST)
            return os_error("making", parent);
    }
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return os_error("making", path);
    base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return os_error("opening", path);
    return fd;
}

base::Result<base::UniqueFd> open_subdirectory(int directory, const char* name) {
    if (::mkdirat(directory, name, 0700) != 0 && errno != EEXIST) return os_error("making", name);
    base::UniqueFd fd(::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return os_error("opening", name);
    return fd;
}

base::Result<void> give_rights(int fd, std::string_view name, const FileRights& rights) {
    struct stat about {};
    if (::fstat(fd, &about) != 0) return os_error("reading", name);
    if (rights.group && about.st_gid != *rights.group &&
        ::fchown(fd, static_cast<uid_t>(-1), *rights.group) != 0) {
        return os_error("giving to the group", name);
    }
    if ((about.st_mode & 07777) != rights.mode && ::fchmod(fd, rights.mode) != 0) {
        return os_error("setting the mode of", name);
    }
    return {};
}

base::Result<std::optional<std::string>> read_file(int directory, const std::string& name) {
    // O_NONBLOCK: opening a FIFO that somebody put there must not wait for a writer.
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    base::UniqueFd fd(::openat(directory, name.c_str(), flags));
    if (!fd && errno == ENOENT) return std::optional<std::string>();
    if (!fd) return os_error("opening", name);
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0) return os_error("reading", name);
    if (!S_ISREG(about.st_mode)) {
        return base::Error{base::ErrorKind::Io, fmt::format("{} is not a regular file", name)};
    }
    std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t count = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("reading", name);
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    bytes.resize(have);
    return std::optional<std::string>(std::move(bytes));
}

namespace {

base::Result<void> write_all(int fd, std::string_view bytes, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("writing", name);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

base::Result<void> write_file(int directory,
                              const std::string& name,
                              std::string_view bytes,
                              const FileRights& rights,
                              Durable durable) {
    if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT) {
        return os_error("removing", name);
    }
    // Created closed to everybody else; the wanted rights come before the first byte.
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    base::UniqueFd fd(::openat(directory, name.c_str(), flags, 0600));
    if (!fd) return os_error("creating", name);
    const auto give_up = [&](base::Error error) {
        ::unlinkat(directory, name.c_str(), 0);
        return error;
    };
    if (auto given = give_rights(fd.get(), name, rights); !given) return give_up(given.error());
    if (const auto written = write_all(fd.get(), bytes, name); !written) {
        return give_up(written.error());
    }
    if (durable == Durable::Yes && ::fsync(fd.get()) != 0)
        return give_up(os_error("syncing", name));
    return {};
}

base::Result<void>
rename_into(int from, const std::string& name, int to, const std::string& target) {
    if (::renameat(from, name.c_str(), to, target.c_str()) != 0) {
        return os_error(fmt::format("renaming {} to", name), target);
    }
    return {};
}

base::Result<void> sync_directory(int directory) {
    // Some file systems cannot sync a directory and say EINVAL; the rename is as durable as it
    // gets.
    if (::fsync(directory) != 0 && errno != EINVAL) return os_error("syncing", "the directory");
    return {};
}

bool take_lock(int fd, int attempts) {
    using namespace std::chrono_literals;
    for (int attempt = 1; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++attempt) {
        if (attempt >= attempts) return false;
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

base::Result<gid_t> find_group(const std::string& name_or_number) {
    if (const auto number = base::parse_int(name_or_number); number && *number >= 0) {
        return static_cast<gid_t>(*number);
    }
    std::vector<char> buffer(16384);
    struct group entry {};
    struct group* found = nullptr;
    ::getgrnam_r(name_or_number.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        return base::Error{
            base::ErrorKind::Usage,
            fmt::format("no group is called {}", base::quote_for_message(name_or_number))};
    }
    return found->gr_gid;
}

}  // namespace gatefile::publish
