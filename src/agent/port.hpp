// SPDX-License-Identifier: Apache-2.0
//
// The agent's HTTP port, on a thread of its own, so that it answers while the loop translates:
//   /livez, /healthz     the loop turns
//   /readyz[/CHECK]      health.hpp; ?verbose lists the checks
//   /metrics             metrics.hpp
//   /, /graph.json       live_picture.hpp, as a page and as its data, unless it is turned off
// GET and HEAD, no bodies, no writes. Who can reach it learns what is routed where and what is
// wrong with it, and nothing secret: no keys, and no values that requests are matched by.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"
#include "health.hpp"
#include "live_picture.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

struct Reply {
    unsigned status = 200;
    std::string_view content_type;
    std::string body;
    std::shared_ptr<const std::string> shared_body;  ///< in place of `body`, and not copied
    std::string tag;                                 ///< an ETag; empty: nothing is to be cached
    std::string policy;                              ///< Content-Security-Policy; empty: none
};

/// What there is to tell. All of it must outlive the Port.
struct Served {
    const Health& health;
    const Metrics& metrics;
    LivePicture* picture = nullptr;  ///< null: there is no page
};

struct Question {
    std::string_view path;
    bool verbose = false;        ///< ?verbose was given
    std::string_view known_tag;  ///< If-None-Match
};

/// What a GET is answered, port or no port.
Reply answer(const Question& question, const Served& served);

class Port {
public:
    /// `address`: "127.0.0.1:9191", "[::1]:9191", ":9191" (every address of the machine); port 0
    /// takes a free one. Errors: Usage for what is no
    /// address, Network for one that is taken or not ours.
    static base::Result<Port> open(std::string_view address, const Served& served);
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
