// SPDX-License-Identifier: Apache-2.0
//
// --state-dir: the last good output in a directory that outlives the one that Traefik watches, with
// keys, so 0700 where it is made here, closed to others in any case, and its files 0600. Replaced as
// a whole: what a crash leaves behind is the one before.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/publish/file_set.hpp"

namespace gatefile::publish {

class LastGood {
public:
    /// Makes the directory if it is missing and takes its lock. Errors: Io when it cannot be used,
    /// or everybody may enter it; Refused when another gatefile keeps something there. `at_once`:
    /// who only looks at the lock for a moment is not waited for either.
    static base::Result<LastGood> open(const std::string& directory, bool at_once = false);
    LastGood(LastGood&&) noexcept;
    LastGood& operator=(LastGood&&) noexcept;
    ~LastGood();

    /// Nothing where nothing was kept yet; an Error when it is damaged.
    base::Result<std::optional<FileSet>> read() const;
    /// What to publish instead for the time being; nothing where there is no such thing.
    base::Result<std::optional<FileSet>> read_substitute() const;
    /// `substitute` may be null.
    base::Result<void> write(const FileSet& files, const FileSet* substitute, base::Timestamp at);

    const std::string& directory() const;

private:
    struct State;
    explicit LastGood(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::publish
