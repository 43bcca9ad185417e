// SPDX-License-Identifier: Apache-2.0
//
// External authorisation (GEP-1494). Traefik's forwardAuth asks one fixed URL and tells of the
// request in X-Forwarded-*. So it asks the inner entry point, where a router that only it knows
// makes of these the request that the authorisation server wants, and takes it to the server's
// endpoints. Format `file` has no middlewares for the former.
#pragma once

#include <string>

#include "draft.hpp"

namespace gatefile::traefik {

/// Adds the middleware `name`, and what is behind the inner entry point. The graph let the filter
/// through, so that there is one.
void render_external_auth(Draft& draft,
                          const std::string& name,
                          const ir::ExternalAuth& auth,
                          const std::string& service);

}  // namespace gatefile::traefik
