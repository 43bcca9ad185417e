// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/publish/history.hpp"

namespace gatefile::publish {

namespace {

constexpr std::string_view first_line = "gatefile generation 1";
constexpr std::size_t shortest_id = 6;

bool is_hash(std::string_view text) {
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A name that stays where it is put.
bool is_plain_name(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos;
}

bool take_number(std::string_view text, std::size_t& number) {
    const auto parsed = base::parse_int(text);
    if (!parsed || *parsed < 0) return false;
    number = static_cast<std::size_t>(*parsed);
    return true;
}

bool take_file(std::string_view text, std::vector<KeptFile>& files) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) return false;
    const std::string_view hash = text.substr(0, blank);
    const std::string_view name = text.substr(blank + 1);
    if (!is_hash(hash) || !is_plain_name(name)) return false;
    files.push_back({std::string(name), std::string(hash)});
    return true;
}

bool take_line(std::string_view line, Generation& out) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return false;
    const std::string_view key = line.substr(0, blank);
    const std::string_view rest = line.substr(blank + 1);
    if (key == "number") {
        std::size_t number = 0;
        if (!take_number(rest, number)) return false;
        out.number = number;
        return true;
    }
    if (key == "id") {
        out.id = rest;
        return rest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    }
    if (key == "at") {
        const auto at = base::parse_rfc3339(rest);
        if (at) out.at = *at;
        return at.has_value();
    }
    if (key == "weight") return take_number(rest, out.weight);
    if (key == "bytes") return take_number(rest, out.bytes);
    if (key == "file") return take_file(rest, out.files);
    if (key == "key") return take_file(rest, out.keys);
    if (key == "backends") {
        out.backends = rest;
        return is_hash(rest);
    }
    return false;
}

}  // namespace

std::string hash_of_backends(std::string_view backends) {
    return backends.empty() ? std::string() : base::sha256_hex(backends);
}

std::string write_generation(const Generation& generation) {
    std::string text = fmt::format("{}\nnumber {}\nid {}\nat {}\nweight {}\nbytes {}\n",
                                   first_line,
                                   generation.number,
                                   generation.id,
                                   base::format_rfc3339(generation.at),
                                   generation.weight,
                                   generation.bytes);
    for (const KeptFile& file : generation.files)
        text += fmt::format("file {} {}\n", file.sha256, file.name);
    for (const KeptFile& key : generation.keys)
        text += fmt::format("key {} {}\n", key.sha256, key.name);
    if (!generation.backends.empty()) text += fmt::format("backends {}\n", generation.backends);
    return text;
}

std::optional<Generation> parse_generation(std::string_view text) {
    if (text.empty() || text.back() != '\n') return std::nullopt;
    Generation generation;
    bool first = true;
    for (const std::string_view line : base::split(text.substr(0, text.size() - 1), '\n')) {
        if (first ? line != first_line : !take_line(line, generation)) return std::nullopt;
        first = false;
    }
    if (generation.files.empty()) return std::nullopt;
    return generation;
}

const Generation* find_generation(const std::vector<Generation>& all, std::string_view wanted) {
    const Generation* found = nullptr;
    for (const Generation& one : all) {
        if (wanted == std::to_string(one.number)) return &one;
        if (wanted.size() < shortest_id || !one.id.starts_with(wanted)) continue;
        if (found != nullptr) return nullptr;
        found = &one;
    }
    return found;
}

}  // namespace gatefile::publish
