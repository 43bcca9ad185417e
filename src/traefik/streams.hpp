// SPDX-License-Identifier: Apache-2.0
//
// Streams of the IR as Traefik's TCP and UDP routers (design.md §3.7). Traefik tries, whatever the
// priorities are: HTTPS routers that name a host, TCP routers with TLS, HTTPS routers that name
// none, TCP routers with TLS whose rule is exactly HostSNI(`*`). What no route wants is closed.
#pragma once

#include "draft.hpp"

namespace gatefile::traefik {

void render_streams(Draft& draft);

}  // namespace gatefile::traefik
