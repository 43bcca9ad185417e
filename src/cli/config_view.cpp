// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "config.hpp"
#include "exit.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/base/strings.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

/// What a command would take an option for, and who says so.
struct Shown {
    std::vector<std::string> values;
    std::string origin;
};

/// A value that may stand in a log: no password of a URL, no header but its name.
std::string presentable(std::string_view key, std::string_view value) {
    if (key == "header") {
        const std::size_t colon = value.find(':');
        return std::string(value.substr(0, colon)) + ": (not shown)";
    }
    std::string out(value);
    const std::size_t scheme = out.find("://");
    if (scheme == std::string::npos) return out;
    const std::size_t host = scheme + 3;
    const std::size_t at = out.rfind('@', out.find('/', host));
    if (at != std::string::npos && at > host) out.replace(host, at - host, "(not shown)");
    return out;
}

std::string yaml(const CLI::Option& option, const Shown& shown) {
    const std::string& key = option.get_lnames().front();
    if (option.get_items_expected_max() == 0)
        return shown.values.empty() ? "false" : shown.values.front();
    std::string text;
    for (const std::string& value : shown.values) {
        text += (text.empty() ? "" : ", ") +
                base::quote_for_message(presentable(key, value), 4096);
    }
    if (option.get_items_expected_max() > 1) return "[" + text + "]";
    return text.empty() ? "\"\"" : text;
}

Shown origin_of(const CLI::Option& option,
                const std::string& variable,
                const Config& config,
                const ConfigDefault* in_file) {
    if (option.count() > 0)
        return {option.results(), "flag --" + option.get_lnames().front()};
    if (const char* set = std::getenv(variable.c_str()); set != nullptr && *set != '\0')
        return {{set}, "environment " + variable};
    Shown shown{.values = {}, .origin = "default"};
    if (!option.get_default_str().empty()) shown.values = {option.get_default_str()};
    if (in_file == nullptr) return shown;
    const std::string place = config.place(*in_file->value);
    if (in_file->is_honoured) return {in_file->value->values, place};
    shown.origin += "; that of " + place + " is not taken from a checkout";
    return shown;
}

/// "30s", "1ms"
std::string text_of(std::chrono::milliseconds time) {
    const auto count = time.count();
    return count % 1000 == 0 ? fmt::format("{}s", count / 1000) : fmt::format("{}ms", count);
}

/// What an option is given as, by whoever; empty: by nobody.
using Given = std::function<std::string(const std::string& key)>;

/// What holds where nobody gives an option that has no default as such: its value depends on other
/// options, or stands where it is used.
std::optional<Shown>
unwritten(const std::string& command, const std::string& key, const Given& given) {
    const auto shown = [](std::string value, std::string_view remark = "") {
        return Shown{{std::move(value)}, "default" + std::string(remark)};
    };
    const agent::AgentSettings agent;
    if (key == "namespace") return shown("default");
    if (key == "grace") return shown(text_of(agent.grace));
    if (key == "startup-timeout") return shown(text_of(agent.startup_timeout));
    if (key == "debounce") {
        const bool cluster = given("from").starts_with("cluster");
        return shown(text_of(cluster ? cluster_debounce : agent.debounce));
    }
    if (key == "to") {
        return command == "convert"
                   ? shown("file")
                   : shown("file", ", plugin where the static configuration has it");
    }
    if (key == "out" && command == "convert") return shown("-");
    if (key == "keys") {
        const std::string out = given("out");
        const bool to_directory = (!out.empty() && out != "-") || !given("verify").empty();
        return shown(to_directory ? "inline" : "omit");
    }
    if (key == "report" && command != "test")
        return shown(command == "check" ? "text" : "brief");
    if (key == "timeout") return shown("10s");
    if (key == "now") return Shown{{}, "default, the present"};
    return std::nullopt;
}

const ConfigDefault* find(const std::vector<ConfigDefault>& defaults, const std::string& key) {
    for (const ConfigDefault& one : defaults) {
        if (one.value->key == key) return &one;
    }
    return nullptr;
}

/// `words` are a command and what may stand behind it. A program of its own is asked, in which the
/// environment and the file stand back, so that it is seen who says what.
int view(std::vector<std::string> words) {
    std::error_code unknown;
    if (words.empty() || words.front().starts_with('-')) {
        const bool in_checkout = std::filesystem::exists(".gatefile.yaml", unknown);
        words.insert(words.begin(), in_checkout ? "check" : "agent");
    }
    CLI::App program{"", "gatefile"};
    int code = exit_ok;
    add_commands(program, code);
    if (!is_configurable(program, words.front())) {
        return fail({base::ErrorKind::Usage,
                     fmt::format("config view: {} is no command with options",
                                 base::quote_for_message(words.front()))});
    }
    CLI::App* command = program.get_subcommand(words.front());
    const auto config = find_config(program, words.front(), {words.begin() + 1, words.end()});
    if (!config) return fail(config.error());
    const auto defaults = defaults_of(program, *command, *config);

    std::vector<std::pair<const CLI::Option*, std::string>> options;
    for (CLI::Option* option : command->get_options()) {
        options.emplace_back(option, option->get_envname());
        option->envname("");
        option->required(false);
    }
    command->callback([] {});
    try {
        program.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? exit_ok : exit_usage;
    }
    const std::string& unreadable = config->unreadable;
    print(fmt::format("# gatefile {}: {}\n",
                      command->get_name(),
                      config->file.empty() ? "no configuration file"
                      : unreadable.empty() ? config->file
                                           : unreadable));
    std::map<std::string, Shown> all;
    for (const auto& [option, variable] : options) {
        if (variable.empty() || option->get_lnames().front() == "config") continue;
        const std::string& key = option->get_lnames().front();
        all[key] = origin_of(*option, variable, *config, find(defaults, key));
    }
    const Given given = [&all](const std::string& key) {
        const auto at = all.find(key);
        return at == all.end() || at->second.values.empty() ? "" : at->second.values.front();
    };
    for (const auto& [option, variable] : options) {
        if (option->get_lnames().empty() || !all.contains(option->get_lnames().front())) continue;
        const std::string& key = option->get_lnames().front();
        Shown shown = all.at(key);
        if (shown.values.empty() && shown.origin == "default")
            shown = unwritten(command->get_name(), key, given).value_or(shown);
        print(fmt::format("{}: {}  # {}\n", key, yaml(*option, shown), shown.origin));
    }
    return exit_ok;
}

}  // namespace

void add_config(CLI::App& program, int& code) {
    CLI::App* config =
        program.add_subcommand("config", "What options are, by configuration file or otherwise");
    config->require_subcommand(1);
    CLI::App* command = config->add_subcommand(
        "view", "Each option of a command ([COMMAND [OPTION...]]), and who says so");
    command->prefix_command();
    command->callback([command, &code] { code = view(command->remaining()); });
}

}  // namespace gatefile::cli
