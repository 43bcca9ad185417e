// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/write.hpp"

#include <doctest/doctest.h>

#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::status {
namespace {

const std::string ours = "gatefile.dev/gateway-controller";
constexpr base::Timestamp now{60};

tree::Document parse(std::string_view json) {
    auto document = tree::read_json(json);
    REQUIRE(document);
    return std::move(document).value();
}

std::optional<Write>
plan(const ObjectStatus& wanted, std::string_view held, const OwnsGateway& owns = {}) {
    const tree::Document document = parse(held);
    return plan_write(wanted, {"41", document.root}, ours, now, owns);
}

/// The planned body as YAML of its status, so that a difference can be read.
std::string status_of(const std::optional<Write>& write) {
    REQUIRE(write);
    const tree::Document body = parse(write->body);
    return tree::write_json(*body.root.find("status"), tree::JsonStyle::Compact);
}

Condition condition(std::string type, bool status, std::int64_t generation = 3) {
    const std::string reason = type;
    return {std::move(type), status, reason, "words", generation};
}

ObjectStatus gateway() {
    ObjectStatus wanted;
    wanted.object = {"Gateway", "infra", "gate"};
    wanted.api_version = "gateway.networking.k8s.io/v1";
    wanted.conditions = {condition("Accepted", true), condition("Programmed", true)};
    wanted.addresses = {{"IPAddress", "192.0.2.1"}};
    wanted.listeners = {
        {"web", {{"gateway.networking.k8s.io", "HTTPRoute"}}, 2, {condition("Accepted", true)}}};
    return wanted;
}

constexpr std::string_view accepted =
    R"({"type":"Accepted","status":"True","reason":"Accepted","message":"words",)"
    R"("observedGeneration":3,"lastTransitionTime":"2020-01-01T00:00:00Z"})";
constexpr std::string_view programmed =
    R"({"type":"Programmed","status":"True","reason":"Programmed","message":"words",)"
    R"("observedGeneration":3,"lastTransitionTime":"2020-01-01T00:00:00Z"})";

/// The status that gateway() wants, with more conditions and without what is default.
std::string held_gateway(std::string_view more_conditions = "") {
    return R"({"addresses":[{"value":"192.0.2.1"}],"conditions":[)" + std::string(programmed) +
           "," + std::string(accepted) + std::string(more_conditions) +
           R"(],"listeners":[{"name":"web","supportedKinds":[{"kind":"HTTPRoute"}],)"
           R"("attachedRoutes":2,"conditions":[)" +
           std::string(accepted) + "]}]}";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

TEST_CASE("a Gateway that nobody has written about is applied whole") {
    const auto write = plan_write(gateway(), {"41", {}}, ours, now);
    REQUIRE(write);
    CHECK(write->method == "PATCH");
    CHECK(write->query == "fieldManager=gatefile&force=true");
    CHECK(write->content_type == "application/apply-patch+yaml");
    CHECK(write->body.starts_with(
        R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway",)"
        R"("metadata":{"name":"gate","namespace":"infra"},"status":{"addresses":)"
        R"([{"type":"IPAddress","value":"192.0.2.1"}],"conditions":[{"type":"Accepted",)"
        R"("status":"True","reason":"Accepted","message":"words","observedGeneration":3,)"
        R"("lastTransitionTime":"1970-01-01T00:01:00Z"})"));
}

TEST_CASE("nothing is written where the same is said in another way") {
    CHECK_FALSE(plan(gateway(), held_gateway()));
    CHECK_FALSE(plan(gateway(), held_gateway(R"(,{"type":"x.example/Foreign","status":"True"})")));
}

TEST_CASE("each field counts") {
    const std::string same = held_gateway();
    for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
             {R"("observedGeneration":3)", R"("observedGeneration":2)"},
             {R"("status":"True")", R"("status":"Unknown")"},
             {R"("reason":"Programmed")", R"("reason":"Pending")"},
             {R"("message":"words")", R"("message":"other words")"},
             {R"("attachedRoutes":2)", R"("attachedRoutes":1)"},
             {"192.0.2.1", "192.0.2.2"},
             {R"("value":)", R"("type":"Hostname","value":)"},
             {R"("kind":"HTTPRoute")", R"("kind":"GRPCRoute")"},
             {R"("name":"web")", R"("name":"old")"},
             {R"([{"kind":"HTTPRoute"}])", "[]"}}) {
        CAPTURE(from);
        CHECK(plan(gateway(), replaced(same, from, to)));
    }
    CHECK(plan(gateway(), held_gateway(R"(,{"type":"ResolvedRefs","status":"False"})")));
}

