// SPDX-License-Identifier: Apache-2.0
//
// One line on standard error that says what long work is at, for people at a terminal.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

namespace gatefile::cli {

/// Shows what is being done while it lives; nothing in the first half second of the program's work,
/// nothing where standard error is no terminal or a dumb one.
class Progress {
public:
    /// "reading manifests", "files": what add() counts
    explicit Progress(std::string doing, std::string unit = "");
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void add() { count_.fetch_add(1, std::memory_order_relaxed); }

private:
    void show();

    std::string doing_;
    std::string unit_;
    std::atomic<std::size_t> count_ = 0;
    std::mutex mutex_;
    std::condition_variable ending_;
    bool ended_ = false;
    std::thread thread_;
};

/// Makes room for other output on the terminal.
void clear_progress();

}  // namespace gatefile::cli
