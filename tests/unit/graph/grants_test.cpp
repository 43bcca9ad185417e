// SPDX-License-Identifier: Apache-2.0
#include "../../../src/graph/grants.hpp"

#include <doctest/doctest.h>

#include "../../../src/graph/context.hpp"

namespace gatefile::graph {
namespace {

api::ReferenceGrant grant(std::optional<std::string> name) {
    api::ReferenceGrant made;
    made.meta.ns = "certs";
    made.from = {{std::string(gateway_api_group), "Gateway", "infra"}};
    made.to = {{"", "Secret", std::move(name)}};
    return made;
}

constexpr CrossReference wanted{"Gateway", "infra", "", "Secret", "certs", "tls"};

bool permits(const api::ReferenceGrant& one, const CrossReference& reference) {
    api::Objects<api::ReferenceGrant> grants;
    grants.push_back(one);
    return GrantIndex(grants).permits(reference);
}

TEST_CASE("a grant with a name permits that object only") {
    CHECK(permits(grant("tls"), wanted));
    CHECK_FALSE(permits(grant("other"), wanted));
}

TEST_CASE("a grant without a name permits every object of the kind") {
    CHECK(permits(grant(std::nullopt), wanted));
}

TEST_CASE("an empty name is no wildcard") {
    CHECK_FALSE(permits(grant(""), wanted));
}

TEST_CASE("every field of a grant must fit") {
    const auto changed = [](auto change) {
        api::ReferenceGrant one = grant("tls");
        change(one);
        return permits(one, wanted);
    };
    CHECK_FALSE(changed([](auto& g) { g.meta.ns = "infra"; }));
    CHECK_FALSE(changed([](auto& g) { g.from[0].group = ""; }));
    CHECK_FALSE(changed([](auto& g) { g.from[0].kind = "HTTPRoute"; }));
    CHECK_FALSE(changed([](auto& g) { g.from[0].ns = "shop"; }));
    CHECK_FALSE(changed([](auto& g) { g.to[0].group = "apps"; }));
    CHECK_FALSE(changed([](auto& g) { g.to[0].kind = "Service"; }));
}

TEST_CASE("within a namespace no grant is needed") {
    CrossReference own = wanted;
    own.to_ns = own.from_ns;
    CHECK(GrantIndex({}).permits(own));
    CHECK_FALSE(GrantIndex({}).permits(wanted));
}

}  // namespace
}  // namespace gatefile::graph
