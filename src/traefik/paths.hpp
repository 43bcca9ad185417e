// SPDX-License-Identifier: Apache-2.0
//
// Paths of redirects and rewrites in the forms that Traefik's middlewares want.
#pragma once

#include <string>
#include <string_view>

namespace gatefile::traefik {

/// A replacement as it stands in a URL, with a leading slash and the escapes that Go gives it.
std::string escaped_path(std::string_view written);
/// The same without any escape.
std::string decoded_path(std::string_view written);
/// A matched prefix (ir::PrefixPath::matched: decoded but for reserved characters) as it stands in
/// Go's URL.EscapedPath.
std::string escaped_prefix(std::string_view matched);

}  // namespace gatefile::traefik
