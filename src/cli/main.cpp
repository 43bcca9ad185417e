// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "exit.hpp"
#include "options.hpp"

using namespace gatefile::cli;

int main(int argc, char** argv) {
    CLI::App app{"Gateway API for a stock Traefik", "gatefile"};
    app.require_subcommand(1);
    Options options;
    int code = exit_ok;

    CLI::App* converting = app.add_subcommand("convert", "Manifests to Traefik configuration");
    CLI::App* agent = app.add_subcommand("agent", "Keep a directory of manifests published");
    CLI::App* checking = app.add_subcommand("check", "Say what is wrong with manifests");
    CLI::App* needs = app.add_subcommand("static", "The static configuration that Gateways need");
    CLI::App* version = app.add_subcommand("version", "Print the version");
    for (CLI::App* command : {converting, agent, checking, needs}) {
        add_input_options(*command, options);
        add_traefik_options(*command, options);
    }
    add_output_options(*converting, options);
    add_convert_options(*converting, options);
    add_report_options(*converting, options);
    add_output_options(*agent, options);
    add_agent_options(*agent, options);
    add_report_options(*checking, options);
    add_static_options(*needs, options);
    for (CLI::App* command : {converting, agent, checking, needs})
        add_environment(*command);

    converting->callback([&] { code = convert(options); });
    agent->callback([&] { code = run_agent(options); });
    checking->callback([&] { code = check(options); });
    needs->callback([&] { code = print_static(options); });
    version->callback([&] { code = print_version(); });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return code;
}
