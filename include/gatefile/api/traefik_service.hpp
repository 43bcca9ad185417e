// SPDX-License-Identifier: Apache-2.0
//
// TraefikService (traefik.io/v1alpha1), which backendRefs may name. One that decodes is one that
// Traefik 3.7 takes: every field is known, of its type and within its limits. What it refers to is
// not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/meta.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::api {

struct TraefikService {
    Meta meta;
    enum class Type : std::uint8_t { Weighted, HighestRandomWeight, Mirroring, Failover };
    Type type = Type::Weighted;
    /// As Traefik's dynamic configuration has them, defaults filled in, without the references.
    tree::Value settings;

    /// A Service or TraefikService of the same namespace.
    struct Ref {
        bool is_composite = false;  ///< a TraefikService
        std::string name;
        std::string port_name;  ///< empty: see port
        std::uint16_t port = 0;
        int weight = 1;
        int percent = 0;
        std::string scheme;                    ///< "http", "https" or "h2c"; empty: not said
        std::vector<std::string> middlewares;  ///< of the same namespace, for a Service
        /// Of the load balancer of a Service, in the words of Traefik's dynamic configuration.
        tree::Value balancer;
        std::string path;  ///< of the reference in the object
        bool operator==(const Ref&) const = default;
    };
    /// Mirroring: what answers, then the mirrors. Failover: what answers, then what answers in its
    /// place.
    std::vector<Ref> refs;

    bool operator==(const TraefikService&) const = default;
};

}  // namespace gatefile::api
