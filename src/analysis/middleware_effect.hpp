// SPDX-License-Identifier: Apache-2.0
//
// What a Middleware makes of a request, as far as its settings tell.
#pragma once

#include <cstdint>
#include <string>

#include "evaluate.hpp"

namespace gatefile::analysis {

enum class Known : std::uint8_t {
    Wholly,      ///< the evaluation has it all
    UnlessBusy,  ///< it lets requests through as they are, but for those that are too many
    NotAtAll,    ///< the request or who sends it decides, or a program of somebody else's
};

struct MiddlewareEffect {
    Known known = Known::NotAtAll;
    std::string text;  ///< a clause
};

/// Changes what `state` has seen and what it does to the answer, where that is known.
MiddlewareEffect run_middleware(const ir::ExtensionFilter& middleware, Evaluation& state);

}  // namespace gatefile::analysis
