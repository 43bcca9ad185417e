// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/analysis/diff_report.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::analysis {
namespace {

/// GitHub takes 65,536 characters.
constexpr std::size_t max_comment = 60'000;
constexpr std::size_t shown_subjects = 3;

std::string at_text(const Place& place) {
    if (!place.at) return "";
    return place.at->line == 0 ? place.at->source
                               : fmt::format("{}:{}", place.at->source, place.at->line);
}

std::string place_text(const Place& place) {
    std::string text = place.object.text();
    if (!place.path.empty()) text += " " + place.path.text();
    if (!place.listener.empty()) text += fmt::format(" ({})", place.listener);
    return text;
}

std::string subjects_text(const Difference& difference) {
    std::string text;
    const auto& subjects = difference.subjects;
    for (std::size_t i = 0; i < subjects.size() && i < shown_subjects; ++i)
        text += (i > 0 ? ", " : "") + subjects[i];
    if (subjects.size() > shown_subjects)
        text += fmt::format(" and {} more", subjects.size() - shown_subjects);
    return text;
}

/// "(HTTPRoute shop/web spec.rules[0], old/routes.yaml:8)", without what is said already.
std::string old_place_text(const Difference& difference) {
    if (!difference.before || !difference.after || difference.was.empty()) return "";
    const std::string object = place_text(*difference.before);
    const bool known =
        object == place_text(*difference.after) || difference.was.find(object) != std::string::npos;
    const std::string at = at_text(*difference.before);
    std::string text = known ? "" : object;
    if (!at.empty()) text += (text.empty() ? "" : ", ") + at;
    return text.empty() ? "" : fmt::format(" ({})", text);
}

std::string sentence(const Difference& difference) {
    std::string text = subjects_text(difference) + ": " + difference.now;
    if (!difference.was.empty()) text += "; before: " + difference.was;
    return text + old_place_text(difference);
}

/// Foreign text as Markdown code: no mention, link or markup can come of it.
std::string code(std::string text) {
    // File names are not quoted, and may hold anything.
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    const bool pad = text.starts_with('`') || text.ends_with('`');
    return fmt::format("{}{}{}{}{}", fence, pad ? " " : "", text, pad ? " " : "", fence);
}

std::string markdown_item(const Difference& difference) {
    std::string text = "- ";
    for (std::size_t i = 0; i < difference.subjects.size() && i < shown_subjects; ++i)
        text += (i > 0 ? ", " : "") + code(difference.subjects[i]);
    if (difference.subjects.size() > shown_subjects)
        text += fmt::format(" and {} more", difference.subjects.size() - shown_subjects);
    text += ": " + code(difference.now);
    if (!difference.was.empty()) text += "; before: " + code(difference.was);
    text += fmt::format("  \n  {}", diag::info(difference.code).name);
    for (const auto* side : {&difference.after, &difference.before}) {
        if (!*side) continue;
        text += side == &difference.after ? ", now" : ", before";
        if (const std::string object = place_text(**side); !object.empty())
            text += " " + code(object);
        if ((*side)->at) text += " in " + code(at_text(**side));
    }
    if (!difference.hint.empty()) text += ". Because: " + code(difference.hint);
    return text + "\n";
}

std::string counts_text(const DiffCounts& counts) {
    return fmt::format("{} breaking, {} {}, {} harmless",
                       counts.breaking,
                       counts.changes,
                       counts.changes == 1 ? "change" : "changes",
                       counts.harmless);
}

class JsonWriter {
public:
    explicit JsonWriter(tree::Arena& arena) : arena_(arena) {}

    tree::Node text(std::string_view value) { return tree::Node::string(arena_.copy(value)); }
    tree::Node texts(const std::vector<std::string>& values) {
        std::vector<tree::Node> items;
        for (const std::string& value : values)
            items.push_back(text(value));
        return tree::Node::list(arena_.copy(items));
    }
    static tree::Node number(std::size_t value) {
        return tree::Node::integer(static_cast<std::int64_t>(value));
    }

