// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatefile::traefik {

/// The PEM blocks of a text, which may hold any bytes around and, to a lenient reader, inside them.
/// Traefik takes a certificate or key that is not PEM for the name of a file.
std::string pem_blocks(std::string_view text);

}  // namespace gatefile::traefik
