// SPDX-License-Identifier: Apache-2.0
//
// The kinds of core Kubernetes that routing needs: Namespace, Service, EndpointSlice, Secret,
// ConfigMap. Only fields that gatefile uses are decoded; all others are checked for existence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/meta.hpp"
#include "gatefile/base/lazy.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/base/x509.hpp"

namespace gatefile::api {

struct Namespace {
    Meta meta;
    bool operator==(const Namespace&) const = default;
};

struct ServicePort {
    std::string name;
    std::uint16_t port = 0;
    std::string protocol = "TCP";
    std::optional<std::string> app_protocol;
    std::optional<std::uint16_t> target_port;  ///< a number; else see target_port_name
    std::optional<std::string> target_port_name;
    std::optional<std::uint16_t> node_port;
    bool operator==(const ServicePort&) const = default;
};

struct Service {
    Meta meta;
    std::string type = "ClusterIP";
    std::optional<std::string> cluster_ip;  ///< "None" for headless ones
    std::optional<std::string> external_name;
    std::vector<ServicePort> ports;
    std::vector<std::string> load_balancer;  ///< status.loadBalancer.ingress: IP or hostname
    bool operator==(const Service&) const = default;
};

struct Endpoint {
    std::vector<std::string> addresses;
    bool ready = true;    ///< absent counts as ready
    bool serving = true;  ///< absent: as ready
    bool terminating = false;
    bool operator==(const Endpoint&) const = default;
};

struct EndpointPort {
    std::string name;
    std::optional<std::uint16_t> port;
    std::string protocol = "TCP";
    std::optional<std::string> app_protocol;
    bool operator==(const EndpointPort&) const = default;
};

/// The label of an EndpointSlice that tells its Service.
inline constexpr std::string_view service_name_label = "kubernetes.io/service-name";

struct EndpointSlice {
    Meta meta;  ///< service_name_label tells the Service
    std::string address_type;
    std::vector<Endpoint> endpoints;
    std::vector<EndpointPort> ports;
    bool operator==(const EndpointSlice&) const = default;
};

/// A certificate and its key, as in tls.crt and tls.key of a Secret.
struct KeyPair {
    std::optional<std::string> fault;  ///< why it cannot be used: a clause
    base::Certificate certificate;     ///< without a fingerprint: it cannot be read
};

/// Certificates of authorities.
struct CaBundle {
    std::optional<std::string> fault;  ///< why it cannot be used: a clause; the rest is empty then
    std::string pem;                   ///< certificates only, each once
};

/// On a Secret: what is not a certificate was replaced (`gatefile snapshot`).
inline constexpr std::string_view redacted_annotation = "gatefile.dev/redacted";

struct Secret {
    Meta meta;
    std::string type;
    /// data and stringData, base64 decoded, sorted by key.
    std::vector<std::pair<std::string, base::SecretBytes>> data;
    const base::SecretBytes* find(std::string_view key) const;
    bool is_redacted() const;  ///< then the key of key_pair() was not looked at
    /// Parsed once for each object, whatever number of snapshots has it.
    const KeyPair& key_pair() const;
    const CaBundle& ca_bundle() const;  ///< ca.crt
    base::Lazy<KeyPair> key_pair_memo = {};
    base::Lazy<CaBundle> ca_bundle_memo = {};
    bool operator==(const Secret&) const = default;
};

struct ConfigMap {
    Meta meta;
    StringMap data;
    const CaBundle& ca_bundle() const;  ///< ca.crt; parsed once for each object
    base::Lazy<CaBundle> ca_bundle_memo = {};
    bool operator==(const ConfigMap&) const = default;
};

}  // namespace gatefile::api
