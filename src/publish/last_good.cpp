// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/last_good.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/unique_fd.hpp"
#include "gatefile/publish/history.hpp"
#include "posix.hpp"
#include "layout.hpp"

namespace gatefile::publish {

namespace {

constexpr const char* meta_file = "output";
constexpr const char* meta_staged = "output.tmp";
constexpr std::string_view suffix = ".kept";
/// The output and its substitute are in one file, so that one goes with the other.
constexpr std::string_view between = "\n\n";

/// By what is in it: nothing that the last good output has is written over.
std::string stored_name(const std::string& sha256) {
    return sha256 + std::string(suffix);
}

/// A directory that somebody else made may be another's, with more in it: it keeps its rights. A
/// group is the choice of whoever made it: our files are closed to it.
base::Result<void> refuse_open(int fd, const std::string& directory) {
    struct stat about {};
    if (::fstat(fd, &about) != 0) return os_error("reading", directory);
    if ((about.st_mode & 0007) == 0) return {};
    return base::Error{base::ErrorKind::Io,
                       fmt::format("it is open to all (mode {:04o}), and keys would come into it: "
                                   "`chmod o= {}`, or let the agent make it",
                                   about.st_mode & 07777,
                                   directory)};
}

}  // namespace

struct LastGood::State {
    std::string path;
    base::UniqueFd directory;
    base::UniqueFd lock;

