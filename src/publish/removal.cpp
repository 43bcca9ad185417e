// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/removal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/unique_fd.hpp"
#include "layout.hpp"
#include "posix.hpp"
#include "record.hpp"

namespace gatefile::publish {

namespace {

/// Nothing where there is no such directory; a link is none.
base::Result<std::optional<base::UniqueFd>> open_existing(int parent, const std::string& name) {
    base::UniqueFd fd(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno == ENOENT) return std::optional<base::UniqueFd>();
    if (!fd) return os_error("opening", name);
    return std::optional<base::UniqueFd>(std::move(fd));
}

base::Result<std::set<std::string>> names_in(int directory, const std::string& path) {
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
    if (!stream) return os_error("reading", path);
    std::set<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string name(entry->d_name);
        if (name != "." && name != "..") names.insert(name);
    }
    return names;
}

class Remover {
public:
    explicit Remover(const RemovalSettings& settings)
        : settings_(settings), path_(settings.directory) {
        while (path_.size() > 1 && path_.ends_with('/'))
            path_.pop_back();
    }

    base::Result<RemovalReport> run_for_state() {
        base::UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!directory && errno == ENOENT) return std::move(report_);
        if (!directory) return os_error("opening", path_);
        if (auto locked = take_lock(directory.get(), at(lock_file)); !locked)
            return locked.error();
        auto opened = open_existing(directory.get(), stage_name);
        if (!opened) return opened.error();
        if (*opened) {
            if (auto done = remove_kept((*opened)->get()); !done) return done.error();
            if (auto done = remove_stage(directory.get(), (*opened)->get()); !done)
                return done.error();
        }
        if (auto done = remove_stored(directory.get()); !done) return done.error();
        return std::move(report_);
    }

    base::Result<RemovalReport> run() {
        base::UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!directory && errno == ENOENT) return std::move(report_);
        if (!directory) return os_error("opening", path_);
        auto opened = open_existing(directory.get(), stage_name);
        if (!opened) return opened.error();
        if (!*opened) return std::move(report_);
        const base::UniqueFd stage = std::move(**opened);
        if (auto locked = take_lock(stage.get(), in_stage(lock_file)); !locked)
            return locked.error();
        if (auto done = remove_files(directory.get(), stage.get()); !done) return done.error();
        if (auto done = remove_kept(stage.get()); !done) return done.error();
        if (auto done = remove_stage(directory.get(), stage.get()); !done) return done.error();
        if (settings_.plan_only) return std::move(report_);
        if (auto synced = sync_directory(directory.get()); !synced) return synced.error();
        return std::move(report_);
    }

