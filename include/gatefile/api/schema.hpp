// SPDX-License-Identifier: Apache-2.0
//
// Objects checked and defaulted as an API server does it before it stores them: from the structural
// schemas of Gateway API v1.7.0's CRDs (both channels; CEL rules included) and of core Kubernetes
// v1.36. src/api/schema/README.md says what is covered and where the data comes from.
// In: an object as read. Out: the same object with defaults filled in, or diagnostics in the API
// server's own words. Everything found is reported. Positions are not set here (api::locate).
#pragma once

#include <span>
#include <string_view>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api::schema {

/// A kind of one of the groups that gatefile knows, whether or not it reads it.
struct KnownKind {
    std::string_view group;  ///< "" for the core group
    std::string_view kind;
    bool namespaced = true;
    bool read = false;  ///< false: known by name only, to be skipped with a note
    /// Served versions, the preferred one first: "v1", "v1beta1". Empty when `read` is false.
    std::span<const std::string_view> versions;
};

/// Null for a kind that nobody here has heard of.
const KnownKind* find_kind(std::string_view group, std::string_view kind);

/// "gateway.networking.k8s.io" of "gateway.networking.k8s.io/v1", "" of "v1".
std::string_view group_of(std::string_view api_version);

/// One kind in one served version. Parsed at its first use, kept for the life of the process.
class Schema;

/// Null unless the kind is read and the version served. Safe from any thread.
const Schema* find(std::string_view api_version, std::string_view kind);

/// Checks `object` and replaces it by its defaulted form, whose new parts live in `arena` (the rest
/// is shared with the old one, so the old arena must live on: use the document's own).
/// `metadata.namespace` may be absent: the caller gives the default one. False when the API server
/// would have refused the object; why is in `diagnostics`, under `ref`. Warnings do not count.
/// Values of Secrets never reach a message.
bool check_and_default(tree::Node& object,
                       tree::Arena& arena,
                       const Schema& schema,
                       const diag::ObjectRef& ref,
                       diag::Diagnostics& diagnostics);

}  // namespace gatefile::api::schema
