// SPDX-License-Identifier: Apache-2.0
//
// A directory that Traefik watches and, with --keys files=DIR, one for the private keys that the
// configuration names. A key is there before the configuration that names it, and stays until the
// configuration that does not is out.
#pragma once

#include <optional>
#include <vector>

#include "gatefile/publish/directory.hpp"

namespace gatefile::publish {

class Output {
public:
    static base::Result<Output> open(DirectorySettings main, std::optional<DirectorySettings> keys);

    /// Whether there is something for Traefik, from now or from before.
    bool has_files() const { return main_.has_files(); }
    std::vector<File> found() const { return main_.found(); }
    std::size_t weight() const { return main_.weight(); }

    /// Reports on the watched directory.
    base::Result<PublishReport> publish(const FileSet& files, bool witnessed);

private:
    Output(DirectoryPublisher main, std::optional<DirectoryPublisher> keys)
        : main_(std::move(main)), keys_(std::move(keys)) {}

    DirectoryPublisher main_;
    std::optional<DirectoryPublisher> keys_;
};

}  // namespace gatefile::publish
