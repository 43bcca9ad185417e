// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/unique_fd.hpp"
#include "layout.hpp"
#include "posix.hpp"
#include "record.hpp"

namespace gatefile::publish {

namespace {

/// A hash more than needed does no harm, and so the disk is asked once for most publications.
bool covers(const Record& record, const Record& needed) {
    return record.weight == needed.weight &&
           std::ranges::equal(record.files, needed.files, [](const auto& has, const auto& needs) {
               return has.first == needs.first && std::ranges::includes(has.second, needs.second);
           });
}

}  // namespace

struct DirectoryPublisher::State {
    DirectorySettings settings;
    FileRights rights;
    base::UniqueFd directory;
    base::UniqueFd stage;
    base::UniqueFd lock;
    /// Device and inode of the directory once all of the above is there and the record was read.
    std::optional<std::pair<dev_t, ino_t>> entered;
    Record record;  ///< as it is on the disk
    /// Of `record` those hashes that the files may have by now.
    std::map<std::string, std::set<std::string>> possible;

    base::Result<void> enter();
    base::Result<void> make_wake();
    FileRights readers(mode_t own, mode_t group, mode_t others) const;
    base::Result<void> follow_replacement();
    base::Result<void> write_own(const Record& next);
    base::Result<void> refuse_strangers(const FileSet& files) const;
    base::Result<std::vector<const File*>> changed_files(const FileSet& files) const;
    base::Result<void> replace(const File& file);
    base::Result<std::vector<std::string>> remove_stale(const FileSet& files);
    std::optional<std::string> shrinking(const FileSet& files) const;
    void wake() const;
};

DirectoryPublisher::DirectoryPublisher(std::unique_ptr<State> state) : state_(std::move(state)) {}
DirectoryPublisher::DirectoryPublisher(DirectoryPublisher&&) noexcept = default;
DirectoryPublisher& DirectoryPublisher::operator=(DirectoryPublisher&&) noexcept = default;
DirectoryPublisher::~DirectoryPublisher() = default;

bool DirectoryPublisher::has_files() const {
    return !state_->record.files.empty();
}

std::size_t DirectoryPublisher::weight() const {
    return state_->record.weight;
}

std::vector<File> DirectoryPublisher::found() const {
    std::vector<File> files;
    for (const auto& [name, hashes] : state_->record.files) {
        auto bytes = read_file(state_->directory.get(), name);
        if (!bytes || !*bytes || !hashes.contains(base::sha256_hex(**bytes))) continue;
        files.push_back({name, std::move(**bytes)});
    }
    return files;
}

/// What fails half-way is entered again, from the start: without our lock, or with a record of
/// another directory, others' files would be taken for ours.
base::Result<void> DirectoryPublisher::State::enter() {
    entered.reset();
    lock.reset();
    record = {};
    possible.clear();
    auto opened = make_directory(settings.directory);
    if (!opened) return opened.error();
    directory = std::move(*opened);
    struct stat about {};
    if (::fstat(directory.get(), &about) != 0) return os_error("reading", settings.directory);
    auto staged = open_subdirectory(directory.get(), stage_name);
    if (!staged) return staged.error();
    stage = std::move(*staged);
    if (auto opened_up = give_rights(stage.get(), stage_name, readers(0700, 0050, 0005));
        !opened_up) {
        return opened_up;
    }

    lock = base::UniqueFd(
        ::openat(stage.get(), lock_file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!lock) return os_error("opening", lock_file);
    if (!take_lock(lock.get())) {
        return base::Error{base::ErrorKind::Refused,
                           "another gatefile publishes there; one instance per directory"};
    }
    if (auto made = make_wake(); !made) return made;
    ::unlinkat(stage.get(), staged_file, 0);  // left by a crash
    auto text = read_file(stage.get(), record_file);
    if (!text) return text.error();
    record = *text ? parse_record(**text).value_or(Record{}) : Record{};
    possible = record.files;
    entered = {about.st_dev, about.st_ino};
    return {};
}

/// Whoever may read the published files may also enter our sub-directory: Traefik's file provider
/// walks into it, and one directory that it cannot read stops the whole provider.
FileRights DirectoryPublisher::State::readers(mode_t own, mode_t group, mode_t others) const {
    return {own | ((rights.mode & 0040) != 0 ? group : 0) |
                ((rights.mode & 0004) != 0 ? others : 0),
            rights.group};
}

base::Result<void> DirectoryPublisher::State::make_wake() {
    if (::mkfifoat(stage.get(), wake_fifo, 0600) != 0 && errno != EEXIST) {
        return os_error("making", wake_fifo);
    }
    base::UniqueFd fifo(
        ::openat(stage.get(), wake_fifo, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    if (!fifo) return os_error("opening", wake_fifo);
    // The reader opens it for writing as well, so that it never sees an end of file.
    return give_rights(fifo.get(), wake_fifo, readers(0600, 0060, 0006));
}

/// Somebody may put another directory in place of ours; nobody reads what we hold open then.
base::Result<void> DirectoryPublisher::State::follow_replacement() {
    struct stat about {};
    if (::stat(settings.directory.c_str(), &about) == 0 &&
        entered == std::pair(about.st_dev, about.st_ino))
        return {};
    return enter();
}

base::Result<void> DirectoryPublisher::State::write_own(const Record& next) {
    const auto written = write_file(stage.get(), staged_record, write_record(next), {0600, {}});
    if (!written) return written.error();
    if (auto renamed = rename_into(stage.get(), staged_record, stage.get(), record_file); !renamed) {
        return renamed;
    }
    record = next;
    possible = next.files;
    return {};
}

base::Result<void> DirectoryPublisher::State::refuse_strangers(const FileSet& files) const {
    for (const File& file : files.files) {
        struct stat about {};
        if (::fstatat(directory.get(), file.name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (record.files.contains(file.name)) continue;
        auto present = read_file(directory.get(), file.name);
        // Equal bytes are ours whatever the record says: it may have been lost with its volume.
        if (present && *present && **present == file.bytes) continue;
        return base::Error{
            base::ErrorKind::Refused,
            fmt::format("{} exists and was not written by gatefile; move it away", file.name)};
    }
    return {};
}

base::Result<std::vector<const File*>>
DirectoryPublisher::State::changed_files(const FileSet& files) const {
    std::vector<const File*> changed;
    for (const File& file : files.files) {
        auto present = read_file(directory.get(), file.name);
        struct stat about {};
        const bool same =
            present && *present && **present == file.bytes &&
            ::fstatat(directory.get(), file.name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
            (about.st_mode & 07777) == rights.mode &&
            (!rights.group || about.st_gid == *rights.group);
        if (!same) changed.push_back(&file);
    }
    return changed;
}

base::Result<void> DirectoryPublisher::State::replace(const File& file) {
    if (auto written = write_file(stage.get(), staged_file, file.bytes, rights); !written) {
        return written;
    }
    if (auto renamed = rename_into(stage.get(), staged_file, directory.get(), file.name);
        !renamed) {
        ::unlinkat(stage.get(), staged_file, 0);
        return renamed;
    }
    return {};
}

base::Result<std::vector<std::string>>
DirectoryPublisher::State::remove_stale(const FileSet& files) {
    std::vector<std::string> removed;
    for (const auto& [name, hashes] : record.files) {
        bool wanted = false;
        for (const File& file : files.files)
            wanted = wanted || file.name == name;
        if (wanted) continue;
        auto present = read_file(directory.get(), name);
        if (!present || !*present || !hashes.contains(base::sha256_hex(**present))) continue;
        if (::unlinkat(directory.get(), name.c_str(), 0) != 0) return os_error("removing", name);
        removed.push_back(name);
    }
    return removed;
}

/// Absence without evidence (design.md §4): everything gone, or more than half of it.
std::optional<std::string> DirectoryPublisher::State::shrinking(const FileSet& files) const {
    if (record.weight == 0 || files.weight * 2 >= record.weight) return std::nullopt;
    return fmt::format("{} rules would remain of {}", files.weight, record.weight);
}

void DirectoryPublisher::State::wake() const {
    // Nobody waits on it unless Traefik runs our provider plugin; then opening fails and that is
    // fine.
    base::UniqueFd fifo(
        ::openat(stage.get(), wake_fifo, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    if (fifo) [[maybe_unused]]
        const ssize_t ignored = ::write(fifo.get(), "\n", 1);
}

base::Result<DirectoryPublisher> DirectoryPublisher::open(DirectorySettings settings) {
    auto state = std::make_unique<State>();
    state->settings = std::move(settings);
    state->rights.mode = state->settings.file_mode;
    if (state->settings.file_group) {
        const auto group = find_group(*state->settings.file_group);
        if (!group) return group.error();
        state->rights.group = *group;
    }
    if (auto entered = state->enter(); !entered) {
        return entered.error().within("publishing to " + state->settings.directory);
    }
    return DirectoryPublisher(std::move(state));
}

base::Result<PublishReport>
DirectoryPublisher::publish(const FileSet& files, bool witnessed, Stale stale) {
    State& state = *state_;
    const auto failed = [&](const base::Error& error) {
        return error.within("publishing to " + state.settings.directory);
    };
    if (auto followed = state.follow_replacement(); !followed) return failed(followed.error());
    if (auto own = state.refuse_strangers(files); !own) return failed(own.error());

    PublishReport report;
    if (!witnessed && !state.settings.allow_shrink) {
        if (auto reason = state.shrinking(files)) {
            report.held = true;
            report.held_reason = *reason;
            return report;
        }
    }
    auto changed = state.changed_files(files);
    if (!changed) return failed(changed.error());

    Record next{files.weight, {}};
    for (const File& file : files.files) {
        const std::string& hash = report.hashes[file.name] = base::sha256_hex(file.bytes);
        next.files[file.name] = {hash};
    }
    Record during{state.record.weight, state.possible};
    for (const auto& [name, hashes] : next.files) {
        during.files[name].insert(hashes.begin(), hashes.end());
    }
    for (const File* file : *changed) {
        if (!state.settings.verify) continue;
        if (auto sound = state.settings.verify(*file); !sound) return failed(sound.error());
    }
    if (!changed->empty()) {
        if (auto noted = state.write_own(during); !noted) return failed(noted.error());
    }
    for (const File* file : *changed) {
        if (auto replaced = state.replace(*file); !replaced) return failed(replaced.error());
        report.written.push_back(file->name);
    }
    if (stale == Stale::Keep) {
        for (const auto& [name, hashes] : state.record.files)
            next.files.emplace(name, hashes);
    } else {
        auto removed = state.remove_stale(files);
        if (!removed) return failed(removed.error());
        report.removed = std::move(*removed);
    }
    report.changed = !report.written.empty() || !report.removed.empty();
    if (report.changed) {
        // Who polls sees it at once, too: nobody has to wait for the disk.
        state.wake();
        if (auto synced = sync_directory(state.directory.get()); !synced)
            return failed(synced.error());
    }
    if (!covers(state.record, next)) {
        if (auto noted = state.write_own(next); !noted) return failed(noted.error());
    }
    state.possible = std::move(next.files);
    return report;
}

namespace {

base::Result<void>
replace_in(int directory, const std::string& name, std::string_view bytes, mode_t mode = 0644) {
    const std::string staged = "." + name + ".tmp";
    if (auto written = write_file(directory, staged, bytes, {mode, {}}); !written) return written;
    return rename_into(directory, staged, directory, name);
}

}  // namespace

base::Result<std::string> kept_beside(const std::string& directory,
                                      const std::string& name,
                                      const std::function<bool(const std::string&)>& usable,
                                      const std::function<base::Result<std::string>()>& make) {
    const auto watched = make_directory(directory);
    if (!watched) return watched.error();
    const auto stage = open_subdirectory(watched->get(), stage_name);
    if (!stage) return stage.error();
    auto kept = read_file(stage->get(), name);
    if (!kept) return kept.error();
    if (*kept && usable(**kept)) return std::move(**kept);
    auto made = make();
    if (!made) return made;
    if (auto written = replace_in(stage->get(), name, *made, 0600); !written)
        return written.error();
    return made;
}

base::Result<void> replace_file(const std::string& path, std::string_view bytes) {
    const std::size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const base::UniqueFd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return os_error("opening", parent);
    return replace_in(
        directory.get(), path.substr(slash == std::string::npos ? 0 : slash + 1), bytes);
}

base::Result<void>
write_new_file(const std::string& directory, const std::string& name, std::string_view bytes) {
    const auto opened = make_directory(directory);
    if (!opened) return opened.error();
    return replace_in(opened->get(), name, bytes);
}

}  // namespace gatefile::publish
