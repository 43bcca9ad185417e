// SPDX-License-Identifier: Apache-2.0
//
// What Traefik's decoder (paerser) says of one file's fields. Any error refuses the whole
// directory.
#pragma once

#include <string>

#include "check/raw.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::traefik::check {

/// Whether the file can be decoded; what is wrong goes to `out`.
bool check_fields(const Raw& root, const std::string& file, diag::Diagnostics& out);

}  // namespace gatefile::traefik::check
