// SPDX-License-Identifier: Apache-2.0
//
// The fields of Traefik's dynamic configuration (schema.txt, which generate.py makes).
#pragma once

#include <string_view>
#include <vector>

namespace gatefile::traefik::check {

struct Struct;

enum class TypeKind { String, Bool, Int, Float, Duration, Any, Struct, List, Map };

struct Type {
    TypeKind kind = TypeKind::Any;
    const Struct* fields = nullptr;  ///< of a struct
    bool may_be_empty = false;       ///< of a struct: {} and true are taken
    std::vector<Type> element;       ///< of a list or map: one
};

struct Field {
    std::string_view name;
    Type type;
    bool is_dropped = false;  ///< Traefik takes the field and forgets its value
};

struct Struct {
    std::string_view name;
    std::vector<Field> fields;

    /// Whatever the case; null when there is none.
    const Field* find(std::string_view field) const;
};

/// The whole configuration: http, tcp, udp, tls.
const Struct& dynamic_schema();

}  // namespace gatefile::traefik::check
