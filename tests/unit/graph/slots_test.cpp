// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "built.hpp"

namespace gatefile::graph::test {
namespace {

std::string plain_gateway(std::string_view name, std::string_view addresses = "") {
    return "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: " +
           std::string(name) +
           ", namespace: infra}\nspec:\n  gatewayClassName: ours\n  listeners:\n"
           "  - {name: web, port: 80, protocol: HTTP}\n" +
           (addresses.empty() ? "" : "  addresses: " + std::string(addresses) + "\n") + "---\n";
}

Slot slot(std::string name, std::optional<std::string> address, std::uint16_t port = 80) {
    return {name, std::move(address), {{port, Transport::Tcp, name + "-web", port}}};
}

Capabilities with(std::vector<Slot> slots) {
    Capabilities capabilities = capable();
    capabilities.slots = std::move(slots);
    return capabilities;
}

TEST_CASE("one slot is shared by all Gateways") {
    const Built built = build_from(our_class + plain_gateway("a") + plain_gateway("b"),
                                   with({slot("only", "192.0.2.1")}));
    CHECK(built.gateway("a").slot == 0);
    CHECK(built.gateway("b").slot == 0);
    CHECK(built.gateway("b").addresses == std::vector<std::string>{"192.0.2.1"});
}

TEST_CASE("of several slots each Gateway gets its own, by name") {
    const Built built =
        build_from(our_class + plain_gateway("b") + plain_gateway("a") + plain_gateway("c"),
                   with({slot("one", "192.0.2.1"), slot("two", "192.0.2.2")}));
    CHECK(built.gateway("a").slot == 0);
    CHECK(built.gateway("b").slot == 1);
    CHECK_FALSE(built.gateway("c").slot);
    CHECK_FALSE(built.gateway("c").listeners[0].serves);
    CHECK(built.count(diag::Code::AddressNotAssigned) == 1);
}

TEST_CASE("a Gateway that asks for an address comes before those that do not") {
    const Built built =
        build_from(our_class + plain_gateway("a") + plain_gateway("b", "[{value: 192.0.2.1}]"),
                   with({slot("one", "192.0.2.1"), slot("two", "192.0.2.2")}));
    CHECK(built.gateway("b").slot == 0);
    CHECK(built.gateway("a").slot == 1);
}

TEST_CASE("an address that no slot has, or that is taken, is not usable") {
    const Built built = build_from(our_class + plain_gateway("a", "[{value: 192.0.2.1}]") +
                                       plain_gateway("b", "[{value: 192.0.2.1}]") +
                                       plain_gateway("c", "[{value: 192.0.2.9}]"),
                                   with({slot("one", "192.0.2.1"), slot("two", "192.0.2.2")}));
    CHECK(built.gateway("a").slot == 0);
    CHECK_FALSE(built.gateway("b").slot);
    CHECK_FALSE(built.gateway("c").slot);
    CHECK(built.count(diag::Code::AddressNotUsable) == 2);
}

TEST_CASE("one good address among bad ones is served and reported alone") {
    const Built built =
        build_from(our_class + plain_gateway("a", "[{value: 192.0.2.9}, {value: 192.0.2.1}]"),
                   with({slot("one", "192.0.2.1")}));
    CHECK(built.gateway("a").slot == 0);
    CHECK(built.gateway("a").addresses == std::vector<std::string>{"192.0.2.1"});
    CHECK(built.has(diag::Code::AddressNotUsable, "spec.addresses[0]"));
}

TEST_CASE("an address type that cannot be given refuses the Gateway") {
    const Built built = build_from(our_class + plain_gateway("a", "[{type: test/fake, value: x}]"),
                                   with({slot("one", "192.0.2.1")}));
    CHECK_FALSE(built.gateway("a").accepted);
    CHECK_FALSE(built.gateway("a").slot);
    CHECK(built.has(diag::Code::AddressUnsupported, "spec.addresses[0]"));
}

TEST_CASE("an address without value takes one of its type") {
    const std::vector<Slot> slots = {slot("ip", "192.0.2.1"), slot("name", "gate.example")};
    const Built built = build_from(our_class + plain_gateway("a", "[{type: Hostname}]") +
                                       plain_gateway("b", "[{}]"),
                                   with(slots));
    CHECK(built.gateway("a").slot == 1);
    CHECK(built.gateway("b").slot == 0);
}

TEST_CASE("a slot that serves the Gateway's ports goes before one that does not") {
    const Built built = build_from(our_class + plain_gateway("a"),
                                   with({slot("admin", "127.0.0.1", 8080), slot("main", "::1")}));
    CHECK(built.gateway("a").slot == 1);
}

TEST_CASE("a slot that is bound to every address takes any") {
    const Built built = build_from(our_class + plain_gateway("a", "[{value: 192.0.2.7}]"),
                                   with({slot("all", std::nullopt)}));
    CHECK(built.gateway("a").slot == 0);
    CHECK(built.gateway("a").addresses == std::vector<std::string>{"192.0.2.7"});
}

}  // namespace
}  // namespace gatefile::graph::test
