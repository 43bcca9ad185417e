// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/loading.hpp"

#include <doctest/doctest.h>

namespace gatefile::status {
namespace {

using State = Loading::State;

/// A Gateway with a listener that is served and one that is not, and a route.
Report published() {
    const auto condition = [](std::string type, bool status, std::string reason, std::string text) {
        return Condition{std::move(type), status, std::move(reason), std::move(text), 7};
    };
    ObjectStatus gateway;
    gateway.object = {"Gateway", "infra", "gate"};
    gateway.conditions = {condition("Accepted", true, "Accepted", "The Gateway is accepted"),
                          condition("Programmed", true, "Programmed", "The Gateway is served")};
    gateway.listeners = {
        {"web", {}, 0, {condition("Programmed", true, "Programmed", "The listener is served")}},
        {"bad", {}, 0, {condition("Programmed", false, "Invalid", "No certificate")}}};
    ObjectStatus route;
    route.object = {"HTTPRoute", "shop", "cart"};
    route.parents = {{{}, "c", {condition("Accepted", true, "Accepted", "The route is accepted")}}};
    Report report;
    report.objects = {gateway, route};
    return report;
}

std::string text(const Condition& condition) {
    return std::string(condition.status ? "True " : "False ") + condition.reason + ": " +
           condition.message;
}

TEST_CASE("what is published or loaded is Programmed as it was") {
    for (const State state : {State::Unproven, State::Loaded}) {
        const Report report = with_loading(published(), {state, 1, 1, ""});
        CHECK(text(report.objects[0].conditions[1]) == "True Programmed: The Gateway is served");
        CHECK(text(report.objects[0].listeners[0].conditions[0]) ==
              "True Programmed: The listener is served");
    }
}

TEST_CASE("what is not loaded is not Programmed, and says why") {
    const Report report = with_loading(published(), {State::NotLoaded, 0, 1, "not seen in 10 s"});
    const ObjectStatus& gateway = report.objects[0];
    CHECK(text(gateway.conditions[0]) == "True Accepted: The Gateway is accepted");
    CHECK(text(gateway.conditions[1]) == "False Pending: not seen in 10 s");
    CHECK(gateway.conditions[1].observed_generation == 7);
    CHECK(text(gateway.listeners[0].conditions[0]) == "False Pending: not seen in 10 s");
    CHECK(text(gateway.listeners[1].conditions[0]) == "False Invalid: No certificate");
    CHECK(report.objects[1].parents[0].conditions == published().objects[1].parents[0].conditions);
}

TEST_CASE("with several Traefiks the message counts") {
    const Report most = with_loading(published(), {State::Loaded, 2, 3, ""});
    CHECK(text(most.objects[0].conditions[1]) ==
          "True Programmed: The Gateway is served by 2 of 3 Traefiks");
    CHECK(text(most.objects[0].listeners[0].conditions[0]) ==
          "True Programmed: The listener is served by 2 of 3 Traefiks");
    CHECK(text(most.objects[0].listeners[1].conditions[0]) == "False Invalid: No certificate");
    const Report none = with_loading(published(), {State::NotLoaded, 0, 3, "not seen in 10 s"});
    CHECK(text(none.objects[0].conditions[1]) ==
          "False Pending: not seen in 10 s; served by 0 of 3 Traefiks");
}

TEST_CASE("of what is held only what differs waits") {
    const diag::ObjectRef gate{"Gateway", "infra", "gate"};
    Loading held{.state = State::Loaded, .loaded = 1, .note = "publishing is paused"};
    CHECK(text(with_loading(published(), held).objects[0].conditions[1]) ==
          "True Programmed: The Gateway is served; publishing is paused");
    held.waiting[gate] = "rolled back; changes wait";
    const Report waits = with_loading(published(), held);
    CHECK(text(waits.objects[0].conditions[1]) == "False Pending: rolled back; changes wait");
    CHECK(text(waits.objects[0].listeners[0].conditions[0]) ==
          "False Pending: rolled back; changes wait");
    CHECK(text(waits.objects[0].listeners[1].conditions[0]) == "False Invalid: No certificate");
}

TEST_CASE("a problem without words has some, one with too many is cut") {
    const auto message = [](std::string problem) {
        return with_loading(published(), {State::NotLoaded, 0, 1, std::move(problem)})
            .objects[0]
            .conditions[1]
            .message;
    };
    CHECK(message("") == "Traefik has not loaded it");
    CHECK(message(std::string(40000, 'x')).size() == 32768);
}

}  // namespace
}  // namespace gatefile::status
