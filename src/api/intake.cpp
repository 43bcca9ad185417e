// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "decode.hpp"
#include "gatefile/api/bundle.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api {

namespace {

/// The reader bounds the depth of nodes; Lists in Lists are legal, but nobody nests them further.
constexpr std::size_t max_list_depth = 16;

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";
constexpr std::string_view experimental_group = "gateway.networking.x-k8s.io";

/// The header of a snapshot.
constexpr std::string_view snapshot_group = "gatefile.dev";
constexpr std::string_view snapshot_kind = "Snapshot";

constexpr std::string_view gateway_kinds[] = {"GatewayClass",
                                              "Gateway",
                                              "HTTPRoute",
                                              "GRPCRoute",
                                              "TLSRoute",
                                              "TCPRoute",
                                              "UDPRoute",
                                              "ReferenceGrant",
                                              "ListenerSet",
                                              "BackendTLSPolicy"};

/// Empty when the field is absent or no string.
std::string_view text_of(const tree::Node& map, std::string_view field) {
    const tree::Node* found = map.find(field);
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

/// Items of a typed list, as an API server returns them, name neither kind nor apiVersion. The
/// arena of the list they came from stays alive with the new one.
tree::Document complete_item(const tree::Document& list,
                             const tree::Node& item,
                             std::string_view api_version,
                             std::string_view kind) {
    struct Overlay {
        std::shared_ptr<tree::Arena> below;
        tree::Arena arena;
    };
    const auto overlay = std::make_shared<Overlay>();
    overlay->below = list.arena;
    tree::Arena& arena = overlay->arena;
    std::vector<tree::Entry> entries = {
        {.key = "apiVersion", .value = tree::Node::string(arena.copy(api_version))},
        {.key = "kind", .value = tree::Node::string(arena.copy(kind))}};
    for (const tree::Entry& entry : item.entries()) {
        if (entry.key != "apiVersion" && entry.key != "kind") entries.push_back(entry);
    }
    return {.source = list.source,
            .arena = std::shared_ptr<tree::Arena>(overlay, &overlay->arena),
            .root = tree::Node::map(arena.copy(entries), item.position())};
}

}  // namespace

struct SnapshotBuilder::Intake::Identity {
    tree::Node object;
    std::string_view api_version, group, kind;
    std::string_view ns, name;
    const KindRow* row = nullptr;
    const schema::KnownKind* known = nullptr;
    const schema::Schema* schema = nullptr;

