// SPDX-License-Identifier: Apache-2.0
#include "middleware_secrets.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"

namespace gatefile::graph {
namespace {

using Fault = std::optional<std::string>;
using Ref = api::Middleware::SecretRef;
using tree::Value;

/// What stands at the key of a map; made when it is not there.
Value& child(Value& map, std::string_view key) {
    auto& fields = std::get<Value::Map>(map.data);
    const auto found = std::ranges::find(fields, key, &Value::Field::key);
    if (found != fields.end()) return found->value;
    return fields.emplace_back(Value::Field{std::string(key), {}}).value;
}

Value& place_of(const Ref& ref, std::size_t field, Value& settings) {
    Value* at = &settings;
    for (const std::string& key : ref.at)
        at = &child(*at, key);
    return child(*at, ref.fields[field]);
}

void put(const Ref& ref, std::size_t field, const base::SecretBytes& bytes, Value& settings) {
    place_of(ref, field, settings).data = bytes;
}

/// What can stand in one line of any text.
bool is_line(std::string_view text) {
    return base::is_utf8(text) && text.find("\u2551") == std::string_view::npos &&
           std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

Fault put_users(const Ref& ref, std::string_view text, std::ptrdiff_t colons, Value& settings) {
    std::vector<base::SecretBytes> users;
    for (std::string_view line : base::split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (!is_line(line) || std::ranges::count(line, ':') != colons) {
            return fmt::format("line {} is no user with a hashed password{}",
                               users.size() + 1,
                               colons == 2 ? " and a realm" : "");
        }
        users.emplace_back(std::string(line));
    }
    if (users.empty()) return std::string("it has no users");
    auto& list = place_of(ref, 0, settings).data.emplace<Value::List>(users.size());
    std::ranges::transform(
        users, list.begin(), [](const base::SecretBytes& user) { return Value{user}; });
    return std::nullopt;
}

/// The type kubernetes.io/basic-auth: one user, whose password is not hashed.
Fault put_plain_user(const Ref& ref, const api::Secret& secret, Value& settings) {
    const base::SecretBytes* name = secret.find("username");
    const base::SecretBytes* password = secret.find("password");
    if (name == nullptr || password == nullptr) return std::string("it lacks username or password");
    const std::string hash = base::encode_base64(base::sha1(password->reveal()));
    return put_users(ref, fmt::format("{}:{{SHA}}{}", name->reveal(), hash), 1, settings);
}

Fault put_only_key(const Ref& ref,
                   const api::Secret& secret,
                   std::ptrdiff_t colons,
                   Value& settings) {
    if (secret.data.size() != 1) return std::string("it must have exactly one key");
    return put_users(ref, secret.data.front().second.reveal(), colons, settings);
}

Fault put_authority(const Ref& ref, const api::Secret& secret, Value& settings) {
    const base::SecretBytes* found = secret.find("tls.ca");
    if (found == nullptr) found = secret.find("ca.crt");
    if (found == nullptr && secret.data.size() == 1) found = &secret.data.front().second;
    if (found == nullptr) return std::string("it has neither tls.ca nor ca.crt");
    if (!base::is_utf8(found->reveal()) || !base::parse_certificate_chain(found->reveal())) {
        return std::string("it holds no certificate");
    }
    put(ref, 0, *found, settings);
    return std::nullopt;
}

Fault put_key_pair(const Ref& ref, const api::Secret& secret, Value& settings) {
    const base::SecretBytes* chain = secret.find("tls.crt");
    const base::SecretBytes* key = secret.find("tls.key");
    if (chain == nullptr || key == nullptr) return std::string("it lacks tls.crt or tls.key");
    const bool text = base::is_utf8(chain->reveal()) && base::is_utf8(key->reveal());
    if (!text || !base::check_key_pair(chain->reveal(), key->reveal())) {
        return std::string("tls.crt and tls.key are no pair");
    }
    put(ref, 0, *chain, settings);
    put(ref, 1, *key, settings);
    return std::nullopt;
}

Fault put_credentials(const Ref& ref, const api::Secret& secret, Value& settings) {
    const base::SecretBytes* name = secret.find("username");
    const base::SecretBytes* password = secret.find("password");
    if (name == nullptr || password == nullptr) return std::string("it lacks username or password");
    if (!is_line(name->reveal()) || !is_line(password->reveal())) {
        return std::string("username or password is no line of text");
    }
    put(ref, 0, *name, settings);
    put(ref, 1, *password, settings);
    return std::nullopt;
}

Fault put_text(const Ref& ref, const api::Secret& secret, Value& settings) {
    const base::SecretBytes* found = secret.find(ref.key);
    if (found == nullptr) {
        return fmt::format("it has no key {}", base::quote_for_message(ref.key));
    }
    if (!base::is_utf8(found->reveal())) return std::string("its value is no text");
    put(ref, 0, *found, settings);
    return std::nullopt;
}

}  // namespace

void put_placeholders(const Ref& ref, Value& settings) {
    using Use = api::Middleware::SecretUse;
    const base::SecretBytes nothing("redacted");
    for (std::size_t field = 0; field < ref.fields.size(); ++field)
        put(ref, field, nothing, settings);
    if (ref.use == Use::BasicUsers || ref.use == Use::DigestUsers) {
        place_of(ref, 0, settings).data = Value::List{Value{nothing}};
    }
}

std::optional<std::string>
put_secret(const Ref& ref, const api::Secret& secret, tree::Value& settings) {
    using Use = api::Middleware::SecretUse;
    constexpr std::string_view plain_user = "kubernetes.io/basic-auth";
    switch (ref.use) {
    case Use::BasicUsers:
        return secret.type == plain_user ? put_plain_user(ref, secret, settings)
                                         : put_only_key(ref, secret, 1, settings);
    case Use::DigestUsers:
        return put_only_key(ref, secret, 2, settings);
    case Use::Authority:
        return put_authority(ref, secret, settings);
    case Use::KeyPair:
        return put_key_pair(ref, secret, settings);
    case Use::Credentials:
        return put_credentials(ref, secret, settings);
    case Use::Text:
        return put_text(ref, secret, settings);
    }
    return std::nullopt;
}

}  // namespace gatefile::graph
