// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <doctest/doctest.h>

#include "gatefile/analysis/route_test.hpp"

namespace gatefile::analysis {
namespace {

/// A test of http://shop.example/ with these expectations, in YAML's flow style.
RouteTest expecting(std::string_view expect) {
    const std::string text = "- request: {url: http://shop.example/}\n  expect: " +
                             std::string(expect);
    const auto read = tree::read(text, std::make_shared<const std::string>("test.yaml"));
    REQUIRE(read.documents.size() == 1);
    RouteTests tests = read_route_tests(read.documents.front());
    REQUIRE(tests.faults.empty());
    REQUIRE(tests.tests.size() == 1);
    return tests.tests.front();
}

/// "held", what was found instead, or "not judged: why", of each expectation that is not held.
std::string told(std::string_view expect, const LiveAnswer& answer) {
    const Verdict verdict = judge_live(expecting(expect), answer);
    std::string out;
    for (const Miss& miss : verdict.misses)
        out += miss.found + "\n";
    for (const Unjudged& one : verdict.unjudged)
        out += "not judged: " + one.why + "\n";
    return out.empty() ? "held" : out.substr(0, out.size() - 1);
}

LiveAnswer answered(int status, std::string body, std::vector<ir::Header> headers = {}) {
    LiveAnswer answer;
    answer.end = LiveAnswer::End::Answered;
    answer.status = status;
    answer.body = std::move(body);
    answer.headers = std::move(headers);
    return answer;
}

LiveAnswer failed(LiveAnswer::End end) {
    LiveAnswer answer;
    answer.end = end;
    answer.failure = "it broke";
    return answer;
}

/// As the Gateway API's echo-basic writes it.
LiveAnswer echo(std::string_view who) {
    return answered(200,
                    R"({"path":"/v2/1?a=b","host":"shop.example","method":"GET","proto":"HTTP/1.1",)"
                    R"("headers":{"X-A":["1","2"],"X-Shop":["1"]},"httpPort":"3000",)" +
                        std::string(who) + "}");
}
const LiveAnswer of_service = echo(R"("namespace":"shop","service":"cart","pod":"x-1")");
const LiveAnswer page = answered(404, "404 page not found\n");

}  // namespace

TEST_CASE("a status is the answer's") {
    CHECK(told("{status: 404}", page) == "held");
    CHECK(told("{status: 200}", page) == "\"404\"");
    CHECK(told("{location: http://a/}", answered(301, "", {{"location", "http://a/"}})) == "held");
    CHECK(told("{location: http://a/}", page) == "none");
}

TEST_CASE("headers of the answer") {
    const LiveAnswer answer = answered(200, "", {{"X-A", "1"}, {"x-a", "2"}});
    CHECK(told("{response: {set: {X-A: '1'}}}", answer) == R"("1", "2")");
    CHECK(told("{response: {added: {X-A: '2'}}}", answer) == "held");
    CHECK(told("{response: {added: {X-A: '3'}}}", answer) == R"("1", "2")");
    CHECK(told("{response: {removed: [X-B]}}", answer) == "held");
    CHECK(told("{response: {removed: [X-A]}}", answer) == R"("1", "2")");
}

TEST_CASE("what the backend got is judged where it tells") {
    CHECK(told("{path: '/v2/1?a=b', host: shop.example}", of_service) == "held");
    CHECK(told("{path: /v2/1}", of_service) == "\"/v2/1?a=b\"");
    CHECK(told("{headers: {set: {X-Shop: '1'}, added: {X-A: '2'}, removed: [Cookie]}}",
               of_service) == "held");
    CHECK(told("{headers: {set: {X-A: '1'}}}", of_service) == R"("1", "2")");
    CHECK(told("{headers: {removed: [x-a]}}", of_service) == R"("1", "2")");
    for (const char* body : {"", "hello", "{}", R"({"path": "/"})", R"({"headers": {}})", "[1]"}) {
        INFO(body);
        CHECK(told("{path: /}", answered(200, body)) ==
              "not judged: the answer does not tell what the backend got");
    }
    CHECK(told("{path: /}", page) == "an answer, 404 of Traefik's own");
}

TEST_CASE("the backend is who it says, or whose Pod it is") {
    CHECK(told("{backend: shop/cart:8080}", of_service) == "held");
    CHECK(told("{backend: [shop/a:1, shop/cart:1]}", of_service) == "held");
    CHECK(told("{backend: shop/other:8080}", of_service) == "\"shop/cart\"");
    const auto pod = [](std::string_view name) {
        return echo("\"namespace\":\"shop\",\"service\":\"\",\"pod\":\"" + std::string(name) + '"');
    };
    for (const char* name : {"cart-7d9f8b6c5d-x2v4q", "cart-x2v4q", "cart-0"}) {
        INFO(name);
        CHECK(told("{backend: shop/cart:8080}", pod(name)) == "held");
    }
    CHECK(told("{backend: shop/cart:8080}", pod("cart-next-7d9f8b6c5d-x2v4q")) ==
          "\"shop/cart-next\", by its Pod's name");
    CHECK(told("{backend: shop/cart:8080}", pod("cart")) == "held");
    CHECK(told("{backend: shop/cart:8080}", echo(R"("namespace":"","service":"","pod":"")")) ==
          "not judged: the backend does not tell who it is");
}

TEST_CASE("outcomes, as far as a client sees them") {
    CHECK(told("{outcome: forwarded}", of_service) == "held");
    CHECK(told("{outcome: answered}", of_service) == "an answer, 200, of a backend");
    CHECK(told("{outcome: not-found}", of_service) == "an answer, 200, of a backend");
    CHECK(told("{outcome: not-found}", page) == "held");
    CHECK(told("{outcome: not-found}", answered(404, "{}")).starts_with("not judged: "));
    CHECK(told("{outcome: forwarded}", page) == "an answer, 404");
    CHECK(told("{outcome: forwarded}", answered(200, "hi")).starts_with("not judged: "));
    CHECK(told("{outcome: misdirected}", answered(421, "")) == "held");
    CHECK(told("{outcome: refused}", page) == "an answer, 404");
    CHECK(told("{outcome: no-listener}", page).starts_with("not judged: "));
    using End = LiveAnswer::End;
    CHECK(told("{outcome: refused}", failed(End::Alert)) == "held");
    CHECK(told("{outcome: refused}", failed(End::Handshake)) == "held");
    CHECK(told("{outcome: refused}", failed(End::Closed)) == "no answer: it broke");
    CHECK(told("{outcome: refused}", failed(End::Failed)) == "no answer: it broke");
    CHECK(told("{outcome: closed}", failed(End::Closed)) == "held");
    CHECK(told("{outcome: closed}", failed(End::Alert)) == "no answer: it broke");
    CHECK(told("{outcome: not-found}", failed(End::Closed)) == "no answer: it broke");
}

TEST_CASE("a route is not seen, and nothing passes for want of an answer") {
    CHECK(told("{route: shop/cart}", of_service) == "not judged: a client cannot see it");
    const LiveAnswer broken = failed(LiveAnswer::End::Failed);
    CHECK(told("{route: shop/cart}", broken) == "no answer: it broke");
    CHECK(told("{response: {removed: [X-A]}}", broken) == "no answer: it broke");
    CHECK(told("{headers: {removed: [X-A]}}", broken) == "no answer: it broke");
}

}  // namespace gatefile::analysis
