// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <doctest/doctest.h>

#include "api/middleware_text.hpp"
#include "gatefile/base/traefik_expression.hpp"
#include "gatefile/tree/write.hpp"
#include "taken.hpp"

namespace gatefile::api {
namespace {

std::string object(std::string_view spec) {
    return "apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: m, namespace: ns}\n"
           "spec: {" +
           std::string(spec) + "}\n";
}

/// The settings as JSON; what is wrong when the object is refused.
std::string settings(std::string_view spec, ReadOptions options = {}) {
    const Taken taken = take(object(spec), std::move(options));
    const Middleware* middleware = taken.snapshot->find_middleware("ns", "m");
    if (middleware == nullptr) return "refused: " + taken.text();
    tree::Arena arena;
    std::string text = tree::write_json(
        tree::to_node(middleware->settings, tree::Secrets::Omit, arena), tree::JsonStyle::Compact);
    text.pop_back();
    return text;
}

TEST_CASE("a duration is what Go makes of it, or a number of seconds") {
    CHECK(middleware_duration("10") == "10s");
    CHECK(middleware_duration("1m30s") == "1m30s");
    CHECK(middleware_duration("1.5h") == "1.5h");
    CHECK(middleware_duration("100ms") == "100ms");
    CHECK(middleware_duration("3\u00b5s") == "3\u00b5s");
    for (const char* wrong : {"",
                              "s",
                              "10x",
                              "1m30",
                              "-1s",
                              "+1s",
                              " 1s",
                              "1 s",
                              "1.s.",
                              ".",
                              ".s",
                              "1.5",
                              "9000h",
                              "99999999999999999999s"}) {
        CAPTURE(wrong);
        CHECK(!middleware_duration(wrong));
    }
}

TEST_CASE("expressions are compared by type, as Traefik does it when it reads them") {
    for (const char* good : {"NetworkErrorRatio() > 0.30",
                             "LatencyAtQuantileMS(50.0) >= 100",
                             "ResponseCodeRatio(500, 600, 0, 600) > 0.25",
                             "(NetworkErrorRatio()>0.3||LatencyAtQuantileMS(99.0)>1)&&"
                             "ResponseCodeRatio(500,600,0,600)!=0.0"}) {
        CAPTURE(good);
        CHECK(base::is_breaker_expression(good));
    }
    for (const char* wrong : {"",
                              "NetworkErrorRatio()",
                              "NetworkErrorRatio() > 1",
                              "NetworkErrorRatio(1) > 0.5",
                              "0.5 < NetworkErrorRatio()",
                              "LatencyAtQuantileMS(50) > 100",
                              "LatencyAtQuantileMS(50.0) > 100.0",
                              "ResponseCodeRatio(500, 600) > 0.25",
                              "NetworkErrorRatio() > 0.5 &&",
                              "(NetworkErrorRatio() > 0.5",
                              "NetworkErrorRatio() > 0.5)",
                              "!(NetworkErrorRatio() > 0.5)",
                              "Attempts() < 2"}) {
        CAPTURE(wrong);
        CHECK(!base::is_breaker_expression(wrong));
    }
    CHECK(base::is_retry_expression("IsNetworkError() && Attempts() < 2"));
    CHECK(base::is_retry_expression("RequestMethod() == \"GET\" || ResponseCode() == 502"));
    CHECK(!base::is_retry_expression("RequestMethod() > \"GET\""));
    CHECK(!base::is_retry_expression("RequestMethod() == GET"));
    CHECK(!base::is_retry_expression("IsNetworkError() == 1"));
    CHECK(!base::is_breaker_expression(std::string(100, '(') + "NetworkErrorRatio() > 0.5" +
                                 std::string(100, ')')));
}

TEST_CASE("defaults are those that Traefik's own provider sets") {
    CHECK(settings("rateLimit: {average: 5}") == R"({"average":5,"period":"1s","burst":1})");
    CHECK(
        settings("circuitBreaker: {expression: NetworkErrorRatio() > 0.5, checkPeriod: 2}") ==
        R"({"expression":"NetworkErrorRatio() > 0.5","checkPeriod":"2s","fallbackDuration":"10s",)"
        R"("recoveryDuration":"10s","responseCode":503})");
    CHECK(settings("compress: {}") == R"({"encodings":["gzip","br","zstd"]})");
    CHECK(settings("retry: {attempts: 2}") == R"({"attempts":2,"maxRequestBodyBytes":2097152})");
    CHECK(settings("forwardAuth: {address: 'http://a/'}") ==
          R"({"address":"http://a/","maxBodySize":-1})");
}

TEST_CASE("no map stays empty, and none that says nothing says more than that") {
    CHECK(settings("contentType: {}") == "{}");
    CHECK(settings("inFlightReq: {sourceCriterion: {ipStrategy: {}}}") ==
          R"({"sourceCriterion":{"ipStrategy":{"depth":0}}})");
    CHECK(settings("passTLSClientCert: {info: {subject: {}}}") ==
          R"({"info":{"subject":{"country":false}}})");
    CHECK(settings("errors: {service: {name: a, port: 80}, errorRequestHeaders: []}") ==
          R"({"errorRequestHeaders":["X-Gatefile-None"]})");
}

TEST_CASE("a Secret of a plugin is left out until it is known") {
    const Taken taken = take(object("plugin: {p: {a: {b: 'urn:k8s:secret:s:k'}, c: [1, x]}}"));
    const Middleware* middleware = taken.snapshot->find_middleware("ns", "m");
    REQUIRE(middleware != nullptr);
    REQUIRE(middleware->secrets.size() == 1);
    const Middleware::SecretRef& ref = middleware->secrets.front();
    CHECK(ref.name == "s");
    CHECK(ref.key == "k");
    CHECK(ref.at == std::vector<std::string>{"p", "a"});
    CHECK(ref.fields == std::vector<std::string>{"b"});
}

TEST_CASE("what Traefik would not take is refused, from a cluster too") {
    for (const char* spec : {"rateLimit: {average: many}",
                             "rateLimit: {averages: 1}",
                             "rateLimit: {average: -1}",
                             "teapot: {}",
                             "compress: {}, contentType: {}",
                             "ipAllowList: {sourceRange: []}",
                             "ipAllowList: {sourceRange: [1.2.3.4], rejectStatusCode: 299}",
                             "headers: {frameDeny: false}",
                             "headers: {customRequestHeaders: {a: \"b\\nc\"}}",
                             "stripPrefix: {prefixes: [\"/a\\u2551/b\"]}",
                             "retry: {attempts: 2, disableRetryOnNetworkError: true}",
                             "forwardAuth: {address: 'file:///etc/passwd'}",
                             "chain: {middlewares: [{name: a@internal}]}",
                             "chain: {middlewares: [{name: a, namespace: other}]}",
                             "plugin: {}",
                             "plugin: {a: {}, b: {}}",
                             "plugin: {a: {'b c': 1}}"}) {
        CAPTURE(spec);
        CHECK(settings(spec).starts_with("refused: "));
        CHECK(settings(spec, unchecked()).starts_with("refused: "));
    }
}

}  // namespace
}  // namespace gatefile::api
