// SPDX-License-Identifier: Apache-2.0
//
// BackendTLSPolicy (gateway.networking.k8s.io, v1) as decoded, and the ClusterTrustBundle
// (certificates.k8s.io) that it may refer to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatefile/api/core.hpp"
#include "gatefile/api/gateway.hpp"
#include "gatefile/api/meta.hpp"

namespace gatefile::api {

struct BackendTlsPolicy {
    Meta meta;
    struct Target {
        std::string group, kind, name;
        std::optional<std::string> section_name;  ///< a port of a Service, by name
        bool operator==(const Target&) const = default;
    };
    struct SubjectAltName {
        std::string type;   ///< "Hostname" or "URI"
        std::string value;  ///< the field of that type
        bool operator==(const SubjectAltName&) const = default;
    };
    std::vector<Target> targets;
    std::string hostname;  ///< SNI, and what the certificate must be for
    std::vector<ObjectReference> ca_certificate_refs;       ///< of the policy's own namespace
    std::optional<std::string> well_known_ca_certificates;  ///< "System" or a domain-prefixed word
    std::vector<SubjectAltName> subject_alt_names;
    StringMap options;
    bool operator==(const BackendTlsPolicy&) const = default;
};

struct ClusterTrustBundle {
    Meta meta;
    std::string trust_bundle;           ///< PEM
    const CaBundle& ca_bundle() const;  ///< parsed once for each object
    base::Lazy<CaBundle> ca_bundle_memo = {};
    bool operator==(const ClusterTrustBundle&) const = default;
};

}  // namespace gatefile::api