TEST_CASE("a condition that keeps its status keeps its time") {
    ObjectStatus wanted = gateway();
    wanted.conditions[0].message = "other words";
    wanted.conditions[1].status = false;
    wanted.listeners[0].conditions[0].reason = "Other";
    const std::string status = status_of(plan(wanted, held_gateway()));
    CHECK(status.find(R"("message":"other words","observedGeneration":3,)"
                      R"("lastTransitionTime":"2020-01-01T00:00:00Z")") != std::string::npos);
    CHECK(status.find(R"("status":"False","reason":"Programmed","message":"words",)"
                      R"("observedGeneration":3,"lastTransitionTime":"1970-01-01T00:01:00Z")") !=
          std::string::npos);
    CHECK(status.find(R"("reason":"Other","message":"words","observedGeneration":3,)"
                      R"("lastTransitionTime":"2020-01-01T00:00:00Z")") != std::string::npos);
}

TEST_CASE("foreign conditions are not applied, they would become ours") {
    ObjectStatus wanted = gateway();
    wanted.conditions[0].message = "other words";
    const auto status =
        status_of(plan(wanted, held_gateway(R"(,{"type":"x.example/Foreign","status":"True"})")));
    CHECK(status.find("Foreign") == std::string::npos);
}

TEST_CASE("what is held and not wanted any more goes, whoever wrote it") {
    const std::string strange = R"({"type":"x.example/Foreign","status":"True"})";
    const std::string old = R"(,{"type":"ResolvedRefs","status":"False"},)" + strange;
    const auto write = plan(gateway(), held_gateway(old));
    REQUIRE(write);
    CHECK(write->content_type == "application/merge-patch+json");
    CHECK(write->query == "fieldManager=gatefile");
    CHECK(write->body.starts_with(R"({"metadata":{"resourceVersion":"41"},"status":{"addresses")"));
    const std::string status = status_of(write);
    CHECK(status.find("ResolvedRefs") == std::string::npos);
    CHECK(status.find(strange) != std::string::npos);
    CHECK_FALSE(plan(gateway(), status));

    // A listener, a condition of one, and a listener of which the conditions of others stay.
    const std::string with_old =
        replaced(held_gateway(), R"([{"name":"web",)", R"([{"name":"old"},{"name":"web",)");
    CHECK(status_of(plan(gateway(), with_old)).find("old") == std::string::npos);
    std::string conditions = held_gateway();
    conditions.insert(conditions.size() - 4,
                      R"(,{"type":"Conflicted","status":"True"},)" + strange);
    const std::string cleared = status_of(plan(gateway(), conditions));
    CHECK(cleared.find("Conflicted") == std::string::npos);
    CHECK(cleared.find(strange) != std::string::npos);
    ObjectStatus none = gateway();
    none.listeners.clear();
    CHECK(status_of(plan(none, held_gateway())).ends_with("\"listeners\":[]}\n"));
}

TEST_CASE("addresses that are gone are taken back from whoever wrote them") {
    ObjectStatus wanted = gateway();
    wanted.addresses.clear();
    CHECK(status_of(plan(wanted, held_gateway())).starts_with(R"({"addresses":[],)"));
    const std::string none = replaced(held_gateway(), R"({"value":"192.0.2.1"})", "");
    CHECK_FALSE(plan(wanted, none));
}

TEST_CASE("the number of attached ListenerSets counts, and none is as good as absent") {
    ObjectStatus wanted = gateway();
    CHECK_FALSE(plan(wanted, held_gateway()));
    std::string two = held_gateway();
    two.insert(two.size() - 1, R"(,"attachedListenerSets":2)");
    CHECK(status_of(plan(wanted, two)).find(R"("attachedListenerSets":0)") != std::string::npos);
    wanted.attached_listener_sets = 2;
    CHECK_FALSE(plan(wanted, two));
    CHECK(status_of(plan(wanted, held_gateway())).find(R"("attachedListenerSets":2)") !=
          std::string::npos);
}

TEST_CASE("a ListenerSet is applied as a Gateway is") {
    ObjectStatus wanted = gateway();
    wanted.object = {"ListenerSet", "infra", "set"};
    wanted.addresses.clear();
    const auto write = plan(wanted, "null");
    REQUIRE(write);
    CHECK(write->content_type == "application/apply-patch+yaml");
}

