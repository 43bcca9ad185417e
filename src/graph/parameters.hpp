// SPDX-License-Identifier: Apache-2.0
//
// parametersRef of GatewayClasses and Gateways: a ConfigMap with keys of ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "context.hpp"

namespace gatefile::graph {

/// Where the parameters are looked for.
struct ParametersRef {
    std::string_view group;
    std::string_view kind;
    std::string_view ns;
    std::string_view name;
};

/// Nothing when all is well; `into` is changed only then, and only where it has nothing yet: what a
/// class has chosen stays. `of_class`: a key that only who manages the class may set is taken.
std::optional<Finding> read_parameters(const Context& context,
                                       const ParametersRef& ref,
                                       bool of_class,
                                       diag::Code code,
                                       Parameters& into);

}  // namespace gatefile::graph
