// SPDX-License-Identifier: Apache-2.0
//
// Objects checked and defaulted as an API server does it before it stores them: from the structural
// schemas of Gateway API v1.7.0's CRDs (both channels; CEL rules included) and of core Kubernetes
// v1.36. src/api/schema/README.md says what is covered and where the data comes from.
// In: an object as read. Out: the same object with defaults filled in, or diagnostics in the API
// server's own words. Everything found is reported. Positions are not set here (api::locate).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
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

/// CustomResourceDefinitions of the user's own, for kinds that are read. Immutable.
class Definitions {
public:
    /// Takes the definitions of kinds that are read; what else is in the documents is left alone.
    /// The Error (kind Usage) names file and line of what cannot be understood: a schema that is
    /// not structural, a keyword or a rule that is none.
    static base::Result<std::shared_ptr<const Definitions>>
    read(std::span<const tree::Document> documents);
    ~Definitions();
    Definitions(const Definitions&) = delete;
    Definitions& operator=(const Definitions&) = delete;

    bool has(std::string_view group, std::string_view kind) const;
    /// Said of the first one of a newer release of the Gateway API than this gatefile knows.
    const std::optional<diag::Diagnostic>& newer() const;

private:
    Definitions();
    struct State;
    std::unique_ptr<State> state_;
    friend const Schema*
    find(std::string_view api_version, std::string_view kind, const Definitions* definitions);
    friend std::vector<std::string_view> served_versions(const KnownKind& kind,
                                                         const Definitions* definitions);
};

/// Null unless the kind is read and the version served. Safe from any thread. `definitions` (may be
/// null) come before the embedded schemas.
const Schema*
find(std::string_view api_version, std::string_view kind, const Definitions* definitions = nullptr);

/// The versions that find() knows, the preferred one first.
std::vector<std::string_view> served_versions(const KnownKind& kind,
                                              const Definitions* definitions);

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
