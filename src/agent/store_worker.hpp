// SPDX-License-Identifier: Apache-2.0
//
// Keeps a key-value store at the newest generation, on a thread of its own: a store that is slow or
// away holds nobody up. Tries again until it is there, and looks now and then whether it still is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/publish/store.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

/// Why a store does not hold what is published.
struct StoreTrouble {
    std::string store;  ///< as in logs
    std::string what;
    base::Timestamp since;
};

struct StoresState {
    std::vector<StoreTrouble> troubles;  ///< stores that do not hold what was published last
    std::vector<std::string> losses;     ///< keys of what no store can say: errors are answered
};

class StoreWorker {
public:
    /// `name` is for logs and metrics. Both log and metrics must outlive the worker.
    StoreWorker(std::unique_ptr<publish::Store> store,
                std::string name,
                const Log& log,
                Metrics& metrics);
    /// Ends a publication that is under way, or waits for as long as the store's timeouts let it.
    ~StoreWorker();
    StoreWorker(const StoreWorker&) = delete;
    StoreWorker& operator=(const StoreWorker&) = delete;

    /// Never waits; what was given before and is not published yet is passed over.
    void give(std::shared_ptr<const publish::Pairs> pairs, std::string generation);

    /// Nothing while the store is as it is wanted, or was not tried yet.
    std::optional<StoreTrouble> trouble() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::agent
