// SPDX-License-Identifier: Apache-2.0
//
// A structural schema ready for use: properties in order, patterns and rules compiled, defaults
// complete. Views point into the schema's own document.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../cel/program.hpp"
#include "embedded.hpp"
#include "gatefile/api/schema.hpp"
#include "gatefile/base/regex.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api::schema {

enum class Type : std::uint8_t { Any, Object, Array, String, Integer, Number, Boolean };
enum class Format : std::uint8_t { None, Int32, Int64, DateTime, Ipv4, Ipv6, Byte };
enum class ListType : std::uint8_t { Atomic, Set, Map };

struct Rule {
    std::string_view text;
    std::string_view message;
    cel::Program program;
    std::string unsupported;  ///< why it did not compile; empty when it did
};

struct Pattern {
    std::string_view text;
    base::Regex regex;
};

struct SchemaNode;

struct Property {
    std::string_view name;
    bool required = false;
    std::unique_ptr<SchemaNode> schema;
};

struct SchemaNode {
    Type type = Type::Any;
    Format format = Format::None;
    ListType list_type = ListType::Atomic;
    bool nullable = false;
    bool int_or_string = false;
    bool preserve_unknown = false;
    bool empty_is_absent = false;  ///< "" gets the default, too: Go strings, not pointers to them
    bool null_is_empty = false;    ///< a null in a Go map of strings is ""
    bool sensitive = false;        ///< values below never reach a message
    bool has_rules = false;        ///< here or below
    std::uint64_t required = 0;    ///< bit i: properties[i] is required
    std::uint64_t defaulted = 0;   ///< bit i: properties[i] has a default
    std::vector<Property> properties;  ///< by length and name, at most 64
    std::vector<std::uint8_t> places;  ///< find()'s hash table: index + 1, or 0
    std::unique_ptr<SchemaNode> additional;
    std::unique_ptr<SchemaNode> items;
    std::optional<tree::Node> default_value;
    std::vector<tree::Node> enumeration;  ///< strings or integers
    std::optional<Pattern> pattern;
    std::optional<std::int64_t> min_length, max_length, min_items, max_items;
    std::optional<std::int64_t> min_properties, max_properties, minimum, maximum;
    std::vector<std::string_view> list_keys;
    std::vector<std::unique_ptr<SchemaNode>> all_of, any_of, one_of;
    std::unique_ptr<SchemaNode> negated;
    std::vector<std::unique_ptr<Rule>> rules;

    /// To be called when all properties have their names.
    void index_properties();
    /// The index of a property, or properties.size().
    std::size_t find(std::string_view name) const;
};

/// One kind of one channel.
struct CompiledSchema {
    tree::Document document;
    tree::Document meta_document;
    SchemaNode root;
    bool go_types = false;  ///< a core kind: decoded into Go types by the server, no CRD
};

bool has_version(const EmbeddedSchema& embedded, std::string_view version);
/// Whether two versions have one schema.
bool are_one(const EmbeddedSchema& embedded, std::string_view a, std::string_view b);

/// From an embedded text; `version` chooses among its schemas. The data is ours: a fault in it is a
/// broken invariant.
std::unique_ptr<const CompiledSchema> compile(const EmbeddedSchema& embedded,
                                              std::string_view version,
                                              const EmbeddedSchema& object_meta);

/// From a schema that was checked (definitions.cpp) and stands alone in `document`. `bad_default` is
/// the place of a default that its own schema refuses.
std::unique_ptr<const CompiledSchema> compile(tree::Document document,
                                              const EmbeddedSchema& object_meta,
                                              std::optional<tree::Position>& bad_default);

/// find() without definitions.
const Schema* find_embedded_schema(std::string_view api_version, std::string_view kind);

/// What is the same in all kinds.
const EmbeddedSchema& object_meta_schema();

/// All of find_kind's, those that are read first.
std::span<const KnownKind> known_kinds();

class Schema {
public:
    Schema(const EmbeddedSchema& first,
           const EmbeddedSchema* standard,
           const EmbeddedSchema& object_meta,
           std::string_view version,
           const KnownKind& kind);
    /// Of the user's own definition.
    Schema(const KnownKind& kind, std::unique_ptr<const CompiledSchema> defined);

    const KnownKind& kind() const { return kind_; }
    /// What objects are checked against first: the experimental channel's schema where the channels
    /// differ, because it has all fields.
    const CompiledSchema& first() const { return *first_; }
    /// The standard channel's, compiled when it is first needed; null where the channels agree.
    const CompiledSchema* standard() const;

private:
    const KnownKind& kind_;
    std::string_view version_;
    const EmbeddedSchema* standard_text_;
    const EmbeddedSchema& object_meta_;
    std::unique_ptr<const CompiledSchema> first_;
    mutable std::once_flag standard_once_;
    mutable std::unique_ptr<const CompiledSchema> standard_;
};

}  // namespace gatefile::api::schema
