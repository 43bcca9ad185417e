// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

namespace gatefile::cli {

void add_commands(CLI::App& program, int& code) {
    add_convert(program, code);
    add_agent(program, code);
    add_check(program, code);
    add_explain(program, code);
    add_test(program, code);
    add_diff(program, code);
    add_graph(program, code);
    add_check_traefik(program, code);
    add_snapshot(program, code);
    add_status(program, code);
    add_history(program, code);
    add_operate(program, code);
    add_migrate(program, code);
    add_static(program, code);
    add_rbac(program, code);
    add_cleanup(program, code);
    add_eject(program, code);
    add_config(program, code);
    add_completion(program, code);
    add_version(program, code);
}

}  // namespace gatefile::cli
