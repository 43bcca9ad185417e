// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatefile::traefik::check {

/// Whether Traefik's file provider has a function of that name: Go's own, sprig's (v3.2.3, text),
/// `normalize` and `split`.
bool is_template_function(std::string_view name);

}  // namespace gatefile::traefik::check
