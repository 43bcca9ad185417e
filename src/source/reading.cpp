// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::source {

namespace {

/// How often a path is read again when it changed meanwhile: kubelet swaps all files of a volume in
/// one step, and a reading must not hold some from before and some from after it.
constexpr int max_tries = 3;

diag::Diagnostic unreadable(const InputFault& fault) {
    return {.code = diag::Code::InputUnreadable,
            .detail = fmt::format(
                "{} cannot be read: {}", base::quote_for_message(fault.name, 4096), fault.reason),
            .hint = fault.hint,
            .at = diag::SourcePosition{.source = fault.name}};
}

}  // namespace

std::shared_ptr<const ParsedFile> FileReader::parse(const std::string& name,
                                                    std::string_view bytes) const {
    std::string digest = base::sha256_hex(bytes);
    const auto before = cache_.find(name);
    if (before != cache_.end() && before->second->digest == digest) return before->second;
    return std::make_shared<const ParsedFile>(
        ParsedFile{.name = name,
                   .digest = std::move(digest),
                   .read = tree::read(bytes, std::make_shared<const std::string>(name))});
}

void FileReader::read_files(RootReading& root, const Listing& listing, Parsed& parsed) {
    for (const ListedFile& file : listing.files) {
        const std::pair identity(file.fingerprint.device, file.fingerprint.inode);
        if (seen_.contains(identity)) continue;
        const auto bytes = read_file(file.name);
        if (!bytes) {
            root.faults.push_back({.name = file.name, .reason = bytes.error().text});
            continue;
        }
        seen_.insert(identity);
        if (settings_.seen) settings_.seen(file.name, *bytes);
        auto text = parse(file.name, *bytes);
        parsed[file.name] = text;
        root.files.push_back(std::move(text));
    }
}

RootReading FileReader::read_root(const std::string& path, Parsed& parsed) {
    const auto seen_before = seen_;
    Listing listing = list_manifests(path, settings_.recursive);
    for (int attempt = 1;; ++attempt) {
        RootReading root{.path = path,
                         .is_directory = listing.is_directory,
                         .available = listing.available,
                         .listed = listing.files.size(),
                         .faults = listing.faults};
        read_files(root, listing, parsed);
        Listing after = list_manifests(path, settings_.recursive);
        root.settled = after == listing;
        if (root.settled || attempt == max_tries) return root;
        listing = std::move(after);
        seen_ = seen_before;
    }
}

base::Result<RootReading> FileReader::read_stdin() {
    if (!stdin_) {
        const auto bytes = read_standard_input();
        if (!bytes) return bytes.error().within("reading standard input");
        if (settings_.seen) settings_.seen("-", *bytes);
        stdin_ = parse("-", *bytes);
    }
    return RootReading{.path = "-", .listed = 1, .files = {stdin_}};
}

RootReading FileReader::read_named_pipe(const std::string& path) const {
    const auto bytes = read_pipe(path);
    if (!bytes) {
        return RootReading{.path = path,
                           .available = false,
                           .faults = {{.name = path, .reason = bytes.error().text}}};
    }
    if (settings_.seen) settings_.seen(path, *bytes);
    return RootReading{.path = path, .listed = 1, .files = {parse(path, *bytes)}};
}

base::Result<std::vector<RootReading>> FileReader::read() {
    std::vector<RootReading> roots;
    Parsed parsed;
    std::set<std::string> paths;
    seen_.clear();
    for (const std::string& path : settings_.paths) {
        if (!paths.insert(path).second) continue;
        if (path != "-") {
            const bool is_stream = pipes_ == Pipes::Read && is_pipe(path);
            roots.push_back(is_stream ? read_named_pipe(path) : read_root(path, parsed));
            continue;
        }
        auto root = read_stdin();
        if (!root) return root.error();
        roots.push_back(std::move(*root));
    }
    cache_ = std::move(parsed);
    return roots;
}

bool report_faults(const RootReading& root, diag::Diagnostics& diagnostics) {
    bool clean = root.faults.empty();
    for (const InputFault& fault : root.faults)
        diagnostics.add(unreadable(fault));
    if (root.is_directory && root.listed == 0 && root.faults.empty()) {
        clean = false;
        diagnostics.add({.code = diag::Code::InputUnreadable,
                         .detail = fmt::format("there is no manifest in {}: recognized file "
                                               "extensions are [.json .yaml .yml]",
                                               base::quote_for_message(root.path, 4096)),
                         .hint = "use -R to read the directories below it too",
                         .at = diag::SourcePosition{.source = root.path}});
    }
    for (const auto& file : root.files) {
        for (const tree::Fault& fault : file->read.faults) {
            clean = false;
            diagnostics.add({.code = diag::Code::InputSyntax,
                             .detail = fault.text,
                             .at = diag::SourcePosition{.source = file->name,
                                                        .line = fault.position.line,
                                                        .column = fault.position.column}});
        }
    }
    return clean;
}

}  // namespace gatefile::source
