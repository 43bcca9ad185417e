// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/good_pair.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace gatefile::source {

namespace {

constexpr std::array pair_keys{std::string_view("tls.crt"), std::string_view("tls.key")};

bool is_of_pair(std::string_view key) {
    return std::ranges::find(pair_keys, key) != pair_keys.end();
}

/// A clause.
std::string fault_of(const api::Secret& secret) {
    for (const std::string_view key : pair_keys)
        if (secret.find(key) == nullptr) return fmt::format("{} is missing", key);
    return secret.key_pair().fault.value_or("they cannot be used");
}

}  // namespace

bool has_good_pair(const api::Secret& secret) {
    const auto has = [&secret](std::string_view key) { return secret.find(key) != nullptr; };
    return std::ranges::all_of(pair_keys, has) && !secret.key_pair().fault;
}

KeptPair keep_pair(const api::Secret& good, const api::Secret& fresh) {
    api::Secret made{.meta = fresh.meta, .type = fresh.type, .data = fresh.data};
    std::erase_if(made.data, [](const auto& entry) { return is_of_pair(entry.first); });
    for (const std::string_view key : pair_keys)
        made.data.emplace_back(key, *good.find(key));
    std::ranges::sort(made.data, {}, &std::pair<std::string, base::SecretBytes>::first);
    return {.secret = std::make_shared<const api::Secret>(std::move(made)),
            .why = {.code = diag::Code::CertificateRef,
                    .object = {"Secret", fresh.meta.ns, fresh.meta.name},
                    .path = {},
                    .detail = fmt::format("the new certificate and key cannot be used: {}; the "
                                          "last good ones are served on",
                                          fault_of(fresh)),
                    .hint = "write both of one pair into the Secret",
                    .parent = {},
                    .listener = {},
                    .absent = {},
                    .at = {}}};
}

}  // namespace gatefile::source
