// SPDX-License-Identifier: Apache-2.0
//
// When statuses that could not be written are tried again: each after a while that grows. Where it
// is forbidden, one object is tried for all of its kind and namespace.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/api_server.hpp"

namespace gatefile::agent {

class StatusRetries {
public:
    using Clock = std::chrono::steady_clock;
    using Objects = std::set<diag::ObjectRef>;

    /// Whether it is not to be written now, because that of its kind and namespace is forbidden: it
    /// comes back when another one was let through.
    bool waits(const diag::ObjectRef& object);
    /// What became of a write; `random` is in [0, 1). The objects that need not wait any longer.
    Objects answered(const diag::ObjectRef& object,
                     const source::ApiAnswer& answer,
                     Clock::time_point now,
                     double random);
    /// There is nothing to write. As above.
    Objects done(const diag::ObjectRef& object);

    /// The API server has asked for quiet until then.
    Clock::time_point quiet_until() const { return quiet_until_; }
    std::optional<Clock::time_point> due() const;
    /// Those whose time has come.
    Objects take(Clock::time_point now);

private:
    using Group = std::pair<std::string, std::string>;  ///< kind and namespace
    struct Failed {
        unsigned times = 0;
        std::optional<Clock::time_point> at;  ///< nothing: it is being tried
    };
    struct Refused {
        diag::ObjectRef tried;
        Objects others;
    };

    static Group group_of(const diag::ObjectRef& object) { return {object.kind, object.ns}; }
    void put_off(const diag::ObjectRef& object,
                 std::chrono::milliseconds at_least,
                 Clock::time_point now,
                 double random);
    void forget(const diag::ObjectRef& object);
    void refuse(const diag::ObjectRef& object);
    Objects let_go(const diag::ObjectRef& object);

    std::map<diag::ObjectRef, Failed> failed_;
    std::set<std::pair<Clock::time_point, diag::ObjectRef>> by_time_;
    std::map<Group, Refused> refused_;
    Clock::time_point quiet_until_{};
};

}  // namespace gatefile::agent
