// SPDX-License-Identifier: Apache-2.0
//
// Manifests on disk or standard input to a Snapshot, with kubectl's habits: -f FILE|DIR|-, files
// named .json .yaml .yml inside directories, lexical order, not recursive unless asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/schema.hpp"
#include "gatefile/api/snapshot.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::source {

struct ManifestSettings {
    std::vector<std::string> paths;  ///< as given with -f; "-" is standard input
    /// --with: context, read after the others; nothing is said about its objects.
    std::vector<std::string> context_paths;
    bool recursive = false;
    api::ReadOptions read;
    /// Told of the bytes of each file that was read, and of "-"; may be empty.
    std::function<void(const std::string& name, std::string_view bytes)> seen = {};
};

struct Manifests {
    std::shared_ptr<const api::Snapshot> snapshot;
    /// True when everything named could be read and parsed, so that what is missing was removed.
    bool complete = true;
};

/// The CustomResourceDefinitions in a file or directory. An Error (kind Usage) says what cannot be
/// read or understood, with file and line.
base::Result<std::shared_ptr<const api::schema::Definitions>>
read_definitions(const std::string& path, bool recursive);

/// A path that was named and cannot be read is a diagnostic (input-unreadable) and makes the
/// reading incomplete; only a failing standard input is an Error.
base::Result<Manifests> read_manifests(const ManifestSettings& settings,
                                       diag::Diagnostics& diagnostics);

/// Follows manifests for the agent: like read_manifests, but with what an API server would have
/// kept. An object stays as it was last read, with a warning (kept-last-good),
/// - when its new text was refused;
/// - while a file that held it, or that it may have moved to, cannot be read or parsed;
/// - while a path named with -f is missing, unreadable or, unlike before, without any manifest.
/// It goes when its file was removed or rewritten without it while all that could be read.
class ManifestFollower {
public:
    explicit ManifestFollower(ManifestSettings settings);
    ~ManifestFollower();

    struct Reading {
        std::shared_ptr<const api::Snapshot> snapshot;
        /// Every object that is gone was seen to go. False until one reading was whole (what went
        /// before the start, nobody saw), and while a path named with -f is missing or empty.
        bool deletions_witnessed = true;
        bool complete = true;  ///< everything named could be read and parsed
    };
    /// Only a failing standard input is an Error. Standard input is read once.
    base::Result<Reading> read(diag::Diagnostics& diagnostics);

    /// For the end of a grace period: the next reading believes that a directory without manifests
    /// is meant to be empty, and that what no reading has shown yet does not exist. Paths that are
    /// missing or unreadable keep their objects all the same.
    void accept_absence();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::source
