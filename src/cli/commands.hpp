// SPDX-License-Identifier: Apache-2.0
//
// The commands. Each is a file of its own, which has its options and what it does.
#pragma once

namespace CLI {
class App;
}

namespace gatefile::cli {

/// Each adds its command to the program; when it is the one that was named, `code` becomes its exit
/// code.
void add_convert(CLI::App& program, int& code);
void add_agent(CLI::App& program, int& code);
void add_check(CLI::App& program, int& code);
void add_snapshot(CLI::App& program, int& code);
void add_migrate(CLI::App& program, int& code);
void add_explain(CLI::App& program, int& code);
void add_test(CLI::App& program, int& code);
void add_diff(CLI::App& program, int& code);
void add_graph(CLI::App& program, int& code);
void add_check_traefik(CLI::App& program, int& code);
void add_status(CLI::App& program, int& code);
void add_history(CLI::App& program, int& code);
void add_operate(CLI::App& program, int& code);
void add_static(CLI::App& program, int& code);
void add_rbac(CLI::App& program, int& code);
void add_cleanup(CLI::App& program, int& code);
void add_eject(CLI::App& program, int& code);
void add_config(CLI::App& program, int& code);
void add_completion(CLI::App& program, int& code);
void add_version(CLI::App& program, int& code);

/// All of them, in the order of --help.
void add_commands(CLI::App& program, int& code);

}  // namespace gatefile::cli
