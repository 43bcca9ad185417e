// SPDX-License-Identifier: Apache-2.0
#include "credentials.hpp"

#include <algorithm>
#include <utility>

namespace gatefile::agent {

namespace {

constexpr std::chrono::seconds look_again_after{5};

}  // namespace

Credentials::Credentials(source::Access& access, std::string cluster, const Log& log)
    : access_(access), cluster_(std::move(cluster)), log_(log) {}

bool Credentials::turn(Clock::time_point now) {
    if (are_there()) {
        const auto at = access_.due();
        if (at && *at <= now) {
            // What is wrong then is told with the next call.
            [[maybe_unused]] const auto renewed = access_.refresh(now);
        }
        return true;
    }
    if (now < look_again_) return false;
    const auto read = access_.refresh(now);
    look_again_ = now + look_again_after;
    if (const auto at = access_.due()) look_again_ = std::min(look_again_, *at);
    note(read ? "" : read.error().text);
    return are_there();
}

std::optional<Credentials::Clock::time_point> Credentials::due() const {
    return are_there() ? access_.due() : look_again_;
}

void Credentials::note(std::string fault) {
    const bool is_news = fault != fault_;
    fault_ = std::move(fault);
    if (!is_news) return;
    if (fault_.empty()) {
        log_.write(LogLevel::Info, "credentials are there", {{"cluster", cluster_}});
        return;
    }
    log_.write(LogLevel::Warn,
               "credentials not read; they are looked for again",
               {{"cluster", cluster_}, {"error", fault_}});
}

}  // namespace gatefile::agent
