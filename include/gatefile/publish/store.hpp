// SPDX-License-Identifier: Apache-2.0
//
// Key-value stores that Traefik's providers read. A store holds one generation below a root key
// that is ours alone, and never shows a reader half of one (the sources say how, and what that
// rests on). Whoever calls waits; nothing here knows threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::publish {

enum class StoreKind : std::uint8_t { Redis, Etcd, Consul };

/// "redis", "etcd", "consul": as Traefik calls its provider.
std::string_view store_name(StoreKind kind);

/// Files are read at each connection; an empty path means none.
struct StoreSettings {
    StoreKind kind = StoreKind::Redis;
    std::string address;           ///< "HOST:PORT"
    std::string root = "traefik";  ///< Traefik's rootKey
    std::string user;              ///< empty: none; Consul has none
    std::string password_file;     ///< of Consul the ACL token
    bool tls = false;              ///< Redis: never
    std::string ca_file;           ///< PEM; empty: the system's certificates
    std::string certificate_file;  ///< who we are in TLS, with key_file
    std::string key_file;
};

/// Sorted by key; keys are below the root. No value is empty where a Redis is among the stores.
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct StoreReport {
    std::size_t put = 0;
    std::size_t removed = 0;
};

class Store {
public:
    virtual ~Store() = default;

    /// The store holds exactly `wanted` afterwards. Errors: Network when it cannot be reached (it
    /// may have got all or nothing), Refused when what is below the root is not ours.
    virtual base::Result<StoreReport> publish(std::shared_ptr<const Pairs> wanted,
                                              const std::string& generation) = 0;
    /// The generation that is there; empty: none, or nothing whole.
    virtual base::Result<std::string> generation() = 0;
    /// From any thread: a publication that waits gives up with an Error, and no other begins to.
    virtual void stop() = 0;
};

/// Nothing is connected to yet.
base::Result<std::unique_ptr<Store>> make_store(StoreSettings settings);

}  // namespace gatefile::publish
