// SPDX-License-Identifier: Apache-2.0
//
// A file of dynamic configuration as Traefik sees it before it looks at any field: YAML and TOML
// alike, scalars as the text that Go makes of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/tree/node.hpp"

namespace gatefile::traefik::check {

enum class Shape {
    Null,
    Scalar,
    List,
    Map,
    Date,  ///< what Go reads as a moment; Traefik cannot take it
};

struct RawField;

struct Raw {
    Shape shape = Shape::Null;
    std::string text;  ///< of a scalar
    tree::Position at;
    std::vector<Raw> items;
    std::vector<RawField> fields;
};

struct RawField {
    std::string key;
    tree::Position key_at;
    Raw value;
};

struct RawFault {
    tree::Position at;
    std::string text;
};

struct RawFile {
    Raw root;
    std::vector<RawFault> faults;
};

/// Of several documents Traefik reads the first.
RawFile raw_from_yaml(std::string_view text);
RawFile raw_from_toml(std::string_view text);

/// The value of a field, whatever its case; null when there is none or it is null.
const Raw* find(const Raw& map, std::string_view field);
/// The text of a scalar field; "" when there is none.
std::string_view text_of(const Raw& map, std::string_view field);
/// A list of scalars, or one scalar with commas, as Traefik takes both.
std::vector<std::string> list_of(const Raw& map, std::string_view field);
/// Go's ParseBool of a field.
bool is_true(const Raw& map, std::string_view field);
/// The items of a list of maps; others are empty to Traefik.
std::vector<const Raw*> maps_of(const Raw& map, std::string_view field);

}  // namespace gatefile::traefik::check
