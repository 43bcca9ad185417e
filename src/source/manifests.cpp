// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/manifests.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reading.hpp"

namespace gatefile::source {

namespace {

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";

/// Which kinds of Gateway API were judged by gatefile's own definitions though others were given.
void report_missing_definitions(const api::Snapshot& snapshot,
                                const api::ReadOptions& read,
                                diag::Diagnostics& diagnostics) {
    if (read.definitions == nullptr) return;
    std::string missing;
    api::for_each_kind(snapshot, [&](std::string_view kind, const auto& objects) {
        const bool is_custom = api::schema::find_kind(gateway_group, kind) != nullptr;
        if (objects.empty() || !is_custom || read.definitions->has(gateway_group, kind)) return;
        missing += (missing.empty() ? "" : ", ") + std::string(kind);
    });
    if (missing.empty()) return;
    diagnostics.add(
        {.code = diag::Code::DefinitionMissing,
         .detail = fmt::format("--crds has no CustomResourceDefinition of {}; these are "
                               "judged by gatefile's own, of Gateway API v1.7.0",
                               missing),
         .hint = "an API server without it knows no such objects"});
}

/// Once, though the manifests may hold them, too.
void report_newer_definitions(const api::ReadOptions& read, diag::Diagnostics& diagnostics) {
    if (read.definitions == nullptr || !read.definitions->newer()) return;
    const diag::Diagnostic& newer = *read.definitions->newer();
    const bool is_told = std::ranges::any_of(
        diagnostics.items(), [&](const auto& item) { return item.code == newer.code; });
    if (!is_told) diagnostics.add(newer);
}

}  // namespace

base::Result<Manifests> read_manifests(const ManifestSettings& settings,
                                       diag::Diagnostics& diagnostics) {
    const std::vector<std::string>& own = settings.paths;
    ManifestSettings all = settings;
    all.paths.insert(all.paths.end(), settings.context_paths.begin(), settings.context_paths.end());
    const auto roots = FileReader(all, Pipes::Read).read();
    if (!roots) return roots.error();
    Manifests manifests;
    api::SnapshotBuilder builder(settings.read);
    bool in_context = false;
    diag::Diagnostics untold;
    for (const RootReading& root : *roots) {
        // Paths are read in the order in which they are named, -f before --with.
        if (!in_context && std::ranges::find(own, root.path) == own.end()) {
            in_context = true;
            builder.begin_context();
        }
        if (!report_faults(root, diagnostics)) manifests.complete = false;
        for (const auto& file : root.files) {
            for (const tree::Document& document : file->read.documents)
                builder.add(document, in_context ? untold : diagnostics);
        }
    }
    manifests.snapshot = builder.finish();
    report_missing_definitions(*manifests.snapshot, settings.read, diagnostics);
    report_newer_definitions(settings.read, diagnostics);
    return manifests;
}

base::Result<std::shared_ptr<const api::schema::Definitions>>
read_definitions(const std::string& path, bool recursive) {
    const ManifestSettings settings{
        .paths = {path}, .context_paths = {}, .recursive = recursive, .read = {}};
    const auto roots = FileReader(settings, Pipes::Read).read();
    if (!roots) return roots.error();
    std::vector<tree::Document> documents;
    for (const RootReading& root : *roots) {
        diag::Diagnostics found;
        if (!report_faults(root, found)) {
            const diag::Diagnostic& first = found.items().front();
            const diag::SourcePosition at = first.at.value_or(diag::SourcePosition{});
            const std::string where =
                at.line == 0 ? at.source : fmt::format("{}:{}:{}", at.source, at.line, at.column);
            return base::Error{base::ErrorKind::Usage, fmt::format("{}: {}", where, first.detail)}
                .within("--crds");
        }
        for (const auto& file : root.files) {
            documents.insert(
                documents.end(), file->read.documents.begin(), file->read.documents.end());
        }
    }
    auto definitions = api::schema::Definitions::read(documents);
    if (!definitions) return definitions.error().within("--crds");
    return definitions;
}

}  // namespace gatefile::source