TEST_CASE("a GatewayClass has features, in whatever order") {
    ObjectStatus wanted;
    wanted.object = {"GatewayClass", "", "ours"};
    wanted.api_version = "gateway.networking.k8s.io/v1";
    wanted.conditions = {condition("Accepted", true)};
    wanted.supported_features = {"Gateway", "HTTPRoute"};
    const std::string head = R"({"conditions":[)" + std::string(accepted) + "]";
    CHECK_FALSE(
        plan(wanted, head + R"(,"supportedFeatures":[{"name":"HTTPRoute"},{"name":"Gateway"}]})"));
    CHECK(plan(wanted, head + R"(,"supportedFeatures":[{"name":"HTTPRoute"},{"name":"Mesh"}]})"));
    CHECK(status_of(plan(wanted, head + "}"))
              .ends_with(R"("supportedFeatures":[{"name":"Gateway"},{"name":"HTTPRoute"}]})"
                         "\n"));
}

ObjectStatus gateway_class(std::vector<std::string> features, bool is_accepted) {
    ObjectStatus wanted;
    wanted.object = {"GatewayClass", "", "ours"};
    wanted.api_version = "gateway.networking.k8s.io/v1";
    wanted.conditions = {condition("Accepted", is_accepted)};
    wanted.supported_features = std::move(features);
    return wanted;
}

/// What an instance that shares the class writes; nothing where it leaves all as it is.
std::optional<Write> plan_beside(const ObjectStatus& wanted, std::string_view held) {
    const tree::Document document = parse(held);
    const Held read{"41", document.root};
    return plan_write(beside_others(wanted, read), read, ours, now);
}

TEST_CASE("instances that share a class come to rest, whatever each would say of it") {
    const std::vector<ObjectStatus> instances{gateway_class({"Gateway", "HTTPRoute"}, true),
                                              gateway_class({"Gateway", "Mesh"}, false),
                                              gateway_class({"TLSRoute"}, true)};
    for (std::size_t first = 0; first < instances.size(); ++first) {
        CAPTURE(first);
        std::string held = "null";
        int writes = 0;
        for (std::size_t turn = 0; turn < 9; ++turn) {
            const auto write = plan_beside(instances[(first + turn) % 3], held);
            if (!write) continue;
            ++writes;
            held = status_of(write);
        }
        CHECK(writes <= 2);
        CHECK(held.find(R"("type":"Accepted","status":"True")") != std::string::npos);
    }
}

TEST_CASE("of a shared class features that are there stay, and another generation is told of") {
    const std::string features = R"(,"supportedFeatures":[{"name":"Mesh"}]})";
    const std::string held = R"({"conditions":[)" + std::string(accepted) + "]";
    CHECK_FALSE(plan_beside(gateway_class({"Gateway"}, true), held + features));
    CHECK_FALSE(plan_beside(gateway_class({"Gateway"}, false), held + features));
    CHECK(status_of(plan_beside(gateway_class({"Gateway"}, true), held + "}"))
              .find(R"("supportedFeatures":[{"name":"Gateway"}])") != std::string::npos);
    const std::string older =
        replaced(held, R"("observedGeneration":3)", R"("observedGeneration":2)");
    const std::string status =
        status_of(plan_beside(gateway_class({"Gateway"}, false), older + features));
    CHECK(status.find(R"("status":"False")") != std::string::npos);
    CHECK(status.find(R"("supportedFeatures":[{"name":"Mesh"}])") != std::string::npos);
}

TEST_CASE("a Gateway of which nothing is wanted is left alone") {
    ObjectStatus wanted = gateway();
    wanted.conditions.clear();
    wanted.listeners.clear();
    CHECK_FALSE(plan(wanted, held_gateway()));
}

RouteParentStatus parent(std::string gateway_name, bool is_accepted = true) {
    RouteParentStatus status;
    status.parent_ref = {
        "gateway.networking.k8s.io", "Gateway", std::nullopt, std::move(gateway_name), {}, {}};
    status.controller_name = ours;
    status.conditions = {condition("Accepted", is_accepted)};
    return status;
}

ObjectStatus route(std::vector<RouteParentStatus> parents) {
    ObjectStatus wanted;
    wanted.object = {"HTTPRoute", "shop", "cart"};
    wanted.api_version = "gateway.networking.k8s.io/v1";
    wanted.parents = std::move(parents);
    return wanted;
}

std::string
entry(std::string_view controller, std::string_view ref, std::string_view conditions = accepted) {
    return R"({"controllerName":")" + std::string(controller) + R"(","parentRef":)" +
           std::string(ref) + R"(,"conditions":[)" + std::string(conditions) + "]}";
}

