// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gatefile/base/result.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::agent {

enum class Signal : std::uint8_t { None, Reload, Stop };

/// Blocks SIGTERM, SIGINT and SIGHUP; a signalfd that has them.
base::Result<base::UniqueFd> catch_signals();
/// The next of them.
Signal read_signal(int fd);

}  // namespace gatefile::agent
