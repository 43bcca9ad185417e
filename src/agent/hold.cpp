// SPDX-License-Identifier: Apache-2.0
#include "hold.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::agent {

namespace {

constexpr std::string_view first_line = "gatefile hold 1";
constexpr std::string_view backends_line = "gatefile backends 1 ";
constexpr std::size_t longest_reason = 200;

bool take_generation(std::string_view text, Hold& hold) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) return false;
    const auto number = base::parse_int(text.substr(0, blank));
    if (!number || *number < 0) return false;
    hold.rolled_back_to = {static_cast<std::uint64_t>(*number),
                           std::string(text.substr(blank + 1))};
    return true;
}

}  // namespace

std::string tidy_reason(std::string_view text) {
    std::string quoted = base::quote_for_message(base::trim(text), longest_reason);
    return quoted.substr(1, quoted.size() - 2);
}

std::string write_hold(const Hold& hold) {
    std::string text = fmt::format("{}\nsince {}\n", first_line, base::format_rfc3339(hold.since));
    if (hold.rolled_back_to)
        text +=
            fmt::format("rollback {} {}\n", hold.rolled_back_to->number, hold.rolled_back_to->id);
    if (!hold.reason.empty()) text += fmt::format("reason {}\n", hold.reason);
    if (!hold.inner_secret.empty()) text += fmt::format("inner {}\n", hold.inner_secret);
    return text;
}

std::optional<Hold> parse_hold(std::string_view text) {
    if (text.empty() || text.back() != '\n') return std::nullopt;
    Hold hold;
    bool first = true;
    bool dated = false;
    for (const std::string_view line : base::split(text.substr(0, text.size() - 1), '\n')) {
        if (first) {
            if (line != first_line) return std::nullopt;
            first = false;
            continue;
        }
        const std::size_t blank = line.find(' ');
        const std::string_view key = line.substr(0, blank);
        const std::string_view rest =
            blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
        if (key == "since") {
            const auto at = base::parse_rfc3339(rest);
            if (!at) return std::nullopt;
            hold.since = *at;
            dated = true;
        } else if (key == "rollback") {
            if (!take_generation(rest, hold)) return std::nullopt;
        } else if (key == "reason") {
            hold.reason = rest;
        } else if (key == "inner") {
            hold.inner_secret = rest;
        } else {
            return std::nullopt;
        }
    }
    return dated ? std::optional(std::move(hold)) : std::nullopt;
}

std::string write_held_backends(std::string_view shape, std::string_view backends) {
    return fmt::format("{}{}\n{}", backends_line, shape, backends);
}

std::string parse_held_backends(std::string_view text, std::string_view shape) {
    const std::string first = write_held_backends(shape, "");
    return text.starts_with(first) ? std::string(text.substr(first.size())) : std::string();
}

std::string describe(const Hold& hold) {
    std::string text =
        hold.rolled_back_to
            ? fmt::format("rolled back to generation {}, and publishing is paused "
                          "since {}",
                          hold.rolled_back_to->number,
                          base::format_rfc3339(hold.since))
            : fmt::format("publishing is paused since {}", base::format_rfc3339(hold.since));
    if (!hold.reason.empty()) text += " (" + hold.reason + ")";
    return text;
}

}  // namespace gatefile::agent
