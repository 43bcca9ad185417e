// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "config.hpp"
#include "exit.hpp"
#include "static_names.hpp"

using namespace gatefile::cli;

int main(int argc, char** argv) {
    keep_names_static();
    CLI::App program{"Gateway API for a stock Traefik", "gatefile"};
    program.require_subcommand(1);
    int code = exit_ok;
    add_commands(program, code);
    if (argc > 1) {
        if (auto applied = apply_config(program, argv[1], {argv + 2, argv + argc}); !applied)
            return fail(applied.error());
    }
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return code;
}
