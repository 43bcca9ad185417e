// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/schema.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "compiled.hpp"
#include "core_rules.hpp"
#include "faults.hpp"
#include "gatefile/base/result.hpp"
#include "metadata.hpp"
#include "normalise.hpp"
#include "rules.hpp"
#include "validate.hpp"

namespace gatefile::api::schema {

Schema::Schema(const EmbeddedSchema& first,
               const EmbeddedSchema* standard,
               const EmbeddedSchema& object_meta,
               std::string_view version,
               const KnownKind& kind)
    : kind_(kind), version_(version), standard_text_(standard), object_meta_(object_meta),
      first_(compile(first, version, object_meta)) {}

Schema::Schema(const KnownKind& kind, std::unique_ptr<const CompiledSchema> defined)
    : kind_(kind), standard_text_(nullptr), object_meta_(object_meta_schema()),
      first_(std::move(defined)) {}

const CompiledSchema* Schema::standard() const {
    if (!standard_text_) return nullptr;
    std::call_once(standard_once_,
                   [this] { standard_ = compile(*standard_text_, version_, object_meta_); });
    return standard_.get();
}

namespace {

const EmbeddedSchema* find_embedded(std::string_view group,
                                    std::string_view kind,
                                    std::initializer_list<Channel> channels) {
    for (const EmbeddedSchema& each : embedded_schemas()) {
        const bool wanted =
            std::find(channels.begin(), channels.end(), each.channel) != channels.end();
        if (wanted && each.group == group && each.kind == kind) return &each;
    }
    return nullptr;
}

std::unique_ptr<const Schema> make_schema(const KnownKind& kind, std::string_view version) {
    const EmbeddedSchema* first =
        find_embedded(kind.group, kind.kind, {Channel::Both, Channel::Experimental});
    GATEFILE_CHECK(first);
    const EmbeddedSchema* standard = find_embedded(kind.group, kind.kind, {Channel::Standard});
    return std::make_unique<const Schema>(*first, standard, object_meta_schema(), version, kind);
}

/// A kind's versions with one schema share it, which holds for every kind that is read.
struct Slot {
    std::once_flag once;
    std::unique_ptr<const Schema> schema;
};

struct Attempt {
    tree::Node object;
    diag::Diagnostics found;
    std::size_t errors = 0;
};

void check_parts(const tree::Node& object, const CompiledSchema& schema, Faults& faults) {
    const Link root;
    const Words words = schema.go_types ? Words::GoTypes : Words::Crd;
    // A server ignores the status of an object that is created, of CRDs even its types.
    const tree::Node* status = schema.go_types ? nullptr : object.find("status");
    if (!status) {
        validate(object, schema.root, words, root, faults);
        return;
    }
    std::vector<tree::Entry> entries;
    for (const tree::Entry& entry : object.entries()) {
        if (entry.key != "status") entries.push_back(entry);
    }
    validate(tree::Node::map(entries, object.position()), schema.root, words, root, faults);
}

void attempt(const tree::Node& object,
             tree::Arena& arena,
             const KnownKind& kind,
             const CompiledSchema& schema,
             const diag::ObjectRef& ref,
             Attempt& out) {
    Faults faults(ref, out.found);
    out.object = normalise(object, schema.root, arena, faults);
    check_metadata(out.object, kind, faults);
    check_parts(out.object, schema, faults);
    if (!faults.blocked()) {
        if (schema.go_types) {
            check_core_rules(out.object, kind, faults);
        } else {
            check_rules(out.object, schema.root, Link{}, faults);
        }
    }
    out.errors = faults.errors();
}

std::size_t unknown_fields(const diag::Diagnostics& found) {
    return static_cast<std::size_t>(
        std::count_if(found.items().begin(), found.items().end(), [](const auto& each) {
            return each.code == diag::Code::UnknownField;
        }));
}

}  // namespace

std::string_view group_of(std::string_view api_version) {
    const std::size_t slash = api_version.find('/');
    return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

const EmbeddedSchema& object_meta_schema() {
    const EmbeddedSchema* found = find_embedded("", "ObjectMeta", {Channel::Both});
    GATEFILE_CHECK(found);
    return *found;
}

const Schema* find_embedded_schema(std::string_view api_version, std::string_view kind) {
    static Slot slots[32];
    const KnownKind* known = find_kind(group_of(api_version), kind);
    if (!known || !known->read) return nullptr;
    const std::size_t slash = api_version.find('/');
    const std::string_view version =
        slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
    const auto served = std::find(known->versions.begin(), known->versions.end(), version);
    if (served == known->versions.end()) return nullptr;
    const auto index = static_cast<std::size_t>(known - known_kinds().data());
    GATEFILE_CHECK(index < std::size(slots));
    Slot& slot = slots[index];
    std::call_once(slot.once, [&] { slot.schema = make_schema(*known, known->versions.front()); });
    return slot.schema.get();
}

bool check_and_default(tree::Node& object,
                       tree::Arena& arena,
                       const Schema& schema,
                       const diag::ObjectRef& ref,
                       diag::Diagnostics& diagnostics) {
    Attempt first;
    attempt(object, arena, schema.kind(), schema.first(), ref, first);
    if (first.errors > 0 && schema.standard()) {
        // An object is good when either channel's CRDs take it. One that neither takes is told what
        // the standard channel says if that is less, unless the object uses an experimental field.
        Attempt standard;
        attempt(object, arena, schema.kind(), *schema.standard(), ref, standard);
        const bool is_standard = unknown_fields(standard.found) <= unknown_fields(first.found);
        if (is_standard && standard.errors < first.errors) first = std::move(standard);
    }
    diagnostics.append(first.found);
    if (first.errors > 0) return false;
    object = first.object;
    return true;
}

}  // namespace gatefile::api::schema