std::string held_parents(std::initializer_list<std::string> entries) {
    std::string text;
    for (const std::string& item : entries) {
        text += (text.empty() ? "" : ",") + item;
    }
    return R"({"parents":[)" + text + "]}";
}

const std::string foreign = entry("other.example/c", R"({"name":"a","unknown":{"deep":[1,2.5]}})");

TEST_CASE("a route's parents are merged under the guard of the resource version") {
    const auto write = plan(route({parent("a")}), "null");
    REQUIRE(write);
    CHECK(write->method == "PATCH");
    CHECK(write->query == "fieldManager=gatefile");
    CHECK(write->content_type == "application/merge-patch+json");
    CHECK(write->body ==
          R"({"metadata":{"resourceVersion":"41"},"status":{"parents":[{"parentRef":)"
          R"({"group":"gateway.networking.k8s.io","kind":"Gateway","name":"a"},)"
          R"("controllerName":"gatefile.dev/gateway-controller","conditions":[{"type":"Accepted",)"
          R"("status":"True","reason":"Accepted","message":"words","observedGeneration":3,)"
          R"("lastTransitionTime":"1970-01-01T00:01:00Z"}]}]}}
)");
}

TEST_CASE("parents of others stay as they are, where they are") {
    const std::string held =
        held_parents({entry(ours, R"({"name":"gone"})"), foreign, entry(ours, R"({"name":"b"})")});
    const std::string status = status_of(plan(route({parent("a"), parent("b")}), held));
    CHECK(status.starts_with(R"({"parents":[)" + foreign + R"(,{"parentRef":{"group":)"));
    CHECK(status.find("gone") == std::string::npos);
    // "b" is where it was, "a" comes last.
    CHECK(status.find(R"("name":"b")") < status.rfind(R"("name":"a")"));
}

TEST_CASE("defaults in parentRefs may be spelled out or not") {
    const std::string plain = held_parents({foreign, entry(ours, R"({"name":"a"})")});
    const std::string full = held_parents(
        {foreign,
         entry(ours,
               R"({"group":"gateway.networking.k8s.io","kind":"Gateway","namespace":"shop",)"
               R"("name":"a"})")});
    CHECK_FALSE(plan(route({parent("a")}), plain));
    CHECK_FALSE(plan(route({parent("a")}), full));
    ObjectStatus spelled = route({parent("a")});
    spelled.parents[0].parent_ref.ns = "shop";
    CHECK_FALSE(plan(spelled, plain));
    spelled.parents[0].parent_ref.ns = "else";
    CHECK(plan(spelled, full));
    ObjectStatus section = route({parent("a")});
    section.parents[0].parent_ref.section_name = "web";
    CHECK(plan(section, plain));
    ObjectStatus port = route({parent("a")});
    port.parents[0].parent_ref.port = std::uint16_t{80};
    CHECK(plan(port, plain));
}

TEST_CASE("a route that is ours no longer loses our entries, and only those") {
    const std::string held = held_parents({foreign, entry(ours, R"({"name":"a"})")});
    CHECK(status_of(plan(route({}), held)) == R"({"parents":[)" + foreign + "]}\n");
    CHECK(status_of(plan(route({}), held_parents({entry(ours, R"({"name":"a"})")}))) ==
          "{\"parents\":[]}\n");
    CHECK_FALSE(plan(route({}), held_parents({foreign})));
    CHECK_FALSE(plan(route({}), "null"));
}

TEST_CASE("entries for Gateways that are another instance's stay") {
    const OwnsGateway owns = [](std::string_view kind, std::string_view ns, std::string_view name) {
        return kind == "Gateway" && ns == "shop" && name == "a";
    };
    const std::string theirs = entry(ours, R"({"name":"b","namespace":"infra"})");
    const std::string held = held_parents({theirs, entry(ours, R"({"name":"a"})")});
    CHECK(status_of(plan(route({}), held, owns)) == R"({"parents":[)" + theirs + "]}\n");
    CHECK_FALSE(plan(route({parent("a")}), held, owns));
    CHECK_FALSE(plan(route({}), held_parents({theirs}), owns));
}

TEST_CASE("in our entry conditions that we never set stay") {
    constexpr std::string_view strange = R"({"type":"x.example/Seen","status":"True"})";
    constexpr std::string_view dropped = R"({"type":"PartiallyInvalid","status":"True"})";
    const auto held = [](std::string_view more) {
        return held_parents(
            {entry(ours, R"({"name":"a"})", std::string(accepted) + "," + std::string(more))});
    };
    CHECK_FALSE(plan(route({parent("a")}), held(strange)));
    const std::string status = status_of(plan(route({parent("a", false)}), held(strange)));
    CHECK(status.find(strange) != std::string::npos);
    CHECK(status.find(R"("status":"False","reason":"Accepted")") != std::string::npos);
    CHECK(status_of(plan(route({parent("a")}), held(dropped))).find("PartiallyInvalid") ==
          std::string::npos);
}

