// SPDX-License-Identifier: Apache-2.0
//
// The last good key pairs of Secrets in --state-dir, so that an agent that starts while a Secret is
// broken serves what the one before it did.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/source/cluster.hpp"

#include "kept_text.hpp"

namespace gatefile::agent {

using KeyPairs = std::vector<std::shared_ptr<const api::Secret>>;

/// Holds private keys.
std::string write_key_pairs(const KeyPairs& pairs);
/// Nothing where the text is damaged; a pair that does not fit together is left out.
std::optional<KeyPairs> parse_key_pairs(std::string_view text);

class PairKeeper {
public:
    using Clock = std::chrono::steady_clock;

    /// Without a directory nothing is kept.
    PairKeeper(std::optional<std::string> directory, const Log& log);

    /// What is kept from before.
    KeyPairs read();

    /// From now on; what is there gives way.
    void keep_in(std::string directory) {
        kept_.keep_in(std::move(directory));
        write_at_ = Clock::now();
    }

    std::optional<Clock::time_point> due() const { return write_at_; }
    /// Writes them a moment after they have changed.
    void turn(Clock::time_point now, source::Cluster& cluster);
    /// Writes what is not written yet.
    void flush(const source::Cluster& cluster);

private:
    KeptText kept_;
    std::optional<Clock::time_point> write_at_;
};

}  // namespace gatefile::agent
