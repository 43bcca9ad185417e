// SPDX-License-Identifier: Apache-2.0
#include "status_retries.hpp"

#include <algorithm>

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{2000};
constexpr milliseconds longest_pause{60000};
constexpr unsigned most_doublings = 5;

/// Whether the API server got as far as to judge who we are and what we may.
bool tells_of_rights(int status) {
    return status != 0 && status != 401 && status != 429 && status < 500;
}

}  // namespace

bool StatusRetries::waits(const diag::ObjectRef& object) {
    const auto found = refused_.find(group_of(object));
    if (found == refused_.end()) return false;
    if (found->second.tried == object) return failed_[object].at.has_value();
    found->second.others.insert(object);
    return true;
}

StatusRetries::Objects StatusRetries::answered(const diag::ObjectRef& object,
                                               const source::ApiAnswer& answer,
                                               Clock::time_point now,
                                               double random) {
    if (answer.ok() || answer.status == 404) return done(object);
    milliseconds at_least{0};
    if (answer.retry_after) {
        at_least = std::min<milliseconds>(*answer.retry_after, longest_pause);
        quiet_until_ = std::max(quiet_until_, now + at_least);
    }
    put_off(object, at_least, now, random);
    if (answer.status == 403) {
        refuse(object);
        return {};
    }
    return tells_of_rights(answer.status) ? let_go(object) : Objects();
}

StatusRetries::Objects StatusRetries::done(const diag::ObjectRef& object) {
    forget(object);
    return let_go(object);
}

std::optional<StatusRetries::Clock::time_point> StatusRetries::due() const {
    if (by_time_.empty()) return std::nullopt;
    return std::max(by_time_.begin()->first, quiet_until_);
}

StatusRetries::Objects StatusRetries::take(Clock::time_point now) {
    Objects taken;
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        diag::ObjectRef object = std::move(by_time_.extract(by_time_.begin()).value().second);
        failed_[object].at.reset();
        taken.insert(std::move(object));
    }
    return taken;
}

void StatusRetries::put_off(const diag::ObjectRef& object,
                            milliseconds at_least,
                            Clock::time_point now,
                            double random) {
    Failed& failed = failed_[object];
    if (failed.at) by_time_.erase({*failed.at, object});
    const auto grown =
        std::min(longest_pause, first_pause * (1 << std::min(failed.times, most_doublings)));
    const auto pause = std::chrono::duration<double, std::milli>(grown) * (0.5 + random / 2);
    ++failed.times;
    failed.at = now + std::max(at_least, std::chrono::duration_cast<milliseconds>(pause));
    by_time_.emplace(*failed.at, object);
}

void StatusRetries::forget(const diag::ObjectRef& object) {
    const auto found = failed_.find(object);
    if (found == failed_.end()) return;
    if (found->second.at) by_time_.erase({*found->second.at, object});
    failed_.erase(found);
}

void StatusRetries::refuse(const diag::ObjectRef& object) {
    const auto [refused, is_first] = refused_.try_emplace(group_of(object), Refused{object, {}});
    if (is_first || refused->second.tried == object) return;
    // It was under way when the first one was refused.
    forget(object);
    refused->second.others.insert(object);
}

StatusRetries::Objects StatusRetries::let_go(const diag::ObjectRef& object) {
    const auto found = refused_.find(group_of(object));
    if (found == refused_.end()) return {};
    Objects others = std::move(found->second.others);
    refused_.erase(found);
    return others;
}

}  // namespace gatefile::agent
