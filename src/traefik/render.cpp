// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/render.hpp"

#include <algorithm>
#include <vector>

#include "draft.hpp"
#include "routers.hpp"
#include "services.hpp"
#include "tls.hpp"

namespace gatefile::traefik {

Dynamic
render(const ir::Config& config, const RenderSettings& settings, diag::Diagnostics& diagnostics) {
    Draft draft{.config = config, .settings = settings, .diagnostics = diagnostics};
    const std::vector<Target> targets = render_rules(draft);
    render_listeners(draft, targets);
    render_certificates(draft);
    Dynamic& out = draft.dynamic;
    std::ranges::sort(out.routers, {}, &Router::name);
    std::ranges::sort(out.middlewares, {}, &Middleware::name);
    std::ranges::sort(out.services, {}, &Service::name);
    std::ranges::sort(out.transports, {}, &ServersTransport::name);
    std::ranges::sort(out.tls_options, {}, &TlsOptions::name);
    return std::move(draft.dynamic);
}

}  // namespace gatefile::traefik