    diag::ObjectRef ref() const {
        return {.kind = std::string(kind), .ns = std::string(ns), .name = std::string(name)};
    }
};

void SnapshotBuilder::Intake::report_not_object(const tree::Node& node, std::string detail) {
    diag::Diagnostic diagnostic{.code = diag::Code::InputNotObject, .detail = std::move(detail)};
    diagnostic.at = position_of({.document = document_, .object = node}, diagnostic);
    diagnostics_.add(std::move(diagnostic));
}

void SnapshotBuilder::Intake::report(const Identity& identity, diag::Diagnostic diagnostic) {
    diagnostic.object = identity.ref();
    diagnostic.at = position_of({.document = document_, .object = identity.object}, diagnostic);
    diagnostics_.add(std::move(diagnostic));
}

void SnapshotBuilder::Intake::take(const tree::Node& node, std::size_t depth) {
    Identity identity;
    if (!identify(node, identity)) return;
    const bool is_list = identity.kind.ends_with("List") && node.find("items") != nullptr;
    if (is_list) {
        take_list(node, identity, depth);
    } else if (identity.group == snapshot_group && identity.kind == snapshot_kind) {
        take_extents(node);
    } else if (!is_served(identity) || !take_object(identity)) {
        keep_if_silencing(identity);
    }
}

bool SnapshotBuilder::Intake::identify(const tree::Node& node, Identity& identity) {
    if (!node.is_map()) {
        report_not_object(node,
                          fmt::format("a Kubernetes object was expected, found {}",
                                      tree::kind_name(node.kind())));
        return false;
    }
    identity.object = node;
    identity.api_version = text_of(node, "apiVersion");
    identity.group = schema::group_of(identity.api_version);
    identity.kind = text_of(node, "kind");
    if (const tree::Node* metadata = node.find("metadata")) {
        identity.ns = text_of(*metadata, "namespace");
        identity.name = text_of(*metadata, "name");
    }
    if (identity.kind.empty()) {
        report_not_object(node, "Object 'Kind' is missing");
        return false;
    }
    if (identity.api_version.empty()) {
        report_not_object(node, "Object 'apiVersion' is missing");
        return false;
    }
    return true;
}

void SnapshotBuilder::Intake::take_list(const tree::Node& list,
                                        const Identity& identity,
                                        std::size_t depth) {
    const tree::Node& items = *list.find("items");
    if (depth >= max_list_depth) {
        report_not_object(list, fmt::format("Lists are nested more than {} deep", max_list_depth));
        return;
    }
    if (items.is_null()) return;
    if (!items.is_list()) {
        report_not_object(
            list,
            fmt::format("items must be of type array: \"{}\"", tree::kind_name(items.kind())));
        return;
    }
    const std::string_view item_kind = identity.kind.substr(0, identity.kind.size() - 4);
    for (const tree::Node& item : items.items()) {
        if (item_kind.empty() || !item.is_map() || !text_of(item, "kind").empty()) {
            take(item, depth + 1);
        } else {
            const tree::Document completed =
                complete_item(document_, item, identity.api_version, item_kind);
            Intake(state_, completed, diagnostics_).take(completed.root, depth + 1);
        }
    }
}

/// Looks up what is known of the kind; says so when it cannot be taken.
bool SnapshotBuilder::Intake::is_served(Identity& identity) {
    identity.row = find_row(identity.group, identity.kind);
    if (is_foreign(identity.group, identity.kind)) {
        take_foreign(identity);
        return false;
    }
    if (is_ingress_class(identity.group, identity.kind)) {
        if (identity.name.empty()) return false;
        state_.snapshot->ingress_classes.all.push_back(
            decode_ingress_class(identity.object, identity.name));
        return false;
    }
    if (identity.row == nullptr) {
        report_bundle(identity);
        report_unread(identity);
        return false;
    }
    identity.known = schema::find_kind(identity.group, identity.kind);
    GATEFILE_CHECK(identity.known != nullptr);
    choose_namespace(identity);
    identity.schema =
        schema::find(identity.api_version, identity.kind, state_.options.definitions.get());
    if (identity.schema == nullptr) report_version(identity);
    return identity.schema != nullptr;
}

void SnapshotBuilder::Intake::report_version(const Identity& identity) {
    std::vector<std::string> served;
    for (const std::string_view version :
         schema::served_versions(*identity.known, state_.options.definitions.get())) {
        const std::string separator = identity.group.empty() ? "" : "/";
        served.push_back(fmt::format("{}{}{}", identity.group, separator, version));
    }
    report_no_match(
        identity, "apiVersion", fmt::format("use apiVersion {}", base::join(served, " or ")));
}

void SnapshotBuilder::Intake::report_unread(const Identity& identity) {
    const bool of_gateway_api =
        identity.group == gateway_group || identity.group == experimental_group;
    const KindRow* elsewhere = find_row_by_kind(identity.kind);
    if (elsewhere != nullptr && (of_gateway_api || identity.group.empty())) {
        const std::string_view separator = elsewhere->group.empty() ? "" : "/";
        report_no_match(identity,
                        "apiVersion",
                        fmt::format("use apiVersion {}{}v1", elsewhere->group, separator));
    } else if (!of_gateway_api) {
        report(identity,
               {.code = diag::Code::KindSkipped,
                .detail = fmt::format("{} of {} is not read by gatefile",
                                      base::quote_for_message(identity.kind),
                                      base::quote_for_message(identity.api_version))});
    } else if (schema::find_kind(identity.group, identity.kind) != nullptr) {
        report(identity,
               {.code = diag::Code::KindNotYetServed,
                .detail = fmt::format("{} is not translated by this version of gatefile, so "
                                      "Traefik will not serve what it says",
                                      identity.kind)});
    } else {
        const std::string_view meant = base::nearest(identity.kind, gateway_kinds);
        report_no_match(
            identity, "kind", meant.empty() ? "" : fmt::format("did you mean {}?", meant));
    }
}

void SnapshotBuilder::Intake::report_bundle(const Identity& identity) {
    if (state_.is_bundle_told) return;
    auto found = report_newer_bundle(document_, identity.object);
    if (!found) return;
    state_.is_bundle_told = true;
    diagnostics_.add(std::move(*found));
}

void SnapshotBuilder::Intake::report_no_match(const Identity& identity,
                                              std::string_view field,
                                              std::string hint) {
    report(identity,
           {.code = diag::Code::VersionNotServed,
            .path = diag::Path(field),
            .detail = fmt::format("no matches for kind {} in version {}",
                                  base::quote_for_message(identity.kind),
                                  base::quote_for_message(identity.api_version)),
            .hint = std::move(hint)});
}

bool SnapshotBuilder::Intake::has_name(const Identity& identity) {
    if (!identity.name.empty()) return true;
    const tree::Node* metadata = identity.object.find("metadata");
    const tree::Node* name = metadata == nullptr ? nullptr : metadata->find("name");
    const bool generated = metadata != nullptr && !text_of(*metadata, "generateName").empty();
    diag::Diagnostic diagnostic{.code = diag::Code::InputNotObject,
                                .path = diag::Path("metadata"),
                                .detail = "resource name may not be empty",
                                .hint = "give the object a metadata.name"};
    if (name != nullptr && !name->is_null() && !name->is_string()) {
        diagnostic.path = diag::Path("metadata.name");
        diagnostic.detail = wrong_type(name->kind(), tree::Kind::String);
        diagnostic.hint = "put quotes around it";
    } else if (generated) {
        diagnostic.detail = "cannot use generate name with apply";
    }
    report(identity, std::move(diagnostic));
    return false;
}

void SnapshotBuilder::Intake::choose_namespace(Identity& identity) {
    const ReadOptions& options = state_.options;
    if (!identity.known->namespaced) {
        identity.ns = {};  // the server clears it without a word
    } else if (identity.ns.empty()) {
        identity.ns =
            options.requested_namespace ? *options.requested_namespace : options.default_namespace;
    } else if (options.requested_namespace && identity.ns != *options.requested_namespace) {
        report(identity,
               {.code = diag::Code::NamespaceMismatch,
                .path = diag::Path("metadata.namespace"),
                .detail = fmt::format("the namespace from the provided object {} does not match "
                                      "the namespace {}",
                                      base::quote_for_message(identity.ns),
                                      base::quote_for_message(*options.requested_namespace)),
                .hint = "the object's own namespace is used"});
    }
}

/// Only objects that were taken count: a refused one leaves its name to the next.
bool SnapshotBuilder::Intake::is_first(const Identity& identity) {
    const auto first =
        state_.taken.find(ObjectKey{.row = identity.row, .ns = identity.ns, .name = identity.name});
    if (first == state_.taken.end()) return true;
    if (state_.context) {
        note_created(identity);
        return false;
    }
    const auto at = position_of(state_.snapshot->origins[first->second], {});
    report(identity,
           {.code = diag::Code::DuplicateObject,
            .path = diag::Path("metadata.name"),
            .detail =
                at ? fmt::format(
                         "the same object is in {}:{}:{} already", at->source, at->line, at->column)
                   : "the same object was read already",
            .hint = "the first one counts; remove one of them"});
    return false;
}

void SnapshotBuilder::Intake::note_created(const Identity& identity) {
    const tree::Node* metadata = identity.object.find("metadata");
    const auto created = base::parse_rfc3339(text_of(*metadata, "creationTimestamp"));
    if (created) state_.created.try_emplace(identity.ref(), *created);
}

/// What the header of a snapshot says it is complete for (`gatefile snapshot`).
void SnapshotBuilder::Intake::take_extents(const tree::Node& header) {
    const tree::Node* complete = header.find("complete");
    if (complete == nullptr || !complete->is_list()) return;
    for (const tree::Node& item : complete->items()) {
        const tree::Node* kinds = item.find("kinds");
        if (kinds == nullptr || !kinds->is_list()) continue;
        for (const tree::Node& kind : kinds->items()) {
            if (!kind.is_string()) continue;
            state_.snapshot->complete.push_back(
                {std::string(kind.as_string()), std::string(text_of(item, "namespace"))});
        }
    }
}

/// The first of the same name counts; nobody is told of the others, because none is served by us.
void SnapshotBuilder::Intake::take_foreign(const Identity& identity) {
    diag::ObjectRef ref = identity.ref();
    if (ref.name.empty()) return;
    if (ref.ns.empty()) {
        const ReadOptions& options = state_.options;
        ref.ns = options.requested_namespace.value_or(options.default_namespace);
    }
    state_.snapshot->foreign.push_back(decode_foreign(identity.object, ref));
}

/// What is not taken has an origin only so that its author's wish not to hear of it is known.
void SnapshotBuilder::Intake::keep_if_silencing(const Identity& identity) {
    const tree::Node* metadata = identity.object.find("metadata");
    const tree::Node* annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
    if (state_.context || annotations == nullptr ||
        text_of(*annotations, diag::ignore_annotation).empty())
        return;
    state_.snapshot->origins.push_back({.document = document_, .object = identity.object});
}

bool SnapshotBuilder::Intake::take_object(const Identity& identity) {
    if (!has_name(identity) || !is_first(identity) || !decode(identity)) return false;
    Snapshot& snapshot = *state_.snapshot;
    state_.taken.emplace(ObjectKey{.row = identity.row, .ns = identity.ns, .name = identity.name},
                         static_cast<std::uint32_t>(snapshot.origins.size()));
    snapshot.origins.push_back({.document = document_, .object = identity.object});
    return true;
}

bool SnapshotBuilder::Intake::decode(const Identity& identity) {
    const diag::ObjectRef ref = identity.ref();
    diag::Diagnostics found;
    tree::Node object = identity.object;
    bool accepted = true;
    if (state_.options.validate) {
        accepted = schema::check_and_default(object, *state_.scratch, *identity.schema, ref, found);
        accepted = accepted || state_.context;
    }
    if (accepted) {
        DecodeReport report{.object = ref, .diagnostics = found};
        const Cursor cursor(object, report);
        Meta meta = decode_meta(cursor);
        meta.ns = identity.ns;
        meta.origin = static_cast<std::uint32_t>(state_.snapshot->origins.size());
        identity.row->decode(cursor, std::move(meta), *state_.snapshot);
        accepted = !report.refused;
    }
    const Origin origin{.document = document_, .object = identity.object};
    for (diag::Diagnostic diagnostic : found.items()) {
        diagnostic.at = position_of(origin, diagnostic);
        diagnostics_.add(std::move(diagnostic));
    }
    return accepted;
}

}  // namespace gatefile::api
