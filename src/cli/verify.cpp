// SPDX-License-Identifier: Apache-2.0
#include "verify.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

/// More names help nobody.
constexpr std::size_t most_lines = 50;

/// It is another at every change, and has no news of its own.
constexpr std::string_view mark = "http.middlewares.gatefile-generation";

/// What a configuration has, by "http.routers.NAME".
using Parts = std::map<std::string, tree::Node>;

Parts parts_of(const tree::Node& configuration) {
    Parts parts;
    if (!configuration.is_map()) return parts;
    for (const tree::Entry& section : configuration.entries()) {
        if (!section.value.is_map()) continue;
        for (const tree::Entry& group : section.value.entries()) {
            const std::string name = fmt::format("{}.{}", section.key, group.key);
            if (!group.value.is_map()) {
                parts.emplace(name, group.value);
                continue;
            }
            for (const tree::Entry& part : group.value.entries())
                parts.emplace(fmt::format("{}.{}", name, part.key), part.value);
        }
    }
    parts.erase(std::string(mark));
    return parts;
}

std::vector<std::string> differences(const Parts& kept, const Parts& now) {
    std::vector<std::string> lines;
    const auto add = [&lines](std::string_view what, const std::string& name) {
        lines.push_back(fmt::format("  {} {}", what, base::quote_for_message(name, 200)));
    };
    for (const auto& [name, part] : kept) {
        const auto found = now.find(name);
        if (found == now.end()) {
            add("removed", name);
        } else if (!tree::equal(part, found->second)) {
            add("changed", name);
        }
    }
    for (const auto& [name, part] : now) {
        if (!kept.contains(name)) add("added  ", name);
    }
    return lines;
}

/// What would differ, or why that cannot be told.
std::vector<std::string> explain(const publish::File& file, const std::string& kept) {
    const auto parse = [&file](const std::string& bytes) {
        return file.name.ends_with(".json") ? tree::read_json(bytes) : tree::read_yaml(bytes);
    };
    const auto before = parse(kept);
    const auto after = parse(file.bytes);
    if (!before || !after) return {"  what is kept cannot be parsed"};
    std::vector<std::string> lines = differences(parts_of(before->root), parts_of(after->root));
    if (lines.empty()) lines.emplace_back("  it says the same in other words");
    if (lines.size() <= most_lines) return lines;
    const std::size_t more = lines.size() - most_lines;
    lines.resize(most_lines);
    lines.push_back(fmt::format("  and {} more", more));
    return lines;
}

}  // namespace

base::Result<Verdict> verify(const std::string& directory, const publish::FileSet& files) {
    Verdict verdict;
    for (const publish::File& file : files.files) {
        const std::string path = (std::filesystem::path(directory) / file.name).string();
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored)) {
            verdict.is_fresh = false;
            verdict.text += fmt::format("gatefile: {} does not exist\n", path);
            continue;
        }
        auto kept = read_whole_file(path);
        if (!kept) return kept.error();
        if (*kept == file.bytes) continue;
        verdict.is_fresh = false;
        verdict.text += fmt::format("gatefile: {} is stale:\n", path);
        for (const std::string& line : explain(file, *kept))
            verdict.text += line + "\n";
    }
    if (verdict.is_fresh) verdict.text = fmt::format("gatefile: {} is up to date\n", directory);
    return verdict;
}

}  // namespace gatefile::cli
