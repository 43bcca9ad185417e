// SPDX-License-Identifier: Apache-2.0
//
// What becomes of TLS options in Traefik, for those who evaluate requests.
#pragma once

#include <vector>

#include "gatefile/ir/ir.hpp"
#include "gatefile/ir/tls_root.hpp"
#include "gatefile/traefik/render.hpp"

namespace gatefile::traefik {

/// The roots of all HTTPS listeners as render() makes them.
std::vector<ir::TlsRoot> tls_roots(const ir::Config& config, const RenderSettings& settings);

}  // namespace gatefile::traefik
