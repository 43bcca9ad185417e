// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lint_parts.hpp"
#include "references.hpp"

namespace gatefile::analysis {
namespace {

/// A grant to kinds that are not read here may well be used; nothing can be said about it.
bool only_known_kinds(const api::ReferenceGrant& grant) {
    constexpr std::string_view known[] = {
        "Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"};
    return std::ranges::all_of(grant.from, [&](const api::ReferenceGrant::From& from) {
        return std::ranges::find(known, from.kind) != std::end(known);
    });
}

std::set<std::string_view> namespaces_of(const api::Snapshot& snapshot) {
    std::set<std::string_view> found;
    api::for_each_kind(snapshot, [&](std::string_view, const auto& objects) {
        for (const auto& object : objects)
            found.insert(object.meta.ns);
    });
    return found;
}

/// Kinds and namespaces of the objects that were left out for a fault of their own.
std::set<std::pair<std::string, std::string>>
refused_referrers(const diag::Diagnostics& diagnostics) {
    std::set<std::pair<std::string, std::string>> found;
    for (const diag::Diagnostic& item : diagnostics.items()) {
        if (diag::info(item.code).klass == diag::Class::Refused)
            found.emplace(item.object.kind, item.object.ns);
    }
    return found;
}

std::string grant_hint(const api::ReferenceGrant& grant) {
    const bool by_set = !grant.from.empty() && grant.from.front().kind == "ListenerSet";
    for (const api::ReferenceGrant::To& to : grant.to) {
        if (to.kind == "Secret") {
            return fmt::format("name the Secret in tls.certificateRefs of a listener of the {} "
                               "({{kind: Secret, namespace: {}, name: {}}}), or remove the grant",
                               by_set ? "ListenerSet" : "Gateway",
                               grant.meta.ns,
                               to.name.value_or("..."));
        }
    }
    return "make the reference that it permits, or remove the grant";
}

}  // namespace

void lint_grants(const graph::Graph& graph, diag::Diagnostics& diagnostics) {
    std::vector<Reference> references = cross_namespace_references(*graph.snapshot);
    std::ranges::sort(references, {}, &Reference::to_ns);
    std::optional<std::set<std::string_view>> given;
    const std::set<std::pair<std::string, std::string>> refused = refused_referrers(diagnostics);
    for (const api::ReferenceGrant& grant : graph.snapshot->reference_grants) {
        if (!only_known_kinds(grant)) continue;
        const auto here = std::ranges::equal_range(
            references, std::string_view(grant.meta.ns), {}, &Reference::to_ns);
        const bool used = std::ranges::any_of(
            here, [&](const Reference& reference) { return permits(grant, reference); });
        if (used) continue;
        // What was refused is told of; its references are not known.
        const bool may_be_used = std::ranges::any_of(grant.from, [&](const auto& from) {
            return refused.contains({from.kind, from.ns});
        });
        if (may_be_used) continue;
        // Who it is for may stand in manifests that were not given.
        if (!graph.snapshot->from_cluster) {
            if (!given) given = namespaces_of(*graph.snapshot);
            const bool known = std::ranges::all_of(
                grant.from, [&](const auto& from) { return given->contains(from.ns); });
            if (!known) continue;
        }
        diagnostics.add({.code = diag::Code::GrantUnused,
                         .object = object_of("ReferenceGrant", grant.meta),
                         .path = diag::Path("spec.to"),
                         .detail = "nothing makes a reference that this grant permits",
                         .hint = grant_hint(grant)});
    }
}

}  // namespace gatefile::analysis
