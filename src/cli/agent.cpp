// SPDX-License-Identifier: Apache-2.0
#include "gatefile/agent/agent.hpp"

#include <utility>

#include "commands.hpp"
#include "exit.hpp"
#include "settings.hpp"

namespace gatefile::cli {

int run_agent(const Options& options) {
    if (options.out.empty() || options.out == "-") {
        return fail({base::ErrorKind::Usage, "agent: --out DIR is wanted"});
    }
    const auto log = log_settings(options);
    if (!log) return fail(log.error());
    auto settings = agent_settings(options);
    if (!settings) return fail(settings.error());
    const auto ended = agent::run(std::move(*settings), *log);
    return ended ? exit_ok : fail(ended.error());
}

}  // namespace gatefile::cli
