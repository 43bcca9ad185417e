// SPDX-License-Identifier: Apache-2.0
//
// Label selectors over Namespaces, some of which may not be in the input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "context.hpp"

namespace gatefile::graph {

enum class Judgement : std::uint8_t {
    Yes,
    No,
    Unknown,  ///< it depends on labels of a Namespace that is not in the input
};

/// Whether what is in namespace `own` takes what is in `ns`.
Judgement takes(const api::Snapshot& snapshot,
                const Selection& selection,
                const api::RouteNamespaces& namespaces,
                std::string_view own,
                std::string_view ns);

/// "NS=KEY=VALUE" for --namespace-label, from the labels that the selector asks for.
std::string label_to_give(const api::LabelSelector& selector, std::string_view ns);

/// Whether labels that are all known fulfil a requirement.
bool holds(const api::LabelSelector::Expression& expression, std::optional<std::string_view> value);

}  // namespace gatefile::graph
