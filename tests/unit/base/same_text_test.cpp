// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/same_text.hpp"

#include <doctest/doctest.h>

#include <string>

namespace gatefile::base {

TEST_CASE("same_text is == whatever the length and wherever the difference") {
    for (std::size_t size = 0; size <= 40; ++size) {
        const std::string text(size, 'a');
        CHECK(same_text(text, std::string(size, 'a')));
        CHECK_FALSE(same_text(text, text + "a"));
        for (std::size_t at = 0; at < size; ++at) {
            std::string other = text;
            other[at] = 'b';
            CHECK_FALSE(same_text(text, other));
        }
    }
    CHECK(same_text({}, ""));
}

}  // namespace gatefile::base