    base::Result<std::vector<File>> read(const std::vector<KeptFile>& wanted) const;
    base::Result<std::optional<FileSet>> read_part(std::size_t index) const;
    base::Result<void> store(const std::vector<File>& files, std::vector<KeptFile>& kept) const;
    base::Result<Generation> store(const FileSet& files, base::Timestamp at) const;
    void clean(const std::vector<Generation>& current) const;
};

LastGood::LastGood(std::unique_ptr<State> state) : state_(std::move(state)) {}
LastGood::LastGood(LastGood&&) noexcept = default;
LastGood& LastGood::operator=(LastGood&&) noexcept = default;
LastGood::~LastGood() = default;

const std::string& LastGood::directory() const {
    return state_->path;
}

base::Result<LastGood> LastGood::open(const std::string& directory, bool at_once) {
    auto state = std::make_unique<State>();
    state->path = directory;
    const auto failed = [&](const base::Error& error) {
        return error.within("--state-dir " + directory);
    };
    struct stat about {};
    const bool is_new = ::stat(directory.c_str(), &about) != 0 && errno == ENOENT;
    auto opened = make_directory(directory);
    if (!opened) return failed(opened.error());
    state->directory = std::move(*opened);
    // Keys come into it.
    if (is_new) {
        if (auto closed = give_rights(state->directory.get(), directory, {0700, {}}); !closed)
            return failed(closed.error());
    } else if (auto closed = refuse_open(state->directory.get(), directory); !closed) {
        return failed(closed.error());
    }
    state->lock = base::UniqueFd(::openat(
        state->directory.get(), lock_file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!state->lock) return failed(os_error("opening", lock_file));
    if (!take_lock(state->lock.get(), at_once ? 1 : 10)) {
        return failed({base::ErrorKind::Refused,
                       "another gatefile keeps its output there; one directory per instance"});
    }
    return LastGood(std::move(state));
}

base::Result<std::vector<File>> LastGood::State::read(const std::vector<KeptFile>& wanted) const {
    std::vector<File> files;
    for (const KeptFile& file : wanted) {
        auto bytes = read_file(directory.get(), stored_name(file.sha256));
        if (!bytes) return bytes.error();
        if (!*bytes || base::sha256_hex(**bytes) != file.sha256) {
            return base::Error{base::ErrorKind::Io,
                               fmt::format("{} is not what was kept", file.name)};
        }
        files.push_back({file.name, std::move(**bytes)});
    }
    return files;
}

/// The output, or (1) its substitute.
base::Result<std::optional<FileSet>> LastGood::State::read_part(std::size_t index) const {
    const auto failed = [&](const base::Error& error) {
        return error.within("reading the last good output from " + path);
    };
    const auto text = read_file(directory.get(), meta_file);
    if (!text) return failed(text.error());
    if (!*text) return std::optional<FileSet>();
    std::string_view part(**text);
    const std::size_t end = part.find(between);
    if (index == 1) {
        if (end == part.npos) return std::optional<FileSet>();
        part.remove_prefix(end + between.size());
    } else if (end != part.npos) {
        part = part.substr(0, end + 1);
    }
    const auto kept = parse_generation(part);
    if (!kept) return failed({base::ErrorKind::Io, fmt::format("{} is damaged", meta_file)});
    auto files = read(kept->files);
    if (!files) return failed(files.error());
    auto keys = read(kept->keys);
    if (!keys) return failed(keys.error());
    return std::optional(FileSet{std::move(*files), std::move(*keys), kept->weight, kept->id});
}

base::Result<std::optional<FileSet>> LastGood::read() const {
    return state_->read_part(0);
}

base::Result<std::optional<FileSet>> LastGood::read_substitute() const {
    return state_->read_part(1);
}

base::Result<void> LastGood::State::store(const std::vector<File>& files,
                                          std::vector<KeptFile>& kept) const {
    for (const File& file : files) {
        kept.push_back({file.name, base::sha256_hex(file.bytes)});
        const std::string name = stored_name(kept.back().sha256);
        const auto present = read_file(directory.get(), name);
        if (present && *present && **present == file.bytes) continue;
        auto written = write_file(directory.get(), name, file.bytes, {0600, {}});
        if (!written) return written;
    }
    return {};
}

base::Result<Generation> LastGood::State::store(const FileSet& files, base::Timestamp at) const {
    Generation kept{.id = files.generation, .at = at, .weight = files.weight};
    for (const File& file : files.files)
        kept.bytes += file.bytes.size();
    if (auto stored = store(files.files, kept.files); !stored) return stored.error();
    if (auto stored = store(files.keys, kept.keys); !stored) return stored.error();
    return kept;
}

/// What only older outputs had.
void LastGood::State::clean(const std::vector<Generation>& current) const {
    std::set<std::string> wanted;
    for (const Generation& generation : current) {
        for (const auto* files : {&generation.files, &generation.keys}) {
            for (const KeptFile& file : *files)
                wanted.insert(stored_name(file.sha256));
        }
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path.c_str()), ::closedir);
    if (!listing) return;
    std::vector<std::string> surplus;
    while (const dirent* entry = ::readdir(listing.get())) {
        const std::string name = entry->d_name;
        if (name.ends_with(suffix) && !wanted.contains(name)) surplus.push_back(name);
    }
    for (const std::string& name : surplus)
        ::unlinkat(directory.get(), name.c_str(), 0);
}

base::Result<void>
LastGood::write(const FileSet& files, const FileSet* substitute, base::Timestamp at) {
    const auto failed = [&](const base::Error& error) {
        return error.within("keeping the last good output in " + state_->path);
    };
    std::vector<Generation> kept;
    std::string text;
    for (const FileSet* set : {&files, substitute}) {
        if (set == nullptr) continue;
        auto stored = state_->store(*set, at);
        if (!stored) return failed(stored.error());
        if (!text.empty()) text += '\n';
        text += write_generation(*stored);
        kept.push_back(std::move(*stored));
    }
    const int directory = state_->directory.get();
    auto written = write_file(directory, meta_staged, text, {0600, {}});
    if (!written) return failed(written.error());
    if (auto renamed = rename_into(directory, meta_staged, directory, meta_file); !renamed)
        return failed(renamed.error());
    if (auto synced = sync_directory(directory); !synced) return failed(synced.error());
    state_->clean(kept);
    return {};
}

}  // namespace gatefile::publish