TEST_CASE("an entry that stands twice is written once") {
    const std::string twice = entry(ours, R"({"name":"a"})");
    const std::string status = status_of(plan(route({parent("a")}), held_parents({twice, twice})));
    CHECK(status.find("controllerName") == status.rfind("controllerName"));
}

TEST_CASE("no more than 32 parents are written") {
    std::string others = foreign;
    for (int i = 1; i < 31; ++i) {
        others += "," + foreign;
    }
    const ObjectStatus wanted = route({parent("a"), parent("b")});
    const auto write = plan(wanted, R"({"parents":[)" + others + "]}");
    REQUIRE(write);
    const tree::Document body = parse(write->body);
    const auto parents = body.root.find("status")->find("parents")->items();
    REQUIRE(parents.size() == 32);
    CHECK(parents[31].find("parentRef")->find("name")->as_string() == "a");
    // What there is no room for is no difference, or there would be no end of writing.
    CHECK_FALSE(
        plan(wanted, R"({"parents":[)" + others + "," + entry(ours, R"({"name":"a"})") + "]}"));
}

TEST_CASE("a policy's ancestors are merged as a route's parents are, 16 at most") {
    ObjectStatus policy = route({parent("a")});
    policy.object = {"BackendTLSPolicy", "shop", "p"};
    std::string others;
    for (int i = 0; i < 15; ++i) {
        if (i > 0) others += ",";
        others += replaced(foreign, "parentRef", "ancestorRef");
    }
    const auto write = plan(policy, R"({"ancestors":[)" + others + "]}");
    REQUIRE(write);
    const tree::Document body = parse(write->body);
    CHECK(body.root.find("metadata")->find("resourceVersion")->as_string() == "41");
    CHECK(body.root.find("status")->find("parents") == nullptr);
    const auto ancestors = body.root.find("status")->find("ancestors")->items();
    REQUIRE(ancestors.size() == 16);
    CHECK(ancestors[15].find("ancestorRef")->find("name")->as_string() == "a");
    others += "," + replaced(foreign, "parentRef", "ancestorRef");
    CHECK_FALSE(plan(policy, R"({"ancestors":[)" + others + "]}"));
    const std::string own = replaced(entry(ours, R"({"name":"a"})"), "parentRef", "ancestorRef");
    CHECK_FALSE(plan(policy, R"({"ancestors":[)" + own + "]}"));
    policy.parents.clear();
    CHECK(status_of(plan(policy, R"({"ancestors":[)" + own + "]}")) == "{\"ancestors\":[]}\n");
}

TEST_CASE("held statuses of any shape are read") {
    for (const char* held :
         {"[]",
          "1",
          R"({"parents":{}})",
          R"({"parents":[1,null,[],{}]})",
          R"({"parents":[{"controllerName":"gatefile.dev/gateway-controller"}]})",
          R"({"conditions":[{"type":1}],"listeners":"x","addresses":{}})"}) {
        CAPTURE(held);
        CHECK(plan(route({parent("a")}), held));
        CHECK(plan(gateway(), held));
    }
}

TEST_CASE("what is the same needs no second look") {
    CHECK(same(gateway(), gateway()));
    CHECK(same(route({parent("a")}), route({parent("a")})));
    CHECK_FALSE(same(route({parent("a")}), route({parent("b")})));
    CHECK_FALSE(same(route({parent("a")}), route({parent("a"), parent("b")})));
    CHECK_FALSE(same(route({parent("a")}), route({parent("a", false)})));
    ObjectStatus other = gateway();
    other.listeners[0].attached_routes = 3;
    CHECK_FALSE(same(gateway(), other));
    other = gateway();
    other.listeners[0].supported_kinds.clear();
    CHECK_FALSE(same(gateway(), other));
    other = gateway();
    other.addresses[0].value = "192.0.2.2";
    CHECK_FALSE(same(gateway(), other));
    other = gateway();
    other.conditions[0].observed_generation = 4;
    CHECK_FALSE(same(gateway(), other));
    other = gateway();
    other.supported_features = {"Gateway"};
    CHECK_FALSE(same(gateway(), other));
}

}  // namespace
}  // namespace gatefile::status
