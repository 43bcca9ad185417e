// SPDX-License-Identifier: Apache-2.0
//
// A file's bytes as text, and the text as documents, before anything is parsed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/tree/read.hpp"

namespace gatefile::tree {

/// The bytes without their byte order mark, as UTF-8 when they are UTF-16 (`storage` then holds
/// them). Bytes that are not UTF-8 stay: that is judged document by document.
std::string_view decode_text(std::string_view bytes, std::string& storage);

struct Chunk {
    std::string_view text;
    std::uint32_t first_line = 1;  ///< the line of the file in which it begins
};

/// The texts between lines that begin with `---`. What follows a line that begins so and goes on
/// with more than blanks and a comment is left out, up to the next `---`, and reported.
std::vector<Chunk> split_documents(std::string_view text, std::vector<Fault>& faults);

/// The place of a byte in a text that begins in `first_line`; columns count code points.
Position position_of(std::string_view text, std::size_t offset, std::uint32_t first_line);

}  // namespace gatefile::tree
