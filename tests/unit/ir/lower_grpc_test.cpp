// SPDX-License-Identifier: Apache-2.0
#include "../../../src/ir/lower_grpc.hpp"

#include <string>

#include <doctest/doctest.h>

#include "gatefile/ir/match.hpp"

namespace gatefile::ir {
namespace {

using Type = api::ValueMatchType;

api::GrpcRouteMatch
call(std::string service, std::string method, Type type = Type::Exact, std::size_t headers = 0) {
    api::GrpcRouteMatch match;
    match.method.emplace();
    match.method->type = type;
    if (!service.empty()) match.method->service = std::move(service);
    if (!method.empty()) match.method->method = std::move(method);
    for (std::size_t i = 0; i < headers; ++i)
        match.headers.push_back({Type::Exact, "h" + std::to_string(i), "v"});
    return match;
}

TEST_CASE("calls go by service, then method, then headers; patterns behind what is written out") {
    const api::GrpcRouteMatch in_order[] = {
        call("a.B", "Get", Type::Exact, 1),
        call("a.B", "Get"),
        call("a.B", "", Type::Exact, 1),
        call("a.B", ""),
        call("a.longer.*", "G", Type::RegularExpression),
        call("a.*", "G.*", Type::RegularExpression),
        call("a.*", "G", Type::RegularExpression, 3),
        call("a.*", "", Type::RegularExpression),
        call("", "List", Type::Exact),
        call("", "Get", Type::Exact, 2),
        call("", "G.*", Type::RegularExpression),
        api::GrpcRouteMatch{.headers = {{Type::Exact, "h", "v"}}},
        api::GrpcRouteMatch{},
    };
    for (std::size_t i = 1; i < std::size(in_order); ++i) {
        CAPTURE(i);
        CHECK(precedence("a.x", in_order[i - 1]) < precedence("a.x", in_order[i]));
        CHECK(precedence("b.a.x", in_order[i]) < precedence("a.x", in_order[i - 1]));
    }
}

TEST_CASE("a call and an HTTP request that mean the same tie") {
    const auto http = [](PathKind kind, std::string path) {
        return precedence("a.x", Match{.path = {kind, std::move(path)}});
    };
    CHECK(precedence("a.x", call("a.B", "Get")) == http(PathKind::Exact, "/a.B/Get"));
    CHECK(precedence("a.x", call("a.B", "")) == http(PathKind::Prefix, "/a.B"));
    CHECK(precedence("a.x", api::GrpcRouteMatch{}) == http(PathKind::Prefix, "/"));
    CHECK(precedence("a.x", call("", "Get")) < http(PathKind::Prefix, "/"));
    CHECK(http(PathKind::Prefix, "/a.B") <
          precedence("a.x", call("a.*", "", Type::RegularExpression)));
}

TEST_CASE("the empty word is any") {
    api::GrpcRouteMatch match = call("", "");
    match.method->service = "";
    match.method->method = "";
    CHECK(lower_match(match).path == PathMatch{PathKind::Prefix, "/"});
    match.method->method = "Get";
    CHECK(lower_match(match).path == PathMatch{PathKind::Regex, "^/[^/]+/Get$", true});
}

TEST_CASE("what is no pattern takes nothing") {
    Config config;
    config.listeners.push_back({.entry_point = "web"});
    config.rules.emplace_back();
    config.listeners[0].hosts.push_back(
        {"", {{lower_match(call("a)(b", "", Type::RegularExpression)), 0, 0}}});
    for (const char* path : {"/a/b", "/a)(b/c", "/"}) {
        CAPTURE(path);
        CHECK_FALSE(Matcher(config).match({.entry_point = "web", .host = "a.x", .path = path}));
    }
}

}  // namespace
}  // namespace gatefile::ir
