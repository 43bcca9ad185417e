// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "exit.hpp"
#include "options.hpp"

using namespace gatefile::cli;

int main(int argc, char** argv) {
    CLI::App app{"Gateway API for a stock Traefik", "gatefile"};
    app.require_subcommand(1);
    int code = exit_ok;

    // Options of their own: CLI11 reads the environment for the commands that were not named, too.
    Options for_convert, for_agent, for_check, for_static, for_rbac;
    CLI::App* converting = app.add_subcommand("convert", "Manifests to Traefik configuration");
    add_input_options(*converting, for_convert);
    add_traefik_options(*converting, for_convert);
    add_output_options(*converting, for_convert);
    add_convert_options(*converting, for_convert);
    add_report_options(*converting, for_convert);
    converting->callback([&] { code = convert(for_convert); });

    CLI::App* agent = app.add_subcommand("agent", "Keep manifests or a cluster published");
    add_input_options(*agent, for_agent, From::Anywhere);
    add_access_options(*agent, for_agent);
    add_cluster_options(*agent, for_agent);
    add_traefik_options(*agent, for_agent);
    add_output_options(*agent, for_agent);
    add_agent_options(*agent, for_agent);
    agent->callback([&] { code = run_agent(for_agent); });

    CLI::App* checking = app.add_subcommand("check", "Say what is wrong with manifests");
    add_input_options(*checking, for_check);
    add_traefik_options(*checking, for_check);
    add_report_options(*checking, for_check);
    checking->callback([&] { code = check(for_check); });

    CLI::App* needs = app.add_subcommand("static", "The static configuration that Gateways need");
    add_input_options(*needs, for_static);
    add_traefik_options(*needs, for_static);
    add_static_options(*needs, for_static);
    needs->callback([&] { code = print_static(for_static); });

    CLI::App* roles = app.add_subcommand("rbac", "The least rights that the agent needs");
    add_input_options(*roles, for_rbac, From::Anywhere);
    add_access_options(*roles, for_rbac);
    add_rbac_options(*roles, for_rbac);
    roles->callback([&] { code = print_roles(for_rbac); });

    CLI::App* version = app.add_subcommand("version", "Print the version");
    version->callback([&] { code = print_version(); });
    for (CLI::App* command : {converting, agent, checking, needs, roles})
        add_environment(*command);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return code;
}
