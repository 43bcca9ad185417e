// SPDX-License-Identifier: Apache-2.0
#include "gatefile/agent/agent.hpp"

#include <utility>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

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

void add_options(CLI::App& command, Options& options) {
    add_input_options(command, options, From::Anywhere);
    add_access_options(command, options);
    add_cluster_options(command, options);
    add_traefik_options(command, options);
    add_output_options(command, options);
    add_publish_options(command, options);
    add_agent_options(command, options);
}

}  // namespace

void add_agent(CLI::App& program, int& code) {
    add_command<Options>(
        program, code, "agent", "Keep manifests or a cluster published", add_options, run_agent);
}

}  // namespace gatefile::cli
