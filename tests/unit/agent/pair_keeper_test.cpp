// SPDX-License-Identifier: Apache-2.0
#include "pair_keeper.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "../source/key_pairs.hpp"

using namespace gatefile;
using agent::KeyPairs;
using source::first_pair;

namespace {

std::shared_ptr<const api::Secret> secret(std::string name, std::string certificate, std::string key) {
    api::Secret made{.meta = {}, .type = "kubernetes.io/tls", .data = {}};
    made.meta.ns = "web";
    made.meta.name = std::move(name);
    made.data.emplace_back("ca.crt", base::SecretBytes("an authority"));
    made.data.emplace_back("tls.crt", base::SecretBytes(std::move(certificate)));
    made.data.emplace_back("tls.key", base::SecretBytes(std::move(key)));
    return std::make_shared<const api::Secret>(std::move(made));
}

}  // namespace

TEST_CASE("key pairs read back, without what else their Secrets hold") {
    const KeyPairs pairs{secret("one", first_pair.certificate, first_pair.key),
                         secret("two", first_pair.certificate, first_pair.key)};
    const auto read = agent::parse_key_pairs(agent::write_key_pairs(pairs));
    REQUIRE(read);
    REQUIRE(read->size() == 2);
    const api::Secret& two = *read->back();
    CHECK(two.meta.ns == "web");
    CHECK(two.meta.name == "two");
    CHECK(two.find("tls.crt")->reveal() == first_pair.certificate);
    CHECK(two.find("tls.key")->reveal() == first_pair.key);
    CHECK(two.find("ca.crt") == nullptr);
    const auto none = agent::parse_key_pairs(agent::write_key_pairs({}));
    CHECK((none && none->empty()));
}

TEST_CASE("of key pairs that were kept, one that does not fit together is left out") {
    const KeyPairs pairs{secret("one", first_pair.certificate, "no key")};
    const auto read = agent::parse_key_pairs(agent::write_key_pairs(pairs));
    REQUIRE(read);
    CHECK(read->empty());
}

TEST_CASE("damaged key pairs are none") {
    for (const char* text : {"",
                             "gatefile key pairs 1",
                             "gatefile key pairs 2\n",
                             "gatefile key pairs 1\nweb one YQ==\n",
                             "gatefile key pairs 1\nweb one YQ== YQ== YQ==\n",
                             "gatefile key pairs 1\nweb one YQ== Y\n"})
        CHECK_FALSE_MESSAGE(agent::parse_key_pairs(text), text);
}
