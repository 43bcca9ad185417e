// SPDX-License-Identifier: Apache-2.0
//
// The release of the Gateway API that a CustomResourceDefinition is of, which it says in an
// annotation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api {

inline constexpr std::string_view bundle_annotation = "gateway.networking.k8s.io/bundle-version";

/// What is to be said of a definition of a newer release than this gatefile knows; a clause.
/// Nothing of a known one, or where none is told. Of `definition` only the metadata counts.
std::optional<std::string> newer_bundle(const tree::Node& definition);

/// The same of one of the document's objects, if that is a definition, with its place.
std::optional<diag::Diagnostic> report_newer_bundle(const tree::Document& document,
                                                    const tree::Node& object);

}  // namespace gatefile::api
