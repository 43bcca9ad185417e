// SPDX-License-Identifier: Apache-2.0
//
// Filters that a listener runs on every request before a route is looked for (GEP-5224).
#pragma once

#include "backends.hpp"
#include "context.hpp"

namespace gatefile::graph {

/// Fills in the filters of a listener that has been judged otherwise. Where one cannot be run the
/// listener answers errors, accepted or not: no filter may be skipped, and no other listener may
/// take the requests without it.
void check_listener_filters(const Context& context,
                            const Gateway& gateway,
                            BackendResolver& backends,
                            Listener& listener);

}  // namespace gatefile::graph
