// SPDX-License-Identifier: Apache-2.0
//
// A source file that is in the program as it is; src/embed.py puts it there.
#pragma once

#include <string_view>

namespace gatefile::base {

struct EmbeddedFile {
    std::string_view name;
    std::string_view bytes;
};

}  // namespace gatefile::base
