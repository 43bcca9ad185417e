// SPDX-License-Identifier: Apache-2.0
//
// What `gatefile explain CODE` and gatefile-diagnostics(7) say of a code beyond its meaning.
#pragma once

#include <string>
#include <string_view>

#include "gatefile/diag/code.hpp"

namespace gatefile::diag {

struct Page {
    std::string_view cure;     ///< what to do, in sentences
    std::string_view example;  ///< of a manifest and the message about it, in lines; may be empty
};

const Page& page(Code code);

/// All that there is to say of a code, for a terminal; ends with a newline.
std::string print_page(Code code);

}  // namespace gatefile::diag
