// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/lazy.hpp"

#include <doctest/doctest.h>

namespace gatefile::base {
namespace {

TEST_CASE("a value is made once, and anew in a copy") {
    int made = 0;
    const auto make = [&made] { return ++made; };
    const Lazy<int> lazy;
    CHECK(lazy.get(make) == 1);
    CHECK(lazy.get(make) == 1);
    Lazy<int> copy = lazy;
    CHECK(copy.get(make) == 2);
    copy = lazy;
    CHECK(copy.get(make) == 3);
    CHECK(lazy.get(make) == 1);
    CHECK(copy == lazy);
}

}  // namespace
}  // namespace gatefile::base
