// SPDX-License-Identifier: Apache-2.0
//
// What the agent follows: a directory of manifests, or a cluster. Tells when something changed and
// gives what there is.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::agent {

/// Whether what is missing without evidence is taken for removed: once it was held back long
/// enough, or when an operator says so.
enum class Absence : std::uint8_t { NeedsEvidence, Accepted };

class Input {
public:
    using Clock = std::chrono::steady_clock;

    struct Reading {
        std::shared_ptr<const api::Snapshot> snapshot;
        /// Every object that is gone was seen to go.
        bool deletions_witnessed = true;
        /// What could not be read, and had before what is not known: a clause. Empty: nothing.
        std::string lacks = {};
        /// An absence that nobody saw is to be believed now.
        bool absence_accepted = false;
        /// Objects that are served on though the source has them no more.
        std::size_t held = 0;
    };

    virtual ~Input() = default;

    /// Readable when changed() has news; -1: changed() is asked at due() only.
    virtual int fd() const = 0;
    virtual std::optional<Clock::time_point> due() const = 0;
    /// Takes in what came; true when the next reading may differ from the last.
    virtual bool changed(Clock::time_point now) = 0;
    /// Whether all is known that a reading needs. False for a cluster until every kind was listed.
    virtual bool ready() const = 0;
    /// Something that happened has to be followed by a reading, change or not, at this moment:
    /// where no events come, or a grace ends.
    virtual std::optional<Clock::time_point> reading_due() const = 0;
    /// Nothing when more has to be asked for first: ready() tells when it is there.
    virtual base::Result<std::optional<Reading>> read(Absence absence,
                                                      diag::Diagnostics& diagnostics) = 0;
    /// What became of the last reading.
    virtual void published(bool failed, bool held) = 0;
};

}  // namespace gatefile::agent
