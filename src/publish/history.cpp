// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/history.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/publish/beside.hpp"
#include "generations_folder.hpp"
#include "posix.hpp"
#include "record.hpp"
#include "layout.hpp"

namespace gatefile::publish {

namespace {

constexpr const char* folder_name = "generations";
constexpr std::string_view meta_suffix = ".meta";
constexpr std::size_t always_kept = 2;

std::string folder_path(const std::string& directory) {
    return fmt::format("{}/{}/{}", directory, stage_name, folder_name);
}

/// No descriptor where there is none.
base::UniqueFd open_folder(const std::string& directory) {
    return base::UniqueFd(
        ::open(folder_path(directory).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// A second name for a published file; a copy where the file system has no such thing.
base::Result<void>
keep_file(int folder, const std::string& directory, std::uint64_t number, const File& file) {
    const std::string name = kept_name(number, file.name);
    const std::string source = directory + "/" + file.name;
    ::unlinkat(folder, name.c_str(), 0);
    if (::linkat(AT_FDCWD, source.c_str(), folder, name.c_str(), 0) == 0) return {};
    return write_file(folder, name, file.bytes, {0600, {}}, Durable::No);
}

std::vector<KeptFile> kept_files(const std::vector<File>& files, const FileHashes& known) {
    std::vector<KeptFile> kept;
    for (const File& file : files) {
        const auto hash = known.find(file.name);
        kept.push_back(
            {file.name, hash != known.end() ? hash->second : base::sha256_hex(file.bytes)});
    }
    return kept;
}

base::Result<std::vector<File>>
read_kept(const std::string& directory, std::uint64_t number, const std::vector<KeptFile>& wanted) {
    std::vector<File> files;
    if (wanted.empty()) return files;
    const base::UniqueFd folder = open_folder(directory);
    if (!folder) return os_error("opening", folder_path(directory));
    for (const KeptFile& file : wanted) {
        auto bytes = read_file(folder.get(), kept_name(number, file.name));
        if (!bytes) return bytes.error();
        if (!*bytes || base::sha256_hex(**bytes) != file.sha256) {
            return base::Error{base::ErrorKind::Io,
                               fmt::format("generation {} is damaged: {} is not what was published",
                                           number,
                                           file.name)};
        }
        files.push_back({file.name, std::move(**bytes)});
    }
    return files;
}

void drop_files(const std::string& directory,
                std::uint64_t number,
                const std::vector<KeptFile>& files) {
    const base::UniqueFd folder = open_folder(directory);
    if (!folder) return;
    ::unlinkat(folder.get(), meta_name(number).c_str(), 0);
    ::unlinkat(folder.get(), loaded_name(number).c_str(), 0);
    ::unlinkat(folder.get(), backends_name(number).c_str(), 0);
    for (const KeptFile& file : files)
        ::unlinkat(folder.get(), kept_name(number, file.name).c_str(), 0);
}

Generation generation_of(const FileSet& files, const FileHashes& hashes, base::Timestamp at) {
    Generation made{.id = files.generation,
                    .at = at,
                    .weight = files.weight,
                    .files = kept_files(files.files, hashes),
                    .keys = kept_files(files.keys, {}),
                    .backends = hash_of_backends(files.backends)};
    for (const File& file : files.files)
        made.bytes += file.bytes.size();
    return made;
}

}  // namespace

std::string meta_name(std::uint64_t number) {
    return fmt::format("{}{}", number, meta_suffix);
}

std::string loaded_name(std::uint64_t number) {
    return fmt::format("{}.loaded", number);
}

std::string backends_name(std::uint64_t number) {
    return fmt::format("{}.backends", number);
}

std::string kept_name(std::uint64_t number, const std::string& name) {
    return fmt::format("{}.{}.kept", number, name);
}

base::Result<base::UniqueFd> make_folder(const std::string& directory) {
    const std::string path = directory + "/" + stage_name;
    const auto whole = make_directory(directory);
    if (!whole) return whole.error();
    auto stage = open_subdirectory(whole->get(), stage_name);
    if (!stage) return stage;
    auto folder = open_subdirectory(stage->get(), folder_name);
    if (!folder) return folder;
    struct stat about {};
    if (::fstat(stage->get(), &about) != 0) return os_error("reading", path);
    const FileRights rights{about.st_mode & 07777, about.st_gid};
    if (auto given = give_rights(folder->get(), folder_name, rights); !given) return given.error();
    return folder;
}

History::History(HistorySettings settings)
    : settings_(std::move(settings)) {
    if (auto found = list_generations(settings_.directory)) kept_ = std::move(*found);
}

base::Result<void> History::store(const Generation& made, const FileSet& files) const {
    const auto folder = make_folder(settings_.directory);
    if (!folder) return folder.error();
    for (const File& file : files.files) {
        auto kept = keep_file(folder->get(), settings_.directory, made.number, file);
        if (!kept) return kept;
    }
    if (settings_.keys && !files.keys.empty()) {
        const auto beside_keys = make_folder(*settings_.keys);
        if (!beside_keys) return beside_keys.error();
        for (const File& key : files.keys) {
            auto kept = keep_file(beside_keys->get(), *settings_.keys, made.number, key);
            if (!kept) return kept;
        }
    }
    if (!files.backends.empty()) {
        auto kept = write_file(folder->get(),
                               backends_name(made.number),
                               files.backends,
                               {0600, {}},
                               Durable::No);
        if (!kept) return kept;
    }
    return write_file(
        folder->get(), meta_name(made.number), write_generation(made), {0600, {}}, Durable::No);
}

base::Result<void>
History::keep(const FileSet& files, const FileHashes& hashes, base::Timestamp at) {
    if (settings_.count == 0 || files.files.empty()) return {};
    Generation made = generation_of(files, hashes, at);
    made.number = kept_.empty() ? 1 : kept_.back().number + 1;
    if (auto stored = store(made, files); !stored) return stored;
    std::erase_if(kept_, [&](const Generation& old) {
        const bool same = old.id == made.id;
        if (same) drop(old);
        return same;
    });
    kept_.push_back(std::move(made));
    drop_surplus();
    return {};
}

base::Result<void> History::replace(std::string_view id,
                                    const FileSet& files,
                                    const FileHashes& hashes,
                                    base::Timestamp at) {
    const auto old = std::ranges::find(kept_, id, &Generation::id);
    if (old == kept_.end()) return {};
    Generation made = generation_of(files, hashes, at);
    made.number = old->number;
    const bool is_loaded = old->loaded && old->id == made.id;
    drop(*old);
    if (auto stored = store(made, files); !stored) {
        drop(made);
        kept_.erase(old);
        return stored;
    }
    *old = std::move(made);
    if (is_loaded) mark_loaded(old->id);
    return {};
}

void History::drop_surplus() {
    std::size_t bytes = 0;
    for (const Generation& one : kept_)
        bytes += one.bytes;
    while (kept_.size() > settings_.count ||
           (bytes > settings_.max_bytes && kept_.size() > always_kept)) {
        bytes -= kept_.front().bytes;
        drop(kept_.front());
        kept_.erase(kept_.begin());
    }
}

void History::drop(const Generation& generation) const {
    drop_files(settings_.directory, generation.number, generation.files);
    if (settings_.keys) drop_files(*settings_.keys, generation.number, generation.keys);
}

void History::mark_loaded(std::string_view id) {
    for (Generation& one : kept_) {
        if (one.id != id || one.loaded) continue;
        one.loaded = true;
        const base::UniqueFd folder = open_folder(settings_.directory);
        if (!folder) return;
        const base::UniqueFd mark(::openat(folder.get(),
                                           loaded_name(one.number).c_str(),
                                           O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                                           0600));
    }
}

bool History::drop_all_but(std::string_view id) {
    return std::erase_if(kept_, [&](const Generation& one) {
               if (one.id == id) return false;
               drop(one);
               return true;
           }) > 0;
}

base::Result<FileSet> History::read(const Generation& generation) const {
    auto files = read_kept(settings_.directory, generation.number, generation.files);
    if (!files) return files.error();
    FileSet set{.files = std::move(*files),
                .keys = {},
                .weight = generation.weight,
                .generation = generation.id,
                .pairs = {},
                .refused = {},
                .backends = backends(generation)};
    if (!generation.keys.empty() && !settings_.keys) {
        return base::Error{base::ErrorKind::Refused,
                           "it has its keys in files, and --keys does not say where they go"};
    }
    if (settings_.keys) {
        auto keys = read_kept(*settings_.keys, generation.number, generation.keys);
        if (!keys) return keys.error();
        set.keys = std::move(*keys);
    }
    return set;
}

std::string History::backends(const Generation& generation) const {
    const base::UniqueFd folder = open_folder(settings_.directory);
    if (!folder || generation.backends.empty()) return {};
    auto text = read_file(folder.get(), backends_name(generation.number));
    const bool is_whole = text && *text && hash_of_backends(**text) == generation.backends;
    return is_whole ? std::move(**text) : std::string();
}

base::Result<std::vector<Generation>> list_generations(const std::string& directory) {
    std::vector<Generation> found;
    const base::UniqueFd folder = open_folder(directory);
    if (!folder && errno != ENOENT) return os_error("opening", folder_path(directory));
    if (!folder) return found;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(::dup(folder.get())), ::closedir);
    if (!listing) return found;
    std::set<std::string> names;
    while (const dirent* entry = ::readdir(listing.get()))
        names.insert(entry->d_name);
    for (const std::string& name : names) {
        if (!name.ends_with(meta_suffix)) continue;
        const auto text = read_file(folder.get(), name);
        if (!text) return text.error();
        if (!*text) continue;
        auto generation = parse_generation(**text);
        if (!generation || meta_name(generation->number) != name) continue;
        generation->loaded = names.contains(loaded_name(generation->number));
        found.push_back(std::move(*generation));
    }
    std::ranges::sort(found, {}, &Generation::number);
    return found;
}

namespace {

bool are_there(const std::string& path, const std::vector<KeptFile>& files) {
    const base::UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return directory && std::ranges::all_of(files, [&](const KeptFile& file) {
        const auto bytes = read_file(directory.get(), file.name);
        return bytes && *bytes && base::sha256_hex(**bytes) == file.sha256;
    });
}

}  // namespace

const Generation* current_generation(const std::string& directory,
                                     const std::vector<Generation>& all) {
    const base::UniqueFd stage(::open((directory + "/" + stage_name).c_str(),
                                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!stage) return nullptr;
    const auto text = read_file(stage.get(), record_file);
    const auto record = text && *text ? parse_record(**text) : std::nullopt;
    if (!record) return nullptr;
    std::vector<const Generation*> candidates;
    for (const Generation& one : all) {
        const bool may_be = record->files.size() == one.files.size() &&
                            std::ranges::all_of(one.files, [&](const KeptFile& file) {
                                const auto at = record->files.find(file.name);
                                return at != record->files.end() &&
                                       at->second.contains(file.sha256);
                            });
        if (may_be) candidates.push_back(&one);
    }
    if (candidates.size() < 2) return candidates.empty() ? nullptr : candidates.front();
    // The record has what was there before, too.
    const auto current = std::ranges::find_if(candidates, [&](const Generation* one) {
        return are_there(directory, one->files);
    });
    return current != candidates.end() ? *current : candidates.back();
}

base::Result<bool> is_locked(const std::string& directory) {
    const std::string path = path_beside(directory, lock_file);
    const base::UniqueFd lock(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!lock && errno != ENOENT) return os_error("opening", path);
    return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

base::Result<std::vector<File>> read_generation(const std::string& directory,
                                                const Generation& generation) {
    return read_kept(directory, generation.number, generation.files);
}

}  // namespace gatefile::publish
