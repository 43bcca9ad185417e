// SPDX-License-Identifier: Apache-2.0
#include "diff_dynamic.hpp"

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

namespace fs = std::filesystem;

base::Result<std::vector<std::string>> names_of(const std::string& path) {
    std::error_code failed;
    if (!fs::is_directory(path, failed)) return std::vector<std::string>{path};
    std::vector<std::string> names;
    auto at = fs::recursive_directory_iterator(path, failed);
    for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
        const std::string extension = at->path().extension().string();
        const bool wanted = extension == ".yml" || extension == ".yaml" || extension == ".json" ||
                            extension == ".toml";
        if (wanted && at->is_regular_file(failed)) names.push_back(at->path().string());
    }
    if (failed) {
        return base::Error{base::ErrorKind::Io,
                           fmt::format("reading {}: {}", path, failed.message())};
    }
    std::ranges::sort(names);
    return names;
}

base::Result<std::vector<traefik::PublishedFile>> files_of(const std::string& path) {
    const auto names = names_of(path);
    if (!names) return names.error();
    std::vector<traefik::PublishedFile> files;
    for (const std::string& name : *names) {
        auto bytes = read_whole_file(name);
        if (!bytes) return bytes.error();
        files.push_back({name, std::move(*bytes)});
    }
    return files;
}

std::string predicate(const traefik::PartChange& change) {
    constexpr std::size_t shown = 8;
    switch (change.fate) {
    case traefik::PartFate::Removed:
        return "is gone";
    case traefik::PartFate::Added:
        return "is new";
    case traefik::PartFate::Changed:
        break;
    }
    const std::size_t count = std::min(shown, change.fields.size());
    std::string text = "has " + base::join(std::span(change.fields).first(count), "; ");
    if (change.fields.size() > shown)
        text += fmt::format("; and {} more", change.fields.size() - shown);
    return text;
}

diag::Code code_of(traefik::PartFate fate) {
    switch (fate) {
    case traefik::PartFate::Removed:
        return diag::Code::DiffDynamicRemoved;
    case traefik::PartFate::Added:
        return diag::Code::DiffDynamicAdded;
    case traefik::PartFate::Changed:
        break;
    }
    return diag::Code::DiffDynamicChanged;
}

std::optional<analysis::Place> place(const diag::SourcePosition& at) {
    if (at.source.empty()) return std::nullopt;
    return analysis::Place{.object = {}, .path = {}, .listener = "", .at = at};
}

}  // namespace

base::Result<std::vector<analysis::Difference>> diff_published(const std::string& before,
                                                               const std::string& after) {
    const auto old_files = files_of(before);
    if (!old_files) return old_files.error();
    const auto new_files = files_of(after);
    if (!new_files) return new_files.error();
    return diff_files(*old_files, *new_files);
}

base::Result<std::vector<analysis::Difference>>
diff_files(const std::vector<traefik::PublishedFile>& before,
           const std::vector<traefik::PublishedFile>& after) {
    const auto changes = traefik::diff_dynamic(before, after);
    if (!changes) return changes.error();
    std::vector<analysis::Difference> differences;
    for (const traefik::PartChange& change : *changes) {
        differences.push_back({.code = code_of(change.fate),
                               .subjects = {base::quote_for_message(change.part, 300)},
                               .now = predicate(change),
                               .was = "",
                               .before = place(change.before),
                               .after = place(change.after),
                               .hint = ""});
    }
    std::ranges::stable_sort(differences, {}, [](const analysis::Difference& difference) {
        return diag::info(difference.code).severity;
    });
    return differences;
}

}  // namespace gatefile::cli
