// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "exit.hpp"

namespace gatefile::cli {

void add_version(CLI::App& program, int& code) {
    program.add_subcommand("version", "Print the version")->callback([&code] {
        print("gatefile " GATEFILE_VERSION "\n");
        code = exit_ok;
    });
}

}  // namespace gatefile::cli
