// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/static_needs.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/publish/directory.hpp"
#include "gatefile/traefik/static_snippet.hpp"
#include "gatefile/tree/write.hpp"
#include "input.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

base::Result<void> install_plugin(const std::string& directory) {
    const std::string target =
        fmt::format("{}/plugins-local/src/{}", directory, traefik::plugin_module());
    for (const base::EmbeddedFile& file : traefik::plugin_files()) {
        auto written =
            publish::write_new_file(target, std::string(file.name), std::string(file.bytes));
        if (!written) return written.error().within("installing the plugin");
    }
    return {};
}

int print_static(const Options& options) {
    auto settings = translation_settings(options, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    diag::Diagnostics reading;
    auto snapshot = read_objects(options, reading);
    if (!snapshot) return fail(snapshot.error());
    api::locate(**snapshot, reading);
    print_error(diag::print_text(reading));

    std::vector<traefik::WantedPort> wanted;
    for (const analysis::NeededPort& port :
         analysis::needed_ports(**snapshot, settings->build.selection)) {
        wanted.push_back(
            {port.port, port.protocol == "udp" ? graph::Transport::Udp : graph::Transport::Tcp});
    }
    traefik::SnippetSettings snippet{settings->render.format,
                                     options.out.empty() ? "/etc/traefik/gatefile" : options.out,
                                     std::move(settings->static_config),
                                     std::move(settings->slots),
                                     analysis::needs_inner_entry_point(**snapshot)};
    tree::Arena arena;
    print(
        tree::write_yaml(traefik::static_snippet(wanted, snippet, arena), tree::Templates::Plain));
    if (!options.write_plugin.empty()) {
        if (auto installed = install_plugin(options.write_plugin); !installed) {
            return fail(installed.error());
        }
    }
    return reading.has_errors() ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, Options& options) {
    add_input_options(command, options);
    add_traefik_options(command, options);
    add_static_options(command, options);
}

}  // namespace

void add_static(CLI::App& program, int& code) {
    add_command<Options>(program,
                         code,
                         "static",
                         "The static configuration that Gateways need",
                         add_options,
                         print_static);
}

}  // namespace gatefile::cli
