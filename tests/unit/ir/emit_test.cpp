// SPDX-License-Identifier: Apache-2.0
#include "gatefile/ir/emit.hpp"

#include <doctest/doctest.h>

namespace gatefile::ir {
namespace {

std::string_view text_at(const tree::Node& map, std::string_view key) {
    const tree::Node* found = map.find(key);
    REQUIRE(found != nullptr);
    return found->as_string();
}

TEST_CASE("a private key is never shown") {
    Config config;
    config.certificates.push_back({.id = "a/b",
                                   .chain_pem = "CHAIN",
                                   .key_pem = base::SecretBytes("KEY"),
                                   .names = {"x.y"},
                                   .fingerprint = "f0"});
    tree::Arena arena;
    const tree::Node node = encode(config, arena);
    const tree::Node& certificate = node.find("certificates")->items()[0];
    CHECK(certificate.entries().size() == 3);
    CHECK(text_at(certificate, "id") == "a/b");
    CHECK(text_at(certificate, "fingerprint") == "f0");
}

TEST_CASE("every action and filter has a form") {
    Config config;
    Rule rule;
    rule.filters = {RequestHeaders{},
                    ResponseHeaders{},
                    Rewrite{.hostname = "h", .path = PrefixPath{"/a", "/b"}},
                    Redirect{.port = 8080, .path = FullPath{"/f"}},
                    Mirror{},
                    CorsPolicy{}};
    rule.action = Forward{{Member{}}};
    config.rules = {rule, rule, rule};
    config.rules[1].action = Answer{};
    config.rules[2].action = Fail{};
    tree::Arena arena;
    const tree::Node node = encode(config, arena);
    const auto rules = node.find("rules")->items();
    REQUIRE(rules.size() == 3);
    std::string keys;
    for (const tree::Node& filter : rules[0].find("filters")->items()) {
        keys += std::string(filter.entries()[0].key) + " ";
    }
    CHECK(keys == "requestHeaders responseHeaders rewrite redirect mirror cors ");
    CHECK(rules[0].find("action")->find("forward")->items()[0].find("fail")->as_int() == 500);
    CHECK(rules[1].find("action")->as_string() == "answer");
    CHECK(rules[2].find("action")->find("fail")->as_int() == 500);
}

TEST_CASE("bytes that are not UTF-8 are shown encoded") {
    Config config;
    Listener& listener = config.listeners.emplace_back();
    Host& host = listener.hosts.emplace_back();
    host.entries.push_back({.match = {.path = {PathKind::Exact, "/\xFF"}}});
    tree::Arena arena;
    const tree::Node node = encode(config, arena);
    const tree::Node& entry =
        node.find("listeners")->items()[0].find("hosts")->items()[0].find("entries")->items()[0];
    CHECK(text_at(*entry.find("match"), "exact") == "/%FF");
}

}  // namespace
}  // namespace gatefile::ir
