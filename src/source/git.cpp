// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/git.hpp"

#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "exec_process.hpp"
#include "files.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"
#include "reading.hpp"

namespace gatefile::source {
namespace {

/// As of a file on disk, for all that a path holds.
constexpr std::size_t max_bytes = 512u << 20;

struct Blob {
    std::string id;
    std::string name;  ///< below the directory
};

base::Result<std::string>
git(const std::string& directory, std::vector<std::string> arguments, std::string input = "") {
    arguments.insert(arguments.begin(), {"-C", directory});
    return run_program({.command = "git",
                        .arguments = std::move(arguments),
                        .environment = {},
                        .input = std::move(input),
                        .max_output = max_bytes});
}

/// "100644 blob ID\tNAME" up to each NUL. Symbolic links and submodules have other modes.
std::vector<Blob> blobs_in(std::string_view listing) {
    std::vector<Blob> blobs;
    for (const std::string_view line : base::split(listing, '\0')) {
        const std::size_t tab = line.find('\t');
        if (tab == std::string_view::npos || !line.starts_with("100")) continue;
        const auto words = base::split(line.substr(0, tab), ' ');
        if (words.size() == 3)
            blobs.push_back({std::string(words[2]), std::string(line.substr(tab + 1))});
    }
    return blobs;
}

/// A path as the nearest directory above it that exists, and the rest.
std::pair<std::string, std::string> existing_part(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    fs::path directory = fs::path(path).lexically_normal();
    if (!directory.has_filename()) directory = directory.parent_path();
    fs::path rest;
    while (!directory.empty() && !fs::is_directory(directory, ignored)) {
        rest = rest.empty() ? directory.filename() : directory.filename() / rest;
        directory = directory.parent_path();
    }
    return {directory.empty() ? "." : directory.string(), rest.string()};
}

class Revision {
public:
    Revision(const ManifestSettings& settings, const std::string& revision)
        : settings_(settings), revision_(revision) {}

    /// The files that a path stands for, named as they will be in messages, and their bytes.
    base::Result<std::vector<std::pair<std::string, std::string>>> read(const std::string& path) {
        const auto [directory, rest] = existing_part(path);
        auto commit =
            git(directory,
                {"rev-parse", "--verify", "--quiet", "--end-of-options", revision_ + "^{commit}"});
        if (!commit && commit.error().kind != base::ErrorKind::Refused) return commit.error();
        if (!commit) {
            return base::Error{base::ErrorKind::Usage,
                               fmt::format("{} is no revision of a git repository at {}",
                                           base::quote_for_message(revision_),
                                           base::quote_for_message(directory, 4096))};
        }
        auto blobs = list(directory, std::string(base::trim(*commit)), rest);
        if (!blobs) return blobs.error();
        return contents(path, directory, rest, *blobs);
    }

private:
    base::Result<std::vector<Blob>>
    list(const std::string& directory, const std::string& commit, const std::string& rest) {
        std::vector<std::string> arguments = {"ls-tree", "-z", commit};
        if (!rest.empty()) {
            arguments.insert(arguments.end(), {"--", rest});
            auto file = git(directory, arguments);
            if (!file) return file.error();
            // A file that was named is read whatever its name ends in.
            if (auto blobs = blobs_in(*file); !blobs.empty()) return blobs;
            arguments.back() += '/';
        }
        if (settings_.recursive) arguments.insert(arguments.begin() + 1, "-r");
        auto listing = git(directory, arguments);
        if (!listing) return listing.error();
        auto blobs = blobs_in(*listing);
        std::erase_if(blobs, [](const Blob& blob) { return !has_manifest_extension(blob.name); });
        return blobs;
    }

    /// "ID blob SIZE\n" before the bytes of each and "\n" behind them.
    base::Result<std::vector<std::pair<std::string, std::string>>>
    contents(const std::string& path,
             const std::string& directory,
             const std::string& rest,
             const std::vector<Blob>& blobs) {
        std::vector<std::pair<std::string, std::string>> files;
        if (blobs.empty()) return files;
        std::string wanted;
        for (const Blob& blob : blobs)
            wanted += blob.id + '\n';
        auto output = git(directory, {"cat-file", "--batch"}, wanted);
        if (!output) return output.error();
        std::string_view left = *output;
        for (const Blob& blob : blobs) {
            const std::size_t end = left.find('\n');
            const std::string_view head = left.substr(0, end);
            const auto size = base::parse_int(head.substr(head.rfind(' ') + 1));
            if (end == std::string_view::npos || !size || *size < 0 ||
                left.size() - end < static_cast<std::size_t>(*size) + 2) {
                return base::Error{base::ErrorKind::Refused,
                                   "git cat-file --batch: an object is missing"};
            }
            const auto length = static_cast<std::size_t>(*size);
            files.emplace_back(name_of(path, rest, blob), left.substr(end + 1, length));
            left.remove_prefix(end + length + 2);
        }
        return files;
    }

    std::string name_of(const std::string& path, const std::string& rest, const Blob& blob) const {
        // What git lists is below the directory that exists, as `rest` is.
        const std::string_view below = std::string_view(blob.name).substr(
            rest.empty() || blob.name == rest ? 0 : rest.size() + 1);
        if (!rest.empty() && blob.name == rest) return fmt::format("{}:{}", revision_, path);
        return fmt::format("{}:{}{}{}", revision_, path, path.ends_with('/') ? "" : "/", below);
    }

    const ManifestSettings& settings_;
    const std::string& revision_;
};

/// Whether all of it could be read. What stands beside the manifests has no revision.
base::Result<bool> add_context(const ManifestSettings& settings,
                               api::SnapshotBuilder& builder,
                               diag::Diagnostics& diagnostics) {
    ManifestSettings context = settings;
    context.paths = settings.context_paths;
    const auto roots = FileReader(std::move(context), Pipes::Read).read();
    if (!roots) return roots.error();
    builder.begin_context();
    bool complete = true;
    diag::Diagnostics untold;
    for (const RootReading& root : *roots) {
        complete = report_faults(root, diagnostics) && complete;
        for (const auto& file : root.files) {
            for (const tree::Document& document : file->read.documents)
                builder.add(document, untold);
        }
    }
    return complete;
}

}  // namespace

base::Result<Manifests> read_revision(const ManifestSettings& settings,
                                      const std::string& revision,
                                      diag::Diagnostics& diagnostics) {
    Manifests manifests;
    api::SnapshotBuilder builder(settings.read);
    std::set<std::string> seen;
    for (const std::string& path : settings.paths) {
        auto files = Revision(settings, revision).read(path);
        if (!files) return files.error();
        for (const auto& [name, bytes] : *files) {
            if (!seen.insert(name).second) continue;
            const auto read = tree::read(bytes, std::make_shared<const std::string>(name));
            for (const tree::Document& document : read.documents)
                builder.add(document, diagnostics);
            for (const tree::Fault& fault : read.faults) {
                manifests.complete = false;
                diagnostics.add({.code = diag::Code::InputSyntax,
                                 .detail = fault.text,
                                 .at = diag::SourcePosition{.source = name,
                                                            .line = fault.position.line,
                                                            .column = fault.position.column}});
            }
        }
    }
    if (!settings.context_paths.empty()) {
        const auto complete = add_context(settings, builder, diagnostics);
        if (!complete) return complete.error();
        manifests.complete = manifests.complete && *complete;
    }
    manifests.snapshot = builder.finish();
    return manifests;
}

}  // namespace gatefile::source
