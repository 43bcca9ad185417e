// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatefile::traefik::check {

/// schema.txt, which the build puts into the binary (embed.py).
std::string_view schema_text();

}  // namespace gatefile::traefik::check
