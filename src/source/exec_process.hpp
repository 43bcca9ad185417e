// SPDX-License-Identifier: Apache-2.0
//
// Runs a program without a shell and takes what it prints.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::source {

struct Program {
    std::string command;  ///< looked for in PATH when it has no slash
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;  ///< besides ours, before ours
    std::chrono::milliseconds limit{30000};                        ///< it is killed after that
    std::string input;                                             ///< its standard input
    std::size_t max_output = 1u << 20;  ///< far above what a credential needs
};

/// What it printed to its standard output; its standard error is ours. An Error when it does not
/// exist (kind Unsupported), fails, or takes or prints too long.
base::Result<std::string> run_program(const Program& program);

}  // namespace gatefile::source
