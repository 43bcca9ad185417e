// SPDX-License-Identifier: Apache-2.0
//
// Middleware (traefik.io/v1alpha1), which ExtensionRef filters may name. One that decodes is one
// that Traefik 3.7 takes, whatever the CRD lets pass: every field is known and of its type, every
// pattern compiles, no limit is exceeded. Secrets and Services that it names are not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/meta.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::api {

struct Middleware {
    Meta meta;
    /// The only field of its spec: "rateLimit", "chain" …
    std::string type;
    /// As Traefik's dynamic configuration has them, defaults filled in (a provider that hands over
    /// JSON gets none), without the references below. Never has an empty list or map in it but for
    /// `contentType` itself.
    tree::Value settings;

    std::vector<std::string> chain;  ///< Middlewares of the same namespace, in this place

    enum class SecretUse : std::uint8_t {
        BasicUsers,   ///< lines "name:hash" under the only key, or a kubernetes.io/basic-auth
        DigestUsers,  ///< lines "name:realm:hash" under the only key
        Authority,    ///< certificates under tls.ca or ca.crt, or the only key
        KeyPair,      ///< tls.crt and tls.key
        Credentials,  ///< username and password
        Text,         ///< what is under `key`
    };
    struct SecretRef {
        SecretUse use{};
        std::string name;
        std::string key;                  ///< for Text
        std::vector<std::string> at;      ///< the map in `settings` that gets it
        std::vector<std::string> fields;  ///< in that map, in the order that SecretUse has
        std::string path;                 ///< of the reference in the object
        bool operator==(const SecretRef&) const = default;
    };
    std::vector<SecretRef> secrets;

    /// What serves the pages of `errors`.
    struct ServiceRef {
        std::string name;
        std::string port_name;  ///< empty: see port
        std::uint16_t port = 0;
        bool operator==(const ServiceRef&) const = default;
    };
    std::optional<ServiceRef> service;

    bool operator==(const Middleware&) const = default;
};

inline constexpr std::string_view traefik_group = "traefik.io";

}  // namespace gatefile::api
