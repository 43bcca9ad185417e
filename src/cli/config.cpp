// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "exit.hpp"

namespace gatefile::cli {

namespace {

/// What decides which findings and requests there are. Whatever runs a program, reaches a network,
/// or writes stays with who calls gatefile, and so does each option that comes later until it is
/// put here.
constexpr std::string_view honoured_from_checkout[] = {
    "allow-external-name", "approximate",    "backend-map",    "backends",
    "baseline",            "coexist",        "color",          "complete",
    "controller-name",     "crds",           "entrypoint",     "fail-on",
    "filename",            "gateway",        "gateway-class",  "gateway-selector",
    "ignore",              "in-namespace",   "namespace",
    "namespace-label",     "node-address",   "now",            "output",
    "port-map",            "publish-service", "recursive",     "report",
    "slot",                "status-address", "strict",         "to",
    "traefik-args",        "traefik-config", "traefik-version", "with"};

bool is_harmless(const ConfigValue& value) {
    // report: sarif is a form, report: sarif=FILE writes.
    const bool writes = value.key == "report" &&
                        std::ranges::any_of(value.values, [](const std::string& report) {
                            return report.find('=') != std::string::npos;
                        });
    return !writes && std::ranges::find(honoured_from_checkout, value.key) !=
                          std::end(honoured_from_checkout);
}

/// "DIR|-" and "DIR" are one to who writes a file.
std::string_view meaning(const CLI::Option& option, const std::string& type) {
    std::string_view text = type;
    if (text.ends_with("|-")) text.remove_suffix(2);
    return option.get_items_expected_max() == 0 ? "flag" : text;
}

/// A key at the top level has the meaning that it has for the first command of --help.
bool is_meant(const CLI::App& program, const CLI::Option& option, const std::string& key) {
    for (const CLI::App* one : program.get_subcommands([](const CLI::App*) { return true; })) {
        const CLI::Option* first = one->get_option_no_throw("--" + key);
        if (first == nullptr) continue;
        const std::string type = first->get_type_name();
        return meaning(*first, type) == meaning(option, option.get_type_name());
    }
    return true;
}

/// What stands below a command's name goes before what stands outside. 0: it is for another.
int rank_of(const ConfigValue& value, const Config& config, const CLI::App& command) {
    if (value.command == command.get_name()) return 3;
    if (value.command == "agent" && config.is_agents) return 2;
    return value.command.empty() ? 1 : 0;
}

base::Result<void>
set_default(CLI::Option& option, const Config& config, const ConfigValue& value) {
    if (value.values.empty()) return {};
    try {
        option.add_result(value.values);
        option.run_callback();
    } catch (const CLI::Error& error) {
        return base::Error{
            base::ErrorKind::Usage,
            fmt::format("{}:{}: {}", config.place(value), value.at.column, error.what())};
    }
    // Flags and variables are to take its place, not to be added.
    option.clear();
    option.required(false);
    return {};
}

}  // namespace

std::vector<ConfigDefault>
defaults_of(const CLI::App& program, const CLI::App& command, const Config& config) {
    std::vector<ConfigDefault> defaults;
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_lnames().empty()) continue;
        const std::string& key = option->get_lnames().front();
        const ConfigValue* found = nullptr;
        int best = 0;
        for (const ConfigValue& value : config.values) {
            if (value.key != key) continue;
            const int rank = rank_of(value, config, command);
            if (rank <= best || (rank == 1 && !is_meant(program, *option, key))) continue;
            best = rank;
            found = &value;
        }
        if (found == nullptr) continue;
        defaults.push_back({found, config.trust == Trust::Full || is_harmless(*found)});
    }
    return defaults;
}

base::Result<void> apply_config(CLI::App& program,
                                const std::string& command,
                                const std::vector<std::string>& arguments) {
    const auto config = find_config(program, command, arguments);
    if (!config) return config.error();
    if (!config->unreadable.empty()) {
        print_error(fmt::format(
            "gatefile: warning: {}; its options are not taken\n", config->unreadable));
    }
    if (config->values.empty()) return {};
    CLI::App& app = *program.get_subcommand(command);
    for (const ConfigDefault& found : defaults_of(program, app, *config)) {
        const ConfigValue& value = *found.value;
        if (!found.is_honoured) {
            print_error(fmt::format("gatefile: {}:{}: warning: {} is not taken from a file that "
                                    "lies in the working directory, because it runs a program, "
                                    "reaches a network or writes; give it as an option, a "
                                    "variable, or with --config\n",
                                    config->place(value),
                                    value.at.column,
                                    value.key));
            continue;
        }
        if (auto set = set_default(*app.get_option("--" + value.key), *config, value); !set)
            return set;
    }
    return {};
}

}  // namespace gatefile::cli
