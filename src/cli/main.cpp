// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "exit.hpp"

using namespace gatefile::cli;

int main(int argc, char** argv) {
    CLI::App program{"Gateway API for a stock Traefik", "gatefile"};
    program.require_subcommand(1);
    int code = exit_ok;
    add_commands(program, code);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return code;
}