private:
    std::string at(std::string_view name) const { return fmt::format("{}/{}", path_, name); }
    std::string in_stage(std::string_view name) const {
        return fmt::format("{}/{}/{}", path_, stage_name, name);
    }

    base::Result<void> take_lock(int directory, const std::string& path) {
        lock_ = base::UniqueFd(::openat(directory, lock_file, O_RDWR | O_NOFOLLOW | O_CLOEXEC));
        if (!lock_ && errno == ENOENT) return {};
        if (!lock_) return os_error("opening", path);
        if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0 || settings_.force) return {};
        return base::Error{base::ErrorKind::Refused,
                           fmt::format("a gatefile publishes to {}; stop it first", path_)};
    }

    /// A file that is not there any more is nothing to tell of.
    base::Result<void> remove(int parent, const std::string& name, std::string path, int how = 0) {
        if (!settings_.plan_only && ::unlinkat(parent, name.c_str(), how) != 0) {
            if (errno == ENOENT) return {};
            return os_error("removing", path);
        }
        report_.removed.push_back(std::move(path));
        return {};
    }

    base::Result<void> remove_files(int directory, int stage) {
        auto text = read_file(stage, record_file);
        if (!text) return text.error();
        if (!*text) return {};
        const std::optional<Record> record = parse_record(**text);
        if (!record) {
            keeps_record_ = true;
            leave(in_stage(record_file),
                  "it is damaged, so which files are ours is not known; "
                  "remove it and them by hand");
            return {};
        }
        for (const auto& [name, hashes] : record->files) {
            auto present = read_file(directory, name);
            if (present && !*present) continue;
            if (!present) {
                leave(at(name), present.error().text);
            } else if (!hashes.contains(base::sha256_hex(**present))) {
                leave(at(name), "it was edited after gatefile wrote it");
            } else if (auto done = remove(directory, name, at(name)); !done) {
                return done;
            }
        }
        if (!settings_.plan_only) wake(stage);
        return {};
    }

    /// Traefik, where our plugin runs there, looks again.
    static void wake(int stage) {
        const base::UniqueFd fifo(
            ::openat(stage, wake_fifo, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
        if (fifo) [[maybe_unused]]
            const ssize_t ignored = ::write(fifo.get(), "\n", 1);
    }

    base::Result<void> remove_kept(int stage) {
        auto names = names_in(stage, at(stage_name));
        if (!names) return names.error();
        for (const std::string& name : *names) {
            if (name == lock_file || name == record_file) continue;
            if (std::ranges::find(kept_names, name) == kept_names.end()) {
                leave(in_stage(name), "gatefile keeps no file of this name");
            } else if (auto done = remove_tree(stage, name, in_stage(name)); !done) {
                return done;
            }
        }
        return {};
    }

    /// A lock alone may be anybody's.
    base::Result<void> remove_stored(int directory) {
        auto names = names_in(directory, path_);
        if (!names) return names.error();
        bool is_ours = false;
        for (const std::string& name : *names) {
            if (std::ranges::find(state_names, name) != state_names.end()) {
                is_ours = true;
            } else if (!name.ends_with(stored_suffix)) {
                continue;
            } else {
                auto bytes = read_file(directory, name);
                if (!bytes || !*bytes) continue;
                if (base::sha256_hex(**bytes) + std::string(stored_suffix) != name) {
                    leave(at(name), "it is not what its name says");
                    continue;
                }
            }
            if (auto done = remove(directory, name, at(name)); !done) return done;
        }
        if (!is_ours || !names->contains(lock_file)) return {};
        return remove(directory, lock_file, at(lock_file));
    }

    /// A file, or a directory of files.
    base::Result<void> remove_tree(int parent, const std::string& name, const std::string& path) {
        struct stat about {};
        if (::fstatat(parent, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) return {};
        if (!S_ISDIR(about.st_mode)) return remove(parent, name, path);
        auto opened = open_existing(parent, name);
        if (!opened) return opened.error();
        if (!*opened) return {};
        auto names = names_in((*opened)->get(), path);
        if (!names) return names.error();
        for (const std::string& inner : *names) {
            if (auto done = remove_tree((*opened)->get(), inner, path + "/" + inner); !done) {
                return done;
            }
        }
        return remove(parent, name, path, AT_REMOVEDIR);
    }

    /// The record after all that it names, the lock after everything: another process that wants to
    /// publish is kept out until then.
    base::Result<void> remove_stage(int directory, int stage) {
        for (const char* name : {record_file, lock_file}) {
            if (name == record_file && keeps_record_) continue;
            struct stat about {};
            if (::fstatat(stage, name, &about, AT_SYMLINK_NOFOLLOW) != 0) continue;
            if (auto done = remove(stage, name, in_stage(name)); !done) return done;
        }
        const bool keeps_something =
            keeps_record_ ||
            std::ranges::any_of(report_.left, [&](const RemovalReport::Left& left) {
                return left.path.starts_with(in_stage(""));
            });
        if (keeps_something) return {};
        return remove(directory, stage_name, at(stage_name), AT_REMOVEDIR);
    }

    void leave(std::string path, std::string why) {
        report_.left.push_back({std::move(path), std::move(why)});
    }

    const RemovalSettings& settings_;
    std::string path_;
    base::UniqueFd lock_;
    bool keeps_record_ = false;
    RemovalReport report_;
};

}  // namespace

base::Result<RemovalReport> remove_published(const RemovalSettings& settings) {
    return Remover(settings).run();
}

base::Result<RemovalReport> remove_state(const RemovalSettings& settings) {
    return Remover(settings).run_for_state();
}

}  // namespace gatefile::publish
