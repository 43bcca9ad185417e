// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/bundle.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "gatefile/tree/read.hpp"

namespace gatefile::api {
namespace {

std::optional<std::string> said_of(std::string_view version) {
    const std::string text =
        "{metadata: {name: a, annotations: {gateway.networking.k8s.io/bundle-version: " +
        std::string(version) + "}}}";
    const auto read = tree::read(text, std::make_shared<const std::string>("crd.yaml"));
    REQUIRE(read.documents.size() == 1);
    return newer_bundle(read.documents[0].root);
}

TEST_CASE("a release is newer by its major and minor number") {
    CHECK(said_of("v1.8.0").value_or("").starts_with("Gateway API v1.8 is newer than v1.7,"));
    CHECK(said_of("v1.8.0-rc.1"));
    CHECK(said_of("v1.10.0"));
    CHECK(said_of("v2.0.0"));
    for (const char* known : {"v1.7.0", "v1.7.9", "v1.6.1", "v0.8.1"}) {
        CAPTURE(known);
        CHECK_FALSE(said_of(known));
    }
}

TEST_CASE("of a release that cannot be read nothing is said") {
    for (const char* text : {"main", "v9", "9.9.9", "v9.x.0", "vv9.9", "\"\"", "9", "[v9.9.9]"}) {
        CAPTURE(text);
        CHECK_FALSE(said_of(text));
    }
}

}  // namespace
}  // namespace gatefile::api
