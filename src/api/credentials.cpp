// SPDX-License-Identifier: Apache-2.0
#include <string_view>
#include <utility>

#include "gatefile/api/core.hpp"
#include "gatefile/api/policy.hpp"

namespace gatefile::api {
namespace {

constexpr std::string_view ca_key = "ca.crt";

KeyPair parse_key_pair(const Secret& secret) {
    const base::SecretBytes* chain = secret.find("tls.crt");
    if (chain == nullptr || chain->empty()) return {"has no tls.crt", {}};
    auto certificate = base::parse_certificate_chain(chain->reveal());
    if (!certificate) return {certificate.error().text, {}};
    KeyPair pair{std::nullopt, std::move(*certificate)};
    if (secret.is_redacted()) return pair;
    const base::SecretBytes* key = secret.find("tls.key");
    if (key == nullptr || key->empty()) {
        pair.fault = "has no tls.key";
    } else if (const auto good = base::check_key_pair(chain->reveal(), key->reveal()); !good) {
        pair.fault = good.error().text;
    }
    return pair;
}

CaBundle parse_bundle(std::string_view pem, std::string_view where) {
    auto parsed = base::parse_ca_bundle(pem);
    if (!parsed) return {std::string(where) + ": " + parsed.error().text, {}};
    return {std::nullopt, std::move(*parsed)};
}

}  // namespace

const KeyPair& Secret::key_pair() const {
    return key_pair_memo.get([this] { return parse_key_pair(*this); });
}

const CaBundle& Secret::ca_bundle() const {
    return ca_bundle_memo.get([this]() -> CaBundle {
        const base::SecretBytes* pem = find(ca_key);
        if (pem == nullptr) return {"has no ca.crt", {}};
        return parse_bundle(pem->reveal(), ca_key);
    });
}

const CaBundle& ConfigMap::ca_bundle() const {
    return ca_bundle_memo.get([this]() -> CaBundle {
        const std::string* pem = api::find(data, ca_key);
        if (pem == nullptr) return {"has no ca.crt", {}};
        return parse_bundle(*pem, ca_key);
    });
}

const CaBundle& ClusterTrustBundle::ca_bundle() const {
    return ca_bundle_memo.get([this] { return parse_bundle(trust_bundle, "spec.trustBundle"); });
}

}  // namespace gatefile::api
