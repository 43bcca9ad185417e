// SPDX-License-Identifier: Apache-2.0
//
// What one run of render() works on: its inputs, and the model as far as it has come.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/ir/ir.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/render.hpp"

namespace gatefile::traefik {

struct Draft {
    const ir::Config& config;
    const RenderSettings& settings;
    diag::Diagnostics& diagnostics;
    Dynamic dynamic;
    std::set<std::string> extensions;  ///< names of the middlewares made so far
    std::int64_t hops = 0;             ///< routers of the inner entry point so far
    std::vector<int> status_services;  ///< made so far, see status_service()

    bool is_file() const { return settings.format == Format::File; }
};

/// The service that answers `status` to everything; made when first asked for.
std::string status_service(Draft& draft, int status);
std::string status_service_name(int status);

}  // namespace gatefile::traefik
