// SPDX-License-Identifier: Apache-2.0
//
// The one place where text of users enters a rule. In: any bytes. Out: a literal of Go's expression
// syntax that Traefik's rule parser (go/parser and strconv.Unquote) reads back as exactly these
// bytes, and that cannot end early.
#pragma once

#include <string>
#include <string_view>

namespace gatefile::traefik {

/// `text` in backquotes where it is printable ASCII without one, else in double quotes, every byte
/// that is not printable ASCII as \xNN (Go source must be UTF-8 without NUL; the value need not
/// be).
void append_literal(std::string& rule, std::string_view text);
std::string literal(std::string_view text);

}  // namespace gatefile::traefik