    tree::Node place(const Place& place) {
        std::vector<tree::Entry> fields;
        if (place.at) {
            fields.push_back({"source",
                              {},
                              text(base::is_utf8(place.at->source)
                                       ? place.at->source
                                       : base::quote_for_message(place.at->source))});
            if (place.at->line != 0) fields.push_back({"line", {}, number(place.at->line)});
            if (place.at->column != 0) fields.push_back({"column", {}, number(place.at->column)});
        }
        if (place.object != diag::ObjectRef{}) {
            std::vector<tree::Entry> object;
            object.push_back({"kind", {}, text(place.object.kind)});
            if (!place.object.ns.empty())
                object.push_back({"namespace", {}, text(place.object.ns)});
            object.push_back({"name", {}, text(place.object.name)});
            fields.push_back({"object", {}, tree::Node::map(arena_.copy(object))});
        }
        if (!place.path.empty()) fields.push_back({"path", {}, text(place.path.text())});
        if (!place.listener.empty()) fields.push_back({"listener", {}, text(place.listener)});
        return tree::Node::map(arena_.copy(fields));
    }

    tree::Node difference(const Difference& difference) {
        const diag::CodeInfo& info = diag::info(difference.code);
        std::vector<tree::Entry> fields = {
            {"code", {}, text(info.name)},
            {"severity", {}, text(diag::severity_name(info.severity))},
            {"subjects", {}, texts(difference.subjects)},
            {"now", {}, text(difference.now)},
        };
        if (!difference.was.empty()) fields.push_back({"was", {}, text(difference.was)});
        if (difference.before) fields.push_back({"before", {}, place(*difference.before)});
        if (difference.after) fields.push_back({"after", {}, place(*difference.after)});
        if (!difference.hint.empty()) fields.push_back({"hint", {}, text(difference.hint)});
        return tree::Node::map(arena_.copy(fields));
    }

private:
    tree::Arena& arena_;
};

}  // namespace

diag::Diagnostic to_diagnostic(const Difference& difference) {
    const auto& place = difference.after ? difference.after : difference.before;
    return {.code = difference.code,
            .object = place ? place->object : diag::ObjectRef{},
            .path = place ? place->path : diag::Path(),
            .detail = sentence(difference),
            .hint = difference.hint,
            .at = place ? place->at : std::nullopt};
}

std::string print_diff_text(const std::vector<Difference>& differences) {
    diag::Diagnostics lines;
    for (const Difference& difference : differences) {
        diag::Diagnostic line = to_diagnostic(difference);
        if (difference.subjects.front().starts_with(line.object.text())) {
            line.object = {};
            line.path = {};
        }
        lines.add(std::move(line));
    }
    if (differences.empty()) return "nothing changes for traffic\n";
    return diag::print_text(lines) + counts_text(count(differences)) + "\n";
}

std::string print_diff_json(const std::vector<Difference>& differences) {
    tree::Arena arena;
    JsonWriter writer(arena);
    std::vector<tree::Node> items;
    for (const Difference& difference : differences)
        items.push_back(writer.difference(difference));
    const DiffCounts counts = count(differences);
    const std::vector<tree::Entry> fields = {
        {"differences", {}, tree::Node::list(arena.copy(items))},
        {"breaking", {}, JsonWriter::number(counts.breaking)},
        {"changes", {}, JsonWriter::number(counts.changes)},
        {"harmless", {}, JsonWriter::number(counts.harmless)},
    };
    return tree::write_json(tree::Node::map(arena.copy(fields)), tree::JsonStyle::Indented);
}

std::string print_diff_markdown(const std::vector<Difference>& differences) {
    const DiffCounts counts = count(differences);
    if (differences.empty()) return "**gatefile**: nothing changes for traffic\n";
    std::string text = fmt::format("**gatefile**: {}\n", counts_text(counts));
    std::optional<diag::Severity> section;
    for (std::size_t i = 0; i < differences.size(); ++i) {
        const diag::Severity severity = diag::info(differences[i].code).severity;
        if (severity != section) {
            section = severity;
            text += severity == diag::Severity::Error     ? "\n### Breaking\n\n"
                    : severity == diag::Severity::Warning ? "\n### Changes\n\n"
                                                          : "\n### Harmless\n\n";
        }
        const std::string item = markdown_item(differences[i]);
        if (text.size() + item.size() > max_comment) {
            text += fmt::format("\n{} more are not shown here.\n", differences.size() - i);
            break;
        }
        text += item;
    }
    return text;
}

}  // namespace gatefile::analysis
