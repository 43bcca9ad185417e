// SPDX-License-Identifier: Apache-2.0
#include "record.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::publish {

namespace {

constexpr std::string_view first_line = "gatefile owned 1";

}  // namespace

std::string write_record(const Record& record) {
    std::string text = fmt::format("{}\nweight {}\n", first_line, record.weight);
    for (const auto& [name, hashes] : record.files) {
        for (const std::string& hash : hashes)
            text += fmt::format("{} {}\n", hash, name);
    }
    return text;
}

std::optional<Record> parse_record(std::string_view text) {
    if (text.empty() || text.back() != '\n') return std::nullopt;
    Record record;
    bool first = true;
    for (const std::string_view line : base::split(text.substr(0, text.size() - 1), '\n')) {
        if (first) {
            if (line != first_line) return std::nullopt;
            first = false;
            continue;
        }
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) return std::nullopt;
        const std::string_view key = line.substr(0, blank);
        const std::string_view rest = line.substr(blank + 1);
        if (key == "weight") {
            const auto weight = base::parse_int(rest);
            if (!weight || *weight < 0) return std::nullopt;
            record.weight = static_cast<std::size_t>(*weight);
        } else if (key.size() == 64 && !rest.empty() && rest.find('/') == std::string_view::npos) {
            record.files[std::string(rest)].insert(std::string(key));
        } else {
            return std::nullopt;
        }
    }
    return record;
}

}  // namespace gatefile::publish
