// SPDX-License-Identifier: Apache-2.0
//
// The agent's HTTP port, on a thread of its own, so that it answers while the loop translates:
//   /livez, /healthz     the loop turns
//   /readyz[/CHECK]      health.hpp; ?verbose lists the checks
//   /metrics             metrics.hpp
// GET and HEAD, no bodies, no writes. Who can reach it learns kinds, codes and the names of
// certificates' Secrets, and nothing secret.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"
#include "health.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

struct Reply {
    unsigned status = 200;
    std::string_view content_type;
    std::string body;
};

/// What a GET of the path is answered, port or no port. `verbose`: ?verbose was given.
Reply answer(std::string_view path, bool verbose, const Health& health, const Metrics& metrics);

class Port {
public:
    /// `address`: "127.0.0.1:9191", "[::1]:9191", ":9191" (every address of the machine); port 0
    /// takes a free one. Both references must outlive the Port. Errors: Usage for what is no
    /// address, Network for one that is taken or not ours.
    static base::Result<Port>
    open(std::string_view address, const Health& health, const Metrics& metrics);
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    Port(Port&&) noexcept;
    Port& operator=(Port&&) noexcept;
    ~Port();

    /// The port that is listened on.
    unsigned number() const;

private:
    struct State;
    explicit Port(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::agent
