// SPDX-License-Identifier: Apache-2.0
//
// The parts of an HTTPRoute in the IR's words: matches, filters, rules with their pools.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::ir {

/// What a redirect takes from the listener that a request came through.
struct Arrival {
    std::uint16_t port = 0;
    bool tls = false;
    auto operator<=>(const Arrival&) const = default;
};

/// Canonical: the path comparable, headers and query parameters sorted by name, of several with one
/// name the first (HTTPHeaderMatch.name, HTTPQueryParamMatch.name).
Match lower_match(const api::HttpRouteMatch& match);

/// Sorted by name in lower case, of several with one name the first.
std::vector<ValueMatch> lower_headers(const std::vector<api::ValueMatch>& headers);

/// How the meaning of a rule depends on where it stands.
struct Dependence {
    bool on_arrival = false;  ///< a redirect without scheme
    bool on_match = false;    ///< ReplacePrefixMatch and several matches
    bool on_client = false;   ///< a backend that is reached over TLS
};
Dependence dependence(const graph::Rule& rule);

/// Who a Gateway is to backends that are reached over TLS.
struct TlsClient {
    bool fails = false;                      ///< it has no certificate and should have one
    std::optional<std::size_t> certificate;  ///< in Config::client_certificates
    auto operator<=>(const TlsClient&) const = default;
};

/// Collects the distinct backends.
class BackendTable {
public:
    explicit BackendTable(Config& config) : config_(config) {}
    /// `backend` must outlive this.
    std::size_t index_of(const graph::Backend& backend, const TlsClient& client);
    /// The same backend as if no policy asked for TLS.
    std::size_t index_without_tls(const graph::Backend& backend);

private:
    struct Key {
        const graph::Backend* backend = nullptr;
        std::optional<std::size_t> certificate;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const;
    };
    struct Equal {
        bool operator()(const Key& a, const Key& b) const;
    };
    using Certificate = std::optional<std::size_t>;

    std::size_t add_composite(const graph::Composite& composite, const TlsClient& client);
    std::optional<std::size_t> tls_of(const graph::BackendTls* policy,
                                      const Certificate& certificate);

    Config& config_;
    std::deque<graph::Backend> stripped_;
    /// For lookups only: the order is that of first use.
    std::unordered_map<Key, std::size_t, Hash, Equal> indices_;
    std::map<std::pair<const graph::BackendTls*, Certificate>, std::size_t> tls_;
};

/// What runs in front of a part of a composite.
std::vector<Filter>
lower_extensions(const std::vector<std::shared_ptr<const graph::Extension>>& extensions,
                 const TlsClient& client,
                 BackendTable& backends);

/// `match` is the one of the rule's matches that leads here.
struct Place {
    Arrival arrival;
    const Match* match = nullptr;
    TlsClient client;

    /// Whether the Gateway can be no client of it.
    bool bars(const graph::Backend& backend) const {
        return client.fails && backend.protocol == graph::BackendProtocol::Https;
    }
};
/// Everything but `route` and `variant`.
Rule lower_rule(const graph::Rule& rule, const Place& place, BackendTable& backends);

/// In the order in which they are written, which is the order in which they run. Nothing when one
/// of them cannot be served.
std::optional<std::vector<Filter>> lower_filters(const std::vector<graph::Filter>& filters,
                                                 const Place& place,
                                                 BackendTable& backends);

}  // namespace gatefile::ir
