// SPDX-License-Identifier: Apache-2.0
//
// Percent-encoding in the path of a URL, as Go's net/url does it.
#pragma once

#include <string>
#include <string_view>

namespace gatefile::base {

/// The byte of an escape at the start of `text`; -1 when there is none.
int escaped_byte(std::string_view text);

/// Letters, digits, "-", ".", "_" and "~" (RFC 3986).
bool is_unreserved(char c);

/// "%2F" of a slash, in capitals.
void append_escape(std::string& out, char byte);

/// Every escape taken off; what is none stays.
std::string decode_path(std::string_view path);

/// Bytes with the escapes that Go gives them.
std::string encode_path(std::string_view bytes);

/// A path as Go sends it on: with its own escapes, if every byte that has none can do without; else
/// decoded as a whole and encoded again, so that a "%2F" becomes a slash.
std::string sent_on(std::string_view path);

}  // namespace gatefile::base
