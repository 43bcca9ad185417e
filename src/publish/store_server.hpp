// SPDX-License-Identifier: Apache-2.0
//
// A key-value store with transactions that hang on a guard: what a store of one product can do.
// Keys here are whole, with the root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/publish/store.hpp"
#include "http_session.hpp"

namespace gatefile::publish {

struct Op {
    enum class Kind : std::uint8_t { Put, Remove, RemoveBelow };
    Kind kind = Kind::Put;
    std::string key;         ///< of RemoveBelow what the keys begin with
    std::string_view value;  ///< of Put; must outlive the Op
};

/// When it was written last, in the store's own count; 0: it is not there.
using Version = std::uint64_t;

struct Guard {
    std::string key;
    Version version = 0;                     ///< nothing happens unless the key has this one
    std::optional<std::string_view> value;  ///< what the same transaction writes there
};

struct TransactionLimits {
    std::size_t ops = 0;    ///< beside the guard
    std::size_t bytes = 0;  ///< as op_size() counts
};

class StoreServer {
public:
    virtual ~StoreServer() = default;

    virtual TransactionLimits limits() const = 0;
    virtual std::size_t op_size(const Op& op) const = 0;

    struct Value {
        std::string bytes;
        Version version = 0;
    };
    virtual base::Result<Value> read(const std::string& key) = 0;
    /// What is below `prefix` (which ends in a slash), without it; sorted by key.
    virtual base::Result<Pairs> read_below(const std::string& prefix) = 0;
    /// All of it, seen by readers at once, or nothing. The guard's version afterwards; nothing when
    /// it has another one.
    virtual base::Result<std::optional<Version>> apply(const Guard& guard,
                                                       const std::vector<Op>& ops) = 0;
};

/// Connects, and says who we are. The session outlives the server.
using MakeServer = base::Result<std::unique_ptr<StoreServer>> (*)(const StoreSettings& settings,
                                                                  HttpSession& session);

}  // namespace gatefile::publish
