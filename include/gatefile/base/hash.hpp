// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 for generation marks, ownership records and name suffixes; SHA-1 for what others want it
// for.
#pragma once

#include <string>
#include <string_view>

namespace gatefile::base {

/// The 32 bytes themselves.
std::string sha256(std::string_view bytes);

/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// The 20 bytes themselves.
std::string sha1(std::string_view bytes);

}  // namespace gatefile::base
