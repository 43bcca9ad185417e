// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/store.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "gatefile/tree/read.hpp"

namespace gatefile::api {
namespace {

AnyObject service(std::string_view name, int port, std::string_view version = "1") {
    const std::string text = fmt::format(
        R"({{"metadata": {{"namespace": "shop", "name": "{}", "uid": "u", "resourceVersion": "{}"}},
            "spec": {{"ports": [{{"port": {}}}]}}}})",
        name,
        version,
        port);
    diag::Diagnostics found;
    const auto object = decode_object("Service", tree::read_json(text)->root, found);
    REQUIRE(object);
    return *object;
}

const diag::ObjectRef cart{"Service", "shop", "cart"};

TEST_CASE("only what is read counts as a change") {
    ObjectStore store;
    CHECK(store.put(service("cart", 80)));
    CHECK_FALSE(store.put(service("cart", 80, "2")));
    CHECK(store.put(service("cart", 81)));
    CHECK(store.find(cart)->uid == "u");
    CHECK(store.count("Service") == 1);
    CHECK(store.remove(cart));
    CHECK_FALSE(store.remove(cart));
    CHECK(store.find(cart) == nullptr);
}

TEST_CASE("snapshots share objects, and stay what they were") {
    ObjectStore store;
    store.put(service("b", 80));
    store.put(service("a", 80));
    const auto before = store.snapshot();
    store.put(service("b", 81));
    const auto after = store.snapshot();
    REQUIRE(before->services.size() == 2);
    CHECK(before->services[0].meta.name == "a");
    CHECK(&before->services[0] == &after->services[0]);
    CHECK(before->find_service("shop", "b")->ports[0].port == 80);
    CHECK(after->find_service("shop", "b")->ports[0].port == 81);
    CHECK(after->from_cluster);
}

TEST_CASE("a cluster that stands beside others shares its objects with the one alone") {
    ObjectStore home;
    home.put(service("a", 80));
    ObjectStore beside;
    beside.put(service("a", 81));
    beside.put(service("b", 82));
    const auto alone = home.snapshot();
    const auto joined = join(
        *alone, {.name = "home", .weight = 3, .members = {{"other", 0, beside.snapshot()}}});
    CHECK(&joined->services[0] == &alone->services[0]);
    CHECK(joined->services.size() == 1);
    CHECK(joined->cluster == "home");
    CHECK(joined->cluster_weight == 3);
    CHECK(joined->from_cluster);
    CHECK(joined->find_service("shop", "b") == nullptr);
    CHECK(joined->find_service("shop", "a")->ports[0].port == 80);
    REQUIRE(joined->members.size() == 1);
    CHECK(joined->members[0].objects->find_service("shop", "b")->ports[0].port == 82);
}

TEST_CASE("an object that is gone is marked, and back when it is put again") {
    ObjectStore store;
    store.put(service("cart", 80));
    CHECK(store.mark_gone(cart, true));
    CHECK_FALSE(store.mark_gone(cart, true));
    CHECK(store.find(cart)->gone);
    CHECK(store.put(service("cart", 80)));
    CHECK_FALSE(store.find(cart)->gone);
}

TEST_CASE("what cannot be read is refused, and unknown fields are none of our business") {
    const auto decode = [](std::string_view text, diag::Diagnostics& found) {
        return decode_object("Service", tree::read_json(text)->root, found).has_value();
    };
    diag::Diagnostics found;
    CHECK(decode(R"({"metadata": {"name": "a"}, "spec": {"future": {}}})", found));
    CHECK(found.empty());
    CHECK_FALSE(decode(R"({"metadata": {"name": "a"}, "spec": {"ports": 80}})", found));
    CHECK_FALSE(found.empty());
    CHECK_FALSE(decode(R"({"metadata": {}})", found));
    CHECK_FALSE(decode("[]", found));
}

}  // namespace
}  // namespace gatefile::api
