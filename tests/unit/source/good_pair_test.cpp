// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/good_pair.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "key_pairs.hpp"

namespace gatefile::source {

namespace {

api::Secret secret(const std::vector<std::pair<std::string, std::string>>& data) {
    api::Secret made{.meta = {}, .type = "Opaque", .data = {}};
    made.meta.ns = "web";
    made.meta.name = "pair";
    for (const auto& [key, bytes] : data)
        made.data.emplace_back(key, base::SecretBytes(bytes));
    return made;
}

}  // namespace

TEST_CASE("a pair is good that is whole and fits together") {
    const std::string& certificate = first_pair.certificate;
    CHECK(has_good_pair(secret({{"tls.crt", certificate}, {"tls.key", first_pair.key}})));
    CHECK_FALSE(has_good_pair(secret({{"tls.crt", certificate}, {"tls.key", second_pair.key}})));
    CHECK_FALSE(has_good_pair(secret({{"tls.crt", certificate}})));
    CHECK_FALSE(has_good_pair(secret({{"tls.key", first_pair.key}})));
    CHECK_FALSE(has_good_pair(secret({})));
}

TEST_CASE("what a Secret has lost of its pair, or does not fit, is as it last was") {
    const api::Secret good =
        secret({{"tls.crt", first_pair.certificate}, {"tls.key", first_pair.key}});
    const auto kept = [&good](const std::vector<std::pair<std::string, std::string>>& data) {
        const KeptPair made = keep_pair(good, secret(data));
        CHECK(made.secret->find("tls.crt")->reveal() == first_pair.certificate);
        CHECK(made.secret->find("tls.key")->reveal() == first_pair.key);
        CHECK(has_good_pair(*made.secret));
        CHECK(made.why.object == diag::ObjectRef{"Secret", "web", "pair"});
        CHECK(std::is_sorted(made.secret->data.begin(),
                             made.secret->data.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; }));
        return made;
    };
    const auto says = [](const KeptPair& made, const std::string& what) {
        return made.why.detail.find(what) != std::string::npos;
    };
    const KeptPair mixed =
        kept({{"tls.crt", second_pair.certificate}, {"tls.key", first_pair.key}});
    CHECK(says(mixed, "the last good ones are served on"));
    CHECK(says(kept({{"tls.crt", second_pair.certificate}}), "tls.key is missing"));
    CHECK(says(kept({{"tls.key", second_pair.key}}), "tls.crt is missing"));
    CHECK(says(kept({{"tls.crt", ""}, {"tls.key", ""}}), "has no tls.crt"));
    // All else is as it is now.
    const KeptPair more = kept({{"ca.crt", "new"}, {"tls.crt", second_pair.certificate}});
    CHECK(more.secret->find("ca.crt")->reveal() == "new");
    CHECK(more.secret->data.size() == 3);
}

}  // namespace gatefile::source
