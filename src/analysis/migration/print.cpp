// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "gatefile/analysis/migration.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::analysis {

namespace {

std::string_view name_of(StepKind kind) {
    switch (kind) {
    case StepKind::Prepare:
        return "prepare";
    case StepKind::Copy:
        return "copy";
    case StepKind::Switch:
        return "switch";
    case StepKind::Remove:
        return "remove";
    }
    return {};
}

/// What others wrote, in text for a terminal and for JSON.
std::string safe(std::string_view text) {
    const std::string quoted = base::quote_for_message(text, 2000);
    return base::is_utf8(text) && quoted.size() == text.size() + 2 ? std::string(text) : quoted;
}

std::string answerer(const MigrationPath& path) {
    const std::string kind = safe(path.object.substr(0, path.object.find(' ')));
    if (path.covered_by.empty()) return "the " + kind + " alone";
    return path.foreign_wins ? "the " + kind + ", before ours," : "ours, before the " + kind + ",";
}

tree::Node text(tree::Arena& arena, std::string_view value) {
    return tree::Node::string(arena.copy(safe(value)));
}

tree::Node texts(tree::Arena& arena, const std::vector<std::string>& values) {
    std::vector<tree::Node> nodes;
    for (const std::string& value : values)
        nodes.push_back(text(arena, value));
    return tree::Node::list(arena.copy(nodes));
}

tree::Node map(tree::Arena& arena, const std::vector<tree::Entry>& entries) {
    return tree::Node::map(arena.copy(entries));
}

}  // namespace

std::string print_text(const MigrationPlan& plan) {
    std::string out;
    for (const std::string& kind : plan.unread)
        out += fmt::format("not read, so that nothing is known of it: {}\n", safe(kind));
    for (const std::string& object : plan.left_out)
        out += fmt::format("{} is of another class and stays\n", safe(object));
    for (const std::string& object : plan.streams)
        out += fmt::format("{} has no steps here and stays\n", safe(object));
    const bool is_all = plan.unread.empty() && plan.streams.empty();
    if (plan.steps.empty())
        return out + (is_all ? "nothing to migrate\n" : "nothing else to migrate\n");
    for (const std::string& name : plan.foreign_classes)
        out += fmt::format("GatewayClass {} belongs to Traefik's own provider\n", safe(name));
    for (const MigrationPath& path : plan.paths) {
        out += fmt::format("{}: {} {}: {}; {} answers\n",
                           safe(path.object),
                           path.host.empty() ? "every host" : safe(path.host),
                           safe(path.path),
                           path.covered_by.empty() ? "no HTTPRoute" : safe(path.covered_by),
                           answerer(path));
    }
    std::size_t number = 0;
    for (const MigrationStep& step : plan.steps) {
        out += fmt::format("\n{}. {} ({})\n", ++number, safe(step.title), name_of(step.kind));
        for (const std::string& object : step.objects)
            out += fmt::format("   object: {}\n", safe(object));
        for (const std::string& risk : step.risks)
            out += fmt::format("   risk: {}\n", safe(risk));
        out += fmt::format(
            "   check: {}\n   expect: {}\n", safe(step.command), safe(step.expected));
    }
    return out;
}

std::string print_json(const MigrationPlan& plan) {
    tree::Arena arena;
    std::vector<tree::Node> paths;
    for (const MigrationPath& path : plan.paths) {
        paths.push_back(map(arena,
                            {{"object", {}, text(arena, path.object)},
                             {"host", {}, text(arena, path.host)},
                             {"path", {}, text(arena, path.path)},
                             {"coveredBy", {}, text(arena, path.covered_by)},
                             {"foreignWins", {}, tree::Node::boolean(path.foreign_wins)}}));
    }
    std::vector<std::string> left_out = plan.left_out;
    left_out.insert(left_out.end(), plan.streams.begin(), plan.streams.end());
    std::vector<tree::Node> steps;
    for (const MigrationStep& step : plan.steps) {
        steps.push_back(map(arena,
                            {{"kind", {}, text(arena, name_of(step.kind))},
                             {"title", {}, text(arena, step.title)},
                             {"objects", {}, texts(arena, step.objects)},
                             {"risks", {}, texts(arena, step.risks)},
                             {"command", {}, text(arena, step.command)},
                             {"expected", {}, text(arena, step.expected)}}));
    }
    return tree::write_json(
        map(arena,
            {{"foreignClasses", {}, texts(arena, plan.foreign_classes)},
             {"unread", {}, texts(arena, plan.unread)},
             {"leftOut", {}, texts(arena, left_out)},
             {"paths", {}, tree::Node::list(arena.copy(paths))},
             {"steps", {}, tree::Node::list(arena.copy(steps))}}),
        tree::JsonStyle::Indented);
}

}  // namespace gatefile::analysis
