// SPDX-License-Identifier: Apache-2.0
//
// References to certificates of authorities, of BackendTLSPolicies and of Gateways: ConfigMaps
// (core), Secrets and ClusterTrustBundles.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "context.hpp"

namespace gatefile::graph {

struct Trust {
    enum class Result : std::uint8_t { Good, UnknownKind, Unusable };
    Result result = Result::Good;
    std::string_view pem;  ///< in the snapshot; empty unless good
    std::string detail;    ///< what is wrong: a clause
    std::string hint;
    std::optional<diag::ObjectRef> absent = {};  ///< set when the object is not there
};

/// `ns` is the namespace that the reference leads to, whether it may go there has been judged.
Trust resolve_trust(const Context& context, const api::ObjectReference& ref, std::string_view ns);

}  // namespace gatefile::graph
