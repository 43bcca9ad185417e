// SPDX-License-Identifier: Apache-2.0
#include "../../../src/graph/tls_options.hpp"

#include <doctest/doctest.h>

namespace gatefile::graph {
namespace {

TEST_CASE("known options with values that are in use pass") {
    CHECK_FALSE(option_fault("gatefile.dev/min-version", "1.2", OptionsOf::Listener));
    CHECK_FALSE(option_fault("gatefile.dev/max-version", "VersionTLS13", OptionsOf::Listener));
    CHECK_FALSE(option_fault("gatefile.dev/cipher-suites",
                             "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256",
                             OptionsOf::Listener));
    CHECK_FALSE(option_fault("gatefile.dev/curves", "X25519,CurveP256", OptionsOf::Listener));
    CHECK_FALSE(option_fault("gatefile.dev/cert-resolver", "lets-encrypt", OptionsOf::Listener));
}

TEST_CASE("what would be ignored in silence is refused") {
    CHECK(option_fault("gatefile.dev/min-version", "TLS1.2", OptionsOf::Listener));
    CHECK(option_fault("gatefile.dev/min-version", "", OptionsOf::Listener));
    CHECK(option_fault("gatefile.dev/cipher-suites", "", OptionsOf::Listener));
    CHECK(
        option_fault("gatefile.dev/cipher-suites", "TLS_AES_128_GCM_SHA256,", OptionsOf::Listener));
    CHECK(option_fault("gatefile.dev/curves", "P-256", OptionsOf::Listener));
    CHECK(option_fault("gatefile.dev/cert-resolver", "", OptionsOf::Listener));
    CHECK(option_fault("gatefile.dev/cert-resolver", "a`b", OptionsOf::Listener));
    CHECK(option_fault("example.com/min-version", "1.2", OptionsOf::Listener));
}

TEST_CASE("a key that is nearly right is suggested") {
    const auto fault = option_fault("gatefile.dev/min-versions", "1.2", OptionsOf::Listener);
    REQUIRE(fault);
    CHECK(fault->find("did you mean gatefile.dev/min-version?") != std::string::npos);
}

TEST_CASE("the lowest version must not be above the highest") {
    const auto options = [](const char* lowest, const char* highest) {
        return api::StringMap{{"gatefile.dev/max-version", highest},
                              {"gatefile.dev/min-version", lowest}};
    };
    CHECK(options_fault(options("1.3", "VersionTLS12")));
    CHECK_FALSE(options_fault(options("1.2", "VersionTLS12")));
    CHECK_FALSE(options_fault({}));
}

}  // namespace
TEST_CASE("backends have no curves and no resolver") {
    CHECK_FALSE(option_fault("gatefile.dev/min-version", "1.3", OptionsOf::Backend));
    CHECK_FALSE(
        option_fault("gatefile.dev/cipher-suites", "TLS_AES_128_GCM_SHA256", OptionsOf::Backend));
    CHECK(option_fault("gatefile.dev/curves", "X25519", OptionsOf::Backend));
    CHECK(option_fault("gatefile.dev/cert-resolver", "lets-encrypt", OptionsOf::Backend));
}

}  // namespace gatefile::graph
