// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "compiled.hpp"
#include "definition_schema.hpp"
#include "gatefile/api/bundle.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api::schema {

namespace {

/// One kind, as one CustomResourceDefinition has it.
struct Definition {
    std::string place;  ///< "file:line"
    std::vector<std::pair<std::string, std::unique_ptr<const Schema>>> versions;
};

const tree::Node* at(const tree::Node& node, std::initializer_list<std::string_view> path) {
    const tree::Node* found = &node;
    for (const std::string_view step : path) {
        found = found->find(step);
        if (found == nullptr) return nullptr;
    }
    return found;
}

std::string_view text_at(const tree::Node& node, std::initializer_list<std::string_view> path) {
    const tree::Node* found = at(node, path);
    return found && found->is_string() ? found->as_string() : std::string_view();
}

/// The arena of the definition stays alive with what is added to it.
tree::Document overlay_on(const tree::Document& document) {
    struct Overlay {
        std::shared_ptr<tree::Arena> below;
        tree::Arena arena;
    };
    const auto overlay = std::make_shared<Overlay>();
    overlay->below = document.arena;
    return {document.source, std::shared_ptr<tree::Arena>(overlay, &overlay->arena), {}};
}

base::Result<std::unique_ptr<const Schema>>
make_schema(const tree::Document& document, const tree::Node& version, const KnownKind& kind) {
    const std::string& source = *document.source;
    const tree::Node* schema = at(version, {"schema", "openAPIV3Schema"});
    if (schema == nullptr) {
        return definition_fault(
            source, version.position(), "a version needs schema.openAPIV3Schema");
    }
    tree::Document own = overlay_on(document);
    auto checked = check_definition_schema(*schema, source, *own.arena);
    if (!checked) return checked.error();
    own.root = *checked;
    std::optional<tree::Position> bad_default;
    auto compiled = compile(std::move(own), object_meta_schema(), bad_default);
    if (bad_default) {
        return definition_fault(source, *bad_default, "the default does not fit its own schema");
    }
    return std::make_unique<const Schema>(kind, std::move(compiled));
}

base::Result<Definition>
make_definition(const tree::Document& document, const tree::Node& object, const KnownKind& kind) {
    const std::string& source = *document.source;
    Definition definition{fmt::format("{}:{}", source, object.position().line), {}};
    const tree::Node* versions = at(object, {"spec", "versions"});
    if (versions == nullptr || !versions->is_list()) {
        return definition_fault(source, object.position(), "spec.versions is missing");
    }
    for (const tree::Node& version : versions->items()) {
        const tree::Node* served = version.find("served");
        if (served == nullptr || !served->is_bool() || !served->as_bool()) continue;
        const std::string_view name = text_at(version, {"name"});
        if (name.empty()) return definition_fault(source, version.position(), "name is missing");
        auto schema = make_schema(document, version, kind);
        if (!schema) return schema.error();
        definition.versions.emplace_back(name, std::move(*schema));
    }
    std::ranges::stable_partition(definition.versions,
                                  [](const auto& version) { return version.first == "v1"; });
    return definition;
}

}  // namespace

struct Definitions::State {
    std::map<std::pair<std::string, std::string>, Definition> kinds;  ///< by group and kind
    std::optional<diag::Diagnostic> newer;

    const Definition* find(std::string_view group, std::string_view kind) const {
        const auto found = kinds.find({std::string(group), std::string(kind)});
        return found == kinds.end() ? nullptr : &found->second;
    }

    base::Result<void> take(const tree::Document& document, const tree::Node& object) {
        if (text_at(object, {"kind"}) == "List") {
            const tree::Node* items = object.find("items");
            if (items == nullptr || !items->is_list()) return {};
            for (const tree::Node& item : items->items()) {
                if (auto taken = take(document, item); !taken) return taken;
            }
            return {};
        }
        if (text_at(object, {"kind"}) != "CustomResourceDefinition") return {};
        if (!newer) newer = report_newer_bundle(document, object);
        const std::string_view group = text_at(object, {"spec", "group"});
        const std::string_view kind = text_at(object, {"spec", "names", "kind"});
        const KnownKind* known = find_kind(group, kind);
        if (known == nullptr || !known->read || group.empty()) return {};
        if (const Definition* first = find(group, kind)) {
            return definition_fault(*document.source,
                                    object.position(),
                                    fmt::format("{} is defined in {} already", kind, first->place));
        }
        auto made = make_definition(document, object, *known);
        if (!made) return made.error();
        kinds.emplace(std::pair(std::string(group), std::string(kind)), std::move(*made));
        return {};
    }
};

Definitions::Definitions() : state_(std::make_unique<State>()) {}

Definitions::~Definitions() = default;

base::Result<std::shared_ptr<const Definitions>>
Definitions::read(std::span<const tree::Document> documents) {
    std::shared_ptr<Definitions> definitions(new Definitions);
    for (const tree::Document& document : documents) {
        if (auto taken = definitions->state_->take(document, document.root); !taken) {
            return taken.error();
        }
    }
    return std::shared_ptr<const Definitions>(std::move(definitions));
}

bool Definitions::has(std::string_view group, std::string_view kind) const {
    return state_->find(group, kind) != nullptr;
}

const std::optional<diag::Diagnostic>& Definitions::newer() const {
    return state_->newer;
}

const Schema*
find(std::string_view api_version, std::string_view kind, const Definitions* definitions) {
    const std::string_view group = group_of(api_version);
    const Definition* own = definitions ? definitions->state_->find(group, kind) : nullptr;
    if (own == nullptr) return find_embedded_schema(api_version, kind);
    const std::string_view version =
        group.empty() ? api_version : api_version.substr(group.size() + 1);
    for (const auto& [name, schema] : own->versions) {
        if (name == version) return schema.get();
    }
    return nullptr;
}

std::vector<std::string_view> served_versions(const KnownKind& kind,
                                              const Definitions* definitions) {
    const Definition* own =
        definitions ? definitions->state_->find(kind.group, kind.kind) : nullptr;
    if (own == nullptr) return {kind.versions.begin(), kind.versions.end()};
    std::vector<std::string_view> versions;
    for (const auto& [name, schema] : own->versions)
        versions.push_back(name);
    return versions;
}

}  // namespace gatefile::api::schema
