// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "words.hpp"

namespace gatefile::analysis {

namespace {

using Ids = std::map<std::string_view, std::size_t>;

NodeState state_of(diag::Severity severity) {
    switch (severity) {
    case diag::Severity::Error:
        return NodeState::Failing;
    case diag::Severity::Warning:
        return NodeState::Warned;
    case diag::Severity::Note:
        return NodeState::Good;
    }
    return NodeState::Good;
}

void attach(Picture& picture, std::size_t node, std::size_t problem) {
    PictureNode& at = picture.nodes[node];
    at.problems.push_back(problem);
    // What a warning is about may still be served in part: only more than it was, never less.
    at.state = std::max(at.state, state_of(picture.problems[problem].severity));
}

/// The index N of a path that begins "spec.FIELD[N]".
std::optional<std::size_t> index_below(const diag::Path& path, std::string_view field) {
    const auto& segments = path.segments();
    if (segments.size() < 3 || segments[0] != diag::Path::Segment("spec") ||
        segments[1] != diag::Path::Segment(std::string(field)))
        return std::nullopt;
    const auto* index = std::get_if<std::size_t>(&segments[2]);
    return index == nullptr ? std::nullopt : std::optional(*index);
}

/// The part of the object that a diagnostic names; nothing: the object as a whole.
std::string part_of(const diag::Diagnostic& item) {
    const std::string object = item.object.ns + "/" + item.object.name;
    if (item.listener)
        return fmt::format("listener:{}/{}/{}", item.object.kind, object, *item.listener);
    if (const auto rule = index_below(item.path, "rules"))
        return fmt::format("rule:{}/{}/{}", item.object.kind, object, *rule);
    return {};
}

}  // namespace

void add_problem(Picture& picture, PictureProblem problem) {
    const std::size_t index = picture.problems.size();
    picture.problems.push_back(std::move(problem));
    const diag::ObjectRef object = picture.problems.back().object;
    for (std::size_t node = 0; node < picture.nodes.size(); ++node) {
        const NodeKind kind = picture.nodes[node].kind;
        const bool whole = kind != NodeKind::Rule && kind != NodeKind::Endpoint &&
                           (kind != NodeKind::Listener || object.kind == "ListenerSet");
        if (whole && picture.nodes[node].object == object) attach(picture, node, index);
    }
}

void add_diagnostics(Picture& picture, const diag::Diagnostics& diagnostics) {
    Ids ids;
    std::multimap<diag::ObjectRef, std::size_t> wholes;
    for (std::size_t node = 0; node < picture.nodes.size(); ++node) {
        const PictureNode& at = picture.nodes[node];
        ids.emplace(at.id, node);
        const bool is_part = at.kind == NodeKind::Rule || at.kind == NodeKind::Endpoint ||
                             (at.kind == NodeKind::Listener && at.object.kind == "Gateway");
        if (!is_part) wholes.emplace(at.object, node);
    }
    for (const diag::Diagnostic& item : diagnostics.items()) {
        const diag::CodeInfo& code = diag::info(item.code);
        const std::size_t index = picture.problems.size();
        picture.problems.push_back({std::string(code.name),
                                    code.severity,
                                    item.object,
                                    item.path.text(),
                                    item.detail,
                                    item.hint,
                                    item.at});
        const std::string part = part_of(item);
        if (const auto found = ids.find(part); found != ids.end()) {
            attach(picture, found->second, index);
            continue;
        }
        const auto [first, last] = wholes.equal_range(item.object);
        for (auto at = first; at != last; ++at)
            attach(picture, at->second, index);
    }
}

}  // namespace gatefile::analysis
