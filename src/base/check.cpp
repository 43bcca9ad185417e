// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>

#include "gatefile/base/result.hpp"

namespace gatefile::base {

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "gatefile: %s:%d: broken invariant: %s\n", file, line, condition);
    std::abort();
}

}  // namespace gatefile::base
