// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

namespace gatefile::cli {

void add_commands(CLI::App& program, int& code) {
    add_convert(program, code);
    add_agent(program, code);
    add_check(program, code);
    add_graph(program, code);
    add_static(program, code);
    add_rbac(program, code);
    add_version(program, code);
}

}  // namespace gatefile::cli
