// SPDX-License-Identifier: Apache-2.0
#include "kind_keeper.hpp"

#include <algorithm>
#include <utility>

#include "gatefile/base/strings.hpp"

namespace gatefile::agent {

namespace {

using source::KindState;

constexpr KeptText::Words words{
    .file_name = "kinds-read",
    .not_read = "which kinds what is served was made of cannot be read",
    .not_kept = "which kinds what is served is made of is not kept; an agent that starts without "
                "the right to one would take its objects for gone"};
constexpr std::string_view first_line = "gatefile kinds read 1";

/// Of "HTTPRoute shop"; empty: all.
std::string_view namespace_of(std::string_view resource) {
    const std::size_t space = resource.find(' ');
    return space == resource.npos ? std::string_view() : resource.substr(space + 1);
}

}  // namespace

Resources resources_with_objects(const api::Snapshot& snapshot, const Followed& followed) {
    Resources found;
    api::for_each_kind(snapshot, [&](std::string_view kind, const auto& objects) {
        for (const KindState& state : followed.kinds) {
            if (state.kind != kind || !state.listed) continue;
            const std::string_view ns = namespace_of(state.resource);
            const bool has_any = std::ranges::any_of(objects, [ns](const auto& object) {
                return ns.empty() || object.meta.ns == ns;
            });
            if (has_any) found.insert(state.resource);
        }
        const bool is_read = std::ranges::any_of(followed.by_name, [kind](const KindState& state) {
            return state.kind == kind && state.listed;
        });
        if (is_read && objects.begin() != objects.end()) found.emplace(kind);
    });
    return found;
}

Resources lost_resources(const Resources& kept, const Followed& followed) {
    Resources lost;
    const auto is_forbidden = [](const KindState& state) {
        return state.fault == KindState::Fault::Forbidden && !state.listed;
    };
    for (const KindState& state : followed.kinds)
        if (is_forbidden(state) && kept.contains(state.resource)) lost.insert(state.resource);
    for (const KindState& state : followed.by_name)
        if (is_forbidden(state) && kept.contains(state.kind)) lost.emplace(state.kind);
    for (const KindState& state : followed.by_name)
        if (state.listed) lost.erase(std::string(state.kind));
    return lost;
}

std::string write_resources(const Resources& resources) {
    std::string text(first_line);
    for (const std::string& resource : resources)
        text += "\n" + resource;
    return text + "\n";
}

std::optional<Resources> parse_resources(std::string_view text) {
    if (text.empty() || text.back() != '\n') return std::nullopt;
    const auto lines = base::split(text.substr(0, text.size() - 1), '\n');
    if (lines.front() != first_line) return std::nullopt;
    return Resources(lines.begin() + 1, lines.end());
}

KindKeeper::KindKeeper(std::optional<std::string> directory, const Log& log)
    : kept_(std::move(directory), words, KeptText::Old::Stays, log) {}

Resources KindKeeper::read() {
    return kept_.read(parse_resources).value_or(Resources());
}

void KindKeeper::keep(const Resources& resources) {
    kept_.keep(write_resources(resources));
}

}  // namespace gatefile::agent
