// SPDX-License-Identifier: Apache-2.0
//
// How a command becomes part of the program.
#pragma once

#include <memory>

#include <CLI/CLI.hpp>

#include "options.hpp"

namespace gatefile::cli {

/// `Values` are the command's options: its own, because CLI11 reads the environment for the
/// commands that were not named, too. Each option gets its GATEFILE_… twin.
template <typename Values>
void add_command(CLI::App& program,
                 int& code,
                 const char* name,
                 const char* about,
                 void (*add_options)(CLI::App&, Values&),
                 int (*run)(const Values&)) {
    CLI::App* command = program.add_subcommand(name, about);
    auto values = std::make_shared<Values>();
    add_options(*command, *values);
    add_environment(*command);
    command->callback([values, run, &code] { code = run(*values); });
}

}  // namespace gatefile::cli
