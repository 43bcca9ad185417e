// SPDX-License-Identifier: Apache-2.0
//
// Where a generation goes besides the directory: the HTTP provider and the key-value stores of
// other Traefiks.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/publish/file_set.hpp"
#include "http_publication.hpp"
#include "metrics.hpp"
#include "store_worker.hpp"

namespace gatefile::agent {

/// The generation that a published file says it is; nothing where it does not say.
std::optional<std::string> marked_generation(std::string_view bytes);

class Targets {
public:
    /// `found`: what the directory holds from before, to be served until there is something newer.
    static base::Result<Targets> open(const AgentSettings& settings,
                                      std::vector<publish::File> found,
                                      const Log& log,
                                      Metrics& metrics);
    Targets(Targets&&) noexcept;
    Targets& operator=(Targets&&) noexcept;
    ~Targets();

    /// A generation that is in the directory; takes its pairs. Never waits for anybody.
    void publish(publish::FileSet& files);

    StoresState state() const;

    /// Looks after certificates; whether another one is shown.
    bool turn(std::chrono::steady_clock::time_point now);
    /// What is shown over TLS, by file.
    std::vector<ShownCertificate> certificates() const;

private:
    struct State;
    explicit Targets(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::agent
