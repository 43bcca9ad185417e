// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/events.hpp"

#include <doctest/doctest.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::status {
namespace {

const Reporter reporter{"gatefile.dev/gateway-controller", "pod-a"};

std::vector<Event> told(const Report& before, const Report& after) {
    return events(
        before, after, [](const diag::ObjectRef& o) { return "uid-" + o.name; }, reporter, {60});
}

Condition condition(std::string type, bool status, std::string reason, std::string message) {
    return {std::move(type), status, std::move(reason), std::move(message), 1};
}

ObjectStatus gateway(std::string name, bool programmed) {
    ObjectStatus status;
    status.object = {"Gateway", "infra", std::move(name)};
    status.api_version = "gateway.networking.k8s.io/v1";
    status.conditions = {condition("Accepted", true, "Accepted", "The Gateway is accepted"),
                         condition("ResolvedRefs", programmed, "ResolvedRefs", ""),
                         condition("Programmed",
                                   programmed,
                                   programmed ? "Programmed" : "Pending",
                                   programmed ? "The Gateway is served" : "not loaded")};
    return status;
}

ObjectStatus route(std::string name, std::vector<std::pair<std::string, bool>> parents) {
    ObjectStatus status;
    status.object = {"HTTPRoute", "shop", std::move(name)};
    status.api_version = "gateway.networking.k8s.io/v1";
    for (auto& [section, accepted] : parents) {
        RouteParentStatus parent;
        parent.parent_ref = {"gateway.networking.k8s.io", "Gateway", "infra", "gate", section, {}};
        parent.conditions = {condition("Accepted",
                                       accepted,
                                       accepted ? "Accepted" : "NoMatchingParent",
                                       accepted ? "The route is accepted" : "no such listener")};
        status.parents.push_back(std::move(parent));
    }
    return status;
}

std::string field(const Event& event, std::string_view key) {
    const auto document = tree::read_json(event.body);
    REQUIRE(document);
    const tree::Node* value = document->root.find(key);
    REQUIRE(value != nullptr);
    return std::string(value->as_string());
}

/// "type reason: note" each.
std::vector<std::string> words(const std::vector<Event>& all) {
    std::vector<std::string> text;
    for (const Event& event : all) {
        text.push_back(field(event, "type") + " " + field(event, "reason") + ": " +
                       field(event, "note"));
    }
    return text;
}

using Words = std::vector<std::string>;

TEST_CASE("as the API has it") {
    const auto all = told({{gateway("gate", true)}}, {{gateway("gate", false)}});
    REQUIRE(all.size() == 1);
    CHECK(all[0].ns == "infra");
    std::string body = all[0].body;
    const std::size_t suffix = body.find(R"("name":"gate.)") + 13;
    body.replace(suffix, 16, "*");
    CHECK(body ==
          R"({"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"gate.*",)"
          R"("namespace":"infra"},"eventTime":"1970-01-01T00:01:00.000000Z",)"
          R"("reportingController":"gatefile.dev/gateway-controller","reportingInstance":"pod-a",)"
          R"("action":"Program","reason":"NotProgrammed","regarding":{"apiVersion":)"
          R"("gateway.networking.k8s.io/v1","kind":"Gateway","namespace":"infra","name":"gate",)"
          R"("uid":"uid-gate"},"note":"Pending: not loaded","type":"Warning"})"
          "\n");
}

TEST_CASE("only what turned is told") {
    CHECK(told({{gateway("gate", true)}}, {{gateway("gate", true)}}).empty());
    CHECK(told({{gateway("gate", false)}}, {{gateway("gate", false)}}).empty());
    CHECK(words(told({{gateway("gate", false)}}, {{gateway("gate", true)}})) ==
          Words{"Normal Programmed: The Gateway is served"});
}

TEST_CASE("in the beginning only what is wrong is told") {
    CHECK(words(told({}, {{gateway("a", true), gateway("b", false)}})) ==
          Words{"Warning NotProgrammed: Pending: not loaded"});
    CHECK(told({{gateway("a", true)}}, {}).empty());
}

TEST_CASE("a route is told about each parent") {
    const Report before{{route("r", {{"web", true}, {"old", false}, {"tls", true}})}};
    const Report after{{route("r", {{"tls", false}, {"web", true}, {"new", true}, {"old", true}})}};
    CHECK(words(told(before, after)) ==
          Words{"Warning NotAccepted: Gateway infra/gate, listener tls: NoMatchingParent: no such "
                "listener",
                "Normal Accepted: Gateway infra/gate, listener old: The route is accepted"});
}

TEST_CASE("a parentRef that is mended is another one, and its way back is told") {
    const Report refused{{route("r", {{"wrong", false}})}};
    CHECK(words(told(refused, {{route("r", {{"web", true}})}})) ==
          Words{"Normal Accepted: Gateway infra/gate, listener web: The route is accepted"});
    CHECK(words(told(refused, {{route("r", {{"worse", false}})}})) ==
          Words{"Warning NotAccepted: Gateway infra/gate, listener worse: NoMatchingParent: no "
                "such listener"});
    CHECK(told(refused, {{route("r", {})}}).empty());
}

TEST_CASE("objects that come and go between do not hide others") {
    ObjectStatus first = gateway("z", false);
    first.object = {"GatewayClass", "", "z"};
    const Report before{{gateway("b", true), gateway("c", true), route("a", {{"web", true}})}};
    const Report after{
        {first, gateway("a", true), gateway("c", false), route("a", {{"web", false}})}};
    const auto all = told(before, after);
    REQUIRE(all.size() == 3);
    CHECK(all[0].ns == "default");
    CHECK(all[0].body.find(R"("kind":"GatewayClass","name":"z")") != std::string::npos);
    CHECK(all[1].body.find(R"("name":"c","uid")") != std::string::npos);
    CHECK(all[2].ns == "shop");
}

TEST_CASE("nothing is told of an object that is gone") {
    CHECK(
        events({}, {{gateway("a", false)}}, [](const auto&) { return ""; }, reporter, {0}).empty());
}

TEST_CASE("names differ where the events do, and fit") {
    const Report bad{{gateway("gate", false)}};
    const auto name = [&](base::Timestamp now) {
        const auto all = events(
            {}, bad, [](const auto&) { return "u"; }, reporter, now);
        return all.at(0).body.substr(0, 120);
    };
    CHECK(name({1}) == name({1}));
    CHECK(name({1}) != name({2}));
    const Report longest{{gateway(std::string(235, 'a') + "-" + std::string(17, 'b'), false)}};
    const auto document = tree::read_json(told({}, longest).at(0).body);
    const auto fitted = document->root.find("metadata")->find("name")->as_string();
    CHECK(fitted.size() == 235 + 1 + 16);
    CHECK(fitted.starts_with(std::string(235, 'a') + "."));
}

TEST_CASE("a note is cut between characters") {
    ObjectStatus status = gateway("gate", false);
    Condition& condition = status.conditions[2];
    condition.message.clear();
    for (int i = 0; i < 1000; ++i) {
        condition.message += "\u00e4";
    }
    for (const char* more : {"", "x"}) {
        condition.message += more;
        condition.reason += more;
        const std::string note = field(told({}, Report{{status}}).at(0), "note");
        CHECK(note.size() <= 1024);
        CHECK(note.size() > 1020);
        CHECK(note.ends_with("\u00e4..."));
        CHECK(base::is_utf8(note));
    }
}

}  // namespace
}  // namespace gatefile::status
