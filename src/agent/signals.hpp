// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "gatefile/base/result.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::agent {

enum class Signal : std::uint8_t { None, Reload, Stop };

/// Blocks SIGTERM, SIGINT and SIGHUP; a signalfd that has them.
base::Result<base::UniqueFd> catch_signals();
/// Sleeps until one of `others` can be read, or a signal comes, or it is time. The signal, if any.
Signal wait_for(int signals,
                std::array<int, 3> others,
                std::chrono::steady_clock::time_point until);

}  // namespace gatefile::agent
