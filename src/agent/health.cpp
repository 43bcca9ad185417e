// SPDX-License-Identifier: Apache-2.0
#include "health.hpp"

#include <utility>

#include <fmt/format.h>

namespace gatefile::agent {

namespace {

constexpr std::array all_checks{Check::Synced, Check::Published, Check::Loaded};

std::string_view name_of(Check check) {
    switch (check) {
    case Check::Synced:
        return "synced";
    case Check::Published:
        return "published";
    case Check::Loaded:
        return "loaded";
    }
    return "";
}

std::size_t index_of(Check check) {
    return static_cast<std::size_t>(check);
}

std::string print_check(std::string_view name, bool ok, std::string_view reason) {
    return ok ? fmt::format("[+]{} ok\n", name) : fmt::format("[-]{} failed: {}\n", name, reason);
}

/// As the API server has it: "ok" alone, and the list when it was asked for or something fails.
Verdict conclude(std::string_view path, bool ok, bool verbose, const std::string& list) {
    if (ok && !verbose) return {true, "ok"};
    return {ok, fmt::format("{}{} check {}\n", list, path, ok ? "passed" : "failed")};
}

}  // namespace

Health::Health(bool proves, Clock::time_point now)
    : proves_(proves), ticked_(now.time_since_epoch().count()) {
    checks_[index_of(Check::Synced)].reason = "not every kind has been listed yet";
    checks_[index_of(Check::Published)].reason = "nothing has been published yet";
    checks_[index_of(Check::Loaded)].reason = "Traefik has not loaded a generation yet";
}

void Health::tick(Clock::time_point now) {
    ticked_ = now.time_since_epoch().count();
}

void Health::pass(Check check) {
    const std::lock_guard lock(mutex_);
    checks_[index_of(check)] = {true, {}};
    if (check == (proves_ ? Check::Loaded : Check::Published)) served_ = true;
}

void Health::fail(Check check, std::string reason) {
    const std::lock_guard lock(mutex_);
    State& state = checks_[index_of(check)];
    if (check == Check::Published && state.ok) return;
    state = {false, std::move(reason)};
}

void Health::waive_published(std::string reason) {
    const std::lock_guard lock(mutex_);
    waived_ = std::move(reason);
}

Verdict Health::live(bool verbose, Clock::time_point now) const {
    const auto silent = now - Clock::time_point(Clock::duration(ticked_.load()));
    const bool ok = silent <= max_silence;
    const std::string reason = fmt::format(
        "no turn for {} s", std::chrono::duration_cast<std::chrono::seconds>(silent).count());
    return conclude("livez", ok, verbose, print_check("loop", ok, reason));
}

Verdict Health::ready(bool verbose) const {
    const std::lock_guard lock(mutex_);
    std::string list;
    for (const Check check : all_checks) {
        const State& state = checks_[index_of(check)];
        if (exists(check)) list += print_check(name_of(check), state.ok, state.reason);
    }
    return conclude("readyz", served_, verbose, list);
}

std::optional<Verdict> Health::ready_check(std::string_view name) const {
    for (const Check check : all_checks) {
        if (name_of(check) != name || !exists(check)) continue;
        const std::lock_guard lock(mutex_);
        const State& state = checks_[index_of(check)];
        if (check == Check::Published && !state.ok && waived_)
            return Verdict{true, "ok, though " + *waived_ + "\n"};
        return Verdict{state.ok, state.ok ? "ok" : print_check(name, false, state.reason)};
    }
    return std::nullopt;
}

}  // namespace gatefile::agent
