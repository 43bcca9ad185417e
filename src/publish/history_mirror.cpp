// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/history_mirror.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "generations_folder.hpp"
#include "posix.hpp"

namespace gatefile::publish {

namespace {

/// One file from folder to folder, as it is.
base::Result<void> copy(int from, int to, const std::string& name) {
    const auto bytes = read_file(from, name);
    if (!bytes) return bytes.error();
    if (!*bytes) return base::Error{base::ErrorKind::Io, name + " is missing"};
    return write_file(to, name, **bytes, {0600, {}}, Durable::No);
}

base::Result<void> copy_all(int from,
                            int to,
                            const Generation& generation,
                            const std::vector<KeptFile>& files) {
    for (const KeptFile& file : files) {
        auto done = copy(from, to, kept_name(generation.number, file.name));
        if (!done) return done;
    }
    return {};
}

base::Result<void> copy_backends(int from, int to, const Generation& generation) {
    if (generation.backends.empty()) return {};
    return copy(from, to, backends_name(generation.number));
}

/// Who reads finds all of it or none: the description comes last, and goes first.
base::Result<void> describe(int to, const Generation& generation) {
    auto written = write_file(
        to, meta_name(generation.number), write_generation(generation), {0600, {}}, Durable::No);
    if (!written || !generation.loaded) return written;
    return write_file(to, loaded_name(generation.number), "", {0600, {}}, Durable::No);
}

void drop(int from, const Generation& generation) {
    ::unlinkat(from, meta_name(generation.number).c_str(), 0);
    ::unlinkat(from, loaded_name(generation.number).c_str(), 0);
    ::unlinkat(from, backends_name(generation.number).c_str(), 0);
    for (const auto* files : {&generation.files, &generation.keys}) {
        for (const KeptFile& file : *files)
            ::unlinkat(from, kept_name(generation.number, file.name).c_str(), 0);
    }
}

/// Where keys are; nothing where a generation has some and there is no such place.
base::Result<base::UniqueFd> key_folder(const HistorySettings& settings) {
    if (!settings.keys)
        return base::Error{base::ErrorKind::Refused, "--keys does not say where keys go"};
    return make_folder(*settings.keys);
}

}  // namespace

base::Result<void> mirror_generations(const HistorySettings& from, const std::string& state) {
    const auto wanted = list_generations(from.directory);
    if (!wanted) return wanted.error();
    const auto there = list_generations(state);
    if (!there) return there.error();
    if (*wanted == *there) return {};
    const auto source = make_folder(from.directory);
    if (!source) return source.error();
    const auto target = make_folder(state);
    if (!target) return target.error();
    for (const Generation& old : *there) {
        if (std::ranges::find(*wanted, old) == wanted->end()) drop(target->get(), old);
    }
    for (const Generation& one : *wanted) {
        if (std::ranges::find(*there, one) != there->end()) continue;
        auto done = copy_all(source->get(), target->get(), one, one.files);
        if (done) done = copy_backends(source->get(), target->get(), one);
        if (!done) return done;
        if (!one.keys.empty()) {
            const auto keys = key_folder(from);
            if (!keys) return keys.error();
            if (done = copy_all(keys->get(), target->get(), one, one.keys); !done) return done;
        }
        if (done = describe(target->get(), one); !done) return done;
    }
    return {};
}

base::Result<void> restore_generations(const std::string& state, const HistorySettings& to) {
    const auto there = list_generations(to.directory);
    if (!there) return there.error();
    const auto kept = list_generations(state);
    if (!kept) return kept.error();
    if (!there->empty() || kept->empty()) return {};
    const auto source = make_folder(state);
    if (!source) return source.error();
    const auto target = make_folder(to.directory);
    if (!target) return target.error();
    for (const Generation& one : *kept) {
        if (!one.keys.empty()) {
            const auto keys = key_folder(to);
            if (!keys) return keys.error();
            if (auto done = copy_all(source->get(), keys->get(), one, one.keys); !done) return done;
        }
        auto done = copy_all(source->get(), target->get(), one, one.files);
        if (done) done = copy_backends(source->get(), target->get(), one);
        if (!done) return done;
        if (done = describe(target->get(), one); !done) return done;
    }
    return {};
}

}  // namespace gatefile::publish
