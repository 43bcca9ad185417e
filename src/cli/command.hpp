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
    // What it names was read before the command line was (config.hpp).
    command->add_option("--config", "A file with values for these options")->type_name("FILE");
    add_environment(*command);
    // The options write there, also where `config view` puts another callback in place of this one.
    command->preparse_callback([values](std::size_t) {});
    command->callback([values, run, &code] { code = run(*values); });
}

}  // namespace gatefile::cli
