// SPDX-License-Identifier: Apache-2.0
//
// The one spelling in which paths are compared: percent-encoding is taken off, except of the
// characters that RFC 3986 §2.2 reserves and of "%" itself, which stay as "%2F" with capitals. This
// is what Traefik routes by (muxer/http withRoutingPath, entry point normalizePath, sanitizePath).
#pragma once

#include <string>
#include <string_view>

namespace gatefile::ir {

/// A path as written in a route. Its bytes need not be UTF-8 afterwards.
std::string comparable_path(std::string_view written);

/// A comparable path without its trailing slashes; "/" for the root.
std::string_view comparable_prefix(std::string_view comparable);

}  // namespace gatefile::ir
