// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace gatefile::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::milliseconds(500);
constexpr auto interval = std::chrono::milliseconds(100);

/// The line on the terminal, of which there is one.
std::mutex line_mutex;
bool line_shown = false;

void write_line(std::string_view text) {
    const std::scoped_lock lock(line_mutex);
    if (text.empty() && !line_shown) return;
    // Erased to its end, so that a shorter line leaves nothing of a longer one.
    std::fputs(fmt::format("\r{}\x1b[K", text).c_str(), stderr);
    std::fflush(stderr);
    line_shown = !text.empty();
}

bool is_wanted() {
    const char* terminal = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && *terminal != '\0' &&
           std::string_view(terminal) != "dumb";
}

}  // namespace

Progress::Progress(std::string doing, std::string unit)
    : doing_(std::move(doing)), unit_(std::move(unit)) {
    static const auto began = Clock::now();
    if (!is_wanted()) return;
    thread_ = std::thread([this] {
        std::unique_lock lock(mutex_);
        for (auto next = began + patience;
             !ending_.wait_until(lock, next, [this] { return ended_; });
             next = Clock::now() + interval)
            show();
    });
}

Progress::~Progress() {
    if (!thread_.joinable()) return;
    {
        const std::scoped_lock lock(mutex_);
        ended_ = true;
    }
    ending_.notify_all();
    thread_.join();
    clear_progress();
}

void Progress::show() {
    const std::size_t count = count_.load(std::memory_order_relaxed);
    write_line(count == 0 ? fmt::format("gatefile: {}", doing_)
                          : fmt::format("gatefile: {}: {} {}", doing_, count, unit_));
}

void clear_progress() {
    write_line("");
}

}  // namespace gatefile::cli
