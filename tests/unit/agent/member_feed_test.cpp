// SPDX-License-Identifier: Apache-2.0
#include "member_feed.hpp"

#include <doctest/doctest.h>

namespace gatefile::agent {
namespace {

TEST_CASE("what is found in a cluster beside the home names it") {
    diag::Diagnostics found;
    found.add({.code = diag::Code::BackendNoEndpoints,
               .object = {"EndpointSlice", "shop", "app-1"},
               .path = {},
               .detail = "cannot be decoded"});
    const diag::Diagnostics told = found_in(found, "far");
    REQUIRE(told.items().size() == 1);
    CHECK(told.items()[0].detail == "cannot be decoded in cluster \"far\"");
    CHECK(told.items()[0].object.name == "app-1");
}

TEST_CASE("a cluster does not answer when most of what is followed fails") {
    using Fault = source::KindState::Fault;
    const auto kinds = [](std::vector<Fault> faults) {
        std::vector<source::KindState> made;
        for (const Fault fault : faults)
            made.push_back({.kind = "Service", .resource = "Service", .fault = fault, .problem = {}});
        return made;
    };
    CHECK_FALSE(is_unreachable({}));
    CHECK_FALSE(is_unreachable(kinds({Fault::None, Fault::Failing})));
    CHECK(is_unreachable(kinds({Fault::Failing, Fault::Failing})));
    // It answers, and says no.
    CHECK_FALSE(is_unreachable(kinds({Fault::Forbidden, Fault::Forbidden})));
}

}  // namespace
}  // namespace gatefile::agent
