// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/removal.hpp"

#include <doctest/doctest.h>

#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::status {
namespace {

const std::string ours = "gatefile.dev/gateway-controller";

/// The planned body; empty where there is nothing to do.
std::string plan(const std::string& kind, const std::string& status, const OwnsGateway& owns = {}) {
    const auto object = tree::read_json(
        R"({"metadata":{"name":"x","namespace":"n","resourceVersion":"7"},"status":)" + status +
        "}");
    REQUIRE(object);
    const auto removal = plan_removal(kind, object->root, ours, owns);
    return removal ? removal->write.body : std::string();
}

std::string entry(const std::string& controller, const std::string& gateway) {
    return R"({"controllerName":")" + controller + R"(","parentRef":{"name":")" + gateway +
           R"("},"conditions":[]})";
}

std::string condition(const std::string& type, const std::string& status, const std::string& why) {
    return R"({"type":")" + type + R"(","status":")" + status + R"(","reason":")" + why + R"("})";
}

TEST_CASE("a route's entries of ours go, others' stay") {
    const std::string theirs = entry("example.com/theirs", "a");
    CHECK(plan("HTTPRoute", R"({"parents":[)" + entry(ours, "a") + "," + theirs + "]}")
              .find(R"("status":{"parents":[{"controllerName":"example.com/theirs")") !=
          std::string::npos);
    CHECK(plan("HTTPRoute", R"({"parents":[)" + theirs + "]}").empty());
    CHECK(plan("HTTPRoute", "null").empty());
}

TEST_CASE("a route that nobody else has told has no status afterwards") {
    CHECK(plan("HTTPRoute", R"({"parents":[)" + entry(ours, "a") + "]}") ==
          "{\"metadata\":{\"resourceVersion\":\"7\"},\"status\":null}\n");
}

TEST_CASE("entries for Gateways of another instance stay") {
    const OwnsGateway owns = [](std::string_view, std::string_view ns, std::string_view name) {
        return ns == "n" && name == "a";
    };
    const std::string body = plan(
        "HTTPRoute", R"({"parents":[)" + entry(ours, "a") + "," + entry(ours, "b") + "]}", owns);
    CHECK(body.find(R"("name":"b")") != std::string::npos);
    CHECK(body.find(R"("name":"a")") == std::string::npos);
}

TEST_CASE("what a new Gateway says is nobody's") {
    const std::string initial = condition("Accepted", "Unknown", "Pending");
    CHECK(plan("Gateway", R"({"conditions":[)" + initial + "]}").empty());
}

TEST_CASE("a Gateway is as it was when only we have told it") {
    const std::string body = plan("Gateway",
                                  R"({"addresses":[{"value":"192.0.2.1"}],"listeners":)"
                                  R"([{"name":"web","conditions":[]}],"conditions":[)" +
                                      condition("Accepted", "True", "Accepted") + "]}");
    CHECK(body == "{\"metadata\":{\"resourceVersion\":\"7\"},\"status\":null}\n");
}

TEST_CASE("others' conditions stay, with what the API server gives a new object") {
    const std::string body =
        plan("Gateway",
             R"({"conditions":[)" + condition("Accepted", "True", "Accepted") + "," +
                 condition("example.com/Watched", "True", "Theirs") + "]}");
    CHECK(body.find("example.com/Watched") != std::string::npos);
    CHECK(body.find("Waiting for controller") != std::string::npos);
    CHECK(body.find(R"("reason":"Accepted")") == std::string::npos);
    const std::string of_class =
        plan("GatewayClass",
             R"({"supportedFeatures":[{"name":"HTTPRoute"}],"conditions":[)" +
                 condition("Accepted", "True", "Accepted") + "," +
                 condition("example.com/Watched", "True", "Theirs") + "]}");
    CHECK(of_class.find("Programmed") == std::string::npos);
    CHECK(of_class.find(R"("supportedFeatures":null)") != std::string::npos);
}

TEST_CASE("addresses that another manager wrote stay") {
    const auto object = tree::read_json(
        R"({"metadata":{"resourceVersion":"7","managedFields":[{"manager":"metal",)"
        R"("subresource":"status","fieldsV1":{"f:status":{"f:addresses":{}}}}]},)"
        R"("status":{"addresses":[{"value":"192.0.2.1"}],"conditions":[)" +
        condition("Accepted", "True", "Accepted") + "]}}");
    REQUIRE(object);
    const auto removal = plan_removal("Gateway", object->root, ours, {});
    REQUIRE(removal);
    CHECK(removal->write.body.find("192.0.2.1") != std::string::npos);
    CHECK_FALSE(is_told_by_gatefile(object->root));
}

}  // namespace
}  // namespace gatefile::status
