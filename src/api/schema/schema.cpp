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
    // Of the versions before v1 some are of the experimental channel alone.
    const EmbeddedSchema* standard = find_embedded(kind.group, kind.kind, {Channel::Standard});
    const bool is_older = version != kind.versions.front();
    if (standard != nullptr && is_older && !has_version(*standard, version)) standard = nullptr;
    return std::make_unique<const Schema>(*first, standard, object_meta_schema(), version, kind);
}

/// Of one version of a kind.
struct Slot {
    std::once_flag once;
    std::unique_ptr<const Schema> own;
    const Schema* schema = nullptr;  ///< its own, or that of the preferred version
};
constexpr std::size_t most_kinds = 32;
constexpr std::size_t most_versions = 3;

/// `place`: of the version among those of the kind.
const Schema* schema_of(const KnownKind& kind, std::size_t place) {
    static Slot slots[most_kinds][most_versions];
    const auto index = static_cast<std::size_t>(&kind - known_kinds().data());
    GATEFILE_CHECK(index < most_kinds && place < most_versions);
    Slot& slot = slots[index][place];
    std::call_once(slot.once, [&] {
        const std::string_view preferred = kind.versions.front();
        const std::string_view version = kind.versions[place];
        const EmbeddedSchema* first =
            find_embedded(kind.group, kind.kind, {Channel::Both, Channel::Experimental});
        if (place > 0 && first != nullptr && are_one(*first, preferred, version)) {
            slot.schema = schema_of(kind, 0);
            return;
        }
        slot.own = make_schema(kind, version);
        slot.schema = slot.own.get();
    });
    return slot.schema;
}

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

/// Whether the object has a field that `wide` knows and `narrow` does not, however it is filled in.
bool knows_more(const diag::Diagnostics& wide, const diag::Diagnostics& narrow) {
    const auto is_unknown_to_both = [&](const diag::Diagnostic& item) {
        return std::ranges::any_of(wide.items(), [&](const diag::Diagnostic& other) {
            return other.code == item.code && other.path == item.path;
        });
    };
    return std::ranges::any_of(narrow.items(), [&](const diag::Diagnostic& item) {
        return item.code == diag::Code::UnknownField && !is_unknown_to_both(item);
    });
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
    const KnownKind* known = find_kind(group_of(api_version), kind);
    if (!known || !known->read) return nullptr;
    const std::size_t slash = api_version.find('/');
    const std::string_view version =
        slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
    const auto served = std::find(known->versions.begin(), known->versions.end(), version);
    if (served == known->versions.end()) return nullptr;
    return schema_of(*known, static_cast<std::size_t>(served - known->versions.begin()));
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
        const bool is_standard = !knows_more(first.found, standard.found);
        if (is_standard && standard.errors < first.errors) first = std::move(standard);
    }
    diagnostics.append(first.found);
    if (first.errors > 0) return false;
    object = first.object;
    return true;
}

}  // namespace gatefile::api::schema
