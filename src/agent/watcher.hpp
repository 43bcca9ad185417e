// SPDX-License-Identifier: Apache-2.0
//
// Tells that something below the given paths changed, by inotify. Directories are watched, never
// files: editors and kubelets replace files by renames. What a link leads to is not watched.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gatefile/base/unique_fd.hpp"

namespace gatefile::agent {

class Watcher {
public:
    Watcher(std::vector<std::string> paths, bool recursive);

    /// Readable when something changed; -1 when there is no inotify.
    int fd() const { return fd_.get(); }

    /// Watches what exists now; to be called before each reading, so that nothing that happens
    /// after it is missed. The paths that cannot be watched (a limit, a missing parent, a link that
    /// leads elsewhere), sorted.
    std::vector<std::string> refresh();

    /// Takes the pending events; false when none of them concerns the paths.
    bool drain();

private:
    bool watch(const std::string& directory);
    bool watch_name(const std::string& directory, const std::string& name);
    void watch_entries(const std::string& directory, std::vector<std::string>& failed);
    bool watch_links(const std::string& path);
    bool concerns(int watch, const char* name) const;

    std::vector<std::string> paths_;
    bool recursive_;
    base::UniqueFd fd_;
    std::set<int> whole_;                           ///< watches of which every event counts
    std::map<int, std::set<std::string>> by_name_;  ///< others: only these names do
};

}  // namespace gatefile::agent
