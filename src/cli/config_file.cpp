// SPDX-License-Identifier: Apache-2.0
#include "config_file.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

constexpr std::string_view agent_file = "/etc/gatefile/gatefile.yaml";
constexpr std::string_view checkout_file = ".gatefile.yaml";
/// Those that want to know what the agent was told. Who asks it need not be allowed to read that.
constexpr std::string_view agents_commands[] = {
    "cleanup", "history", "pause", "release", "resume", "rollback", "status"};

base::Error fault(const std::string& file, tree::Position at, const std::string& text) {
    return {base::ErrorKind::Usage, fmt::format("{}:{}:{}: {}", file, at.line, at.column, text)};
}

class Reader {
public:
    Reader(const CLI::App& program, const std::string& file) : program_(program), file_(file) {}

    base::Result<std::vector<ConfigValue>> read(std::string_view bytes) {
        const tree::ReadResult read =
            tree::read(bytes, std::make_shared<const std::string>(file_));
        if (!read.faults.empty())
            return fault(file_, read.faults.front().position, read.faults.front().text);
        if (read.documents.empty()) return std::move(values_);
        const tree::Node& root = read.documents.front().root;
        if (read.documents.size() > 1 || !root.is_map())
            return fault(file_, read.documents.back().root.position(), "one map is wanted");
        for (const tree::Entry& entry : root.entries()) {
            const CLI::App* command = section(entry);
            auto added = command == nullptr ? add(nullptr, entry) : add_all(*command, entry.value);
            if (!added) return added.error();
        }
        return std::move(values_);
    }

private:
    std::vector<const CLI::App*> commands() const {
        return program_.get_subcommands([](const CLI::App*) { return true; });
    }

    const CLI::App* section(const tree::Entry& entry) const {
        if (!entry.value.is_map()) return nullptr;
        for (const CLI::App* command : commands()) {
            if (command->get_name() == entry.key) return command;
        }
        return nullptr;
    }

    base::Result<void> add_all(const CLI::App& command, const tree::Node& section) {
        for (const tree::Entry& entry : section.entries()) {
            if (auto added = add(&command, entry); !added) return added;
        }
        return {};
    }

    /// Null: the top level, where any command's option may stand.
    base::Result<void> add(const CLI::App* command, const tree::Entry& entry) {
        const CLI::Option* option = find(command, entry.key);
        if (option == nullptr) return unknown(command, entry);
        ConfigValue value{.command = command == nullptr ? "" : command->get_name(),
                          .key = std::string(entry.key),
                          .values = {},
                          .at = entry.key_position};
        const bool takes_many = option->get_items_expected_max() > 1;
        if (entry.value.is_list() && takes_many) {
            for (const tree::Node& item : entry.value.items()) {
                if (auto added = add_text(*option, item, value); !added) return added;
            }
        } else if (auto added = add_text(*option, entry.value, value); !added) {
            return added;
        }
        values_.push_back(std::move(value));
        return {};
    }

    base::Result<void>
    add_text(const CLI::Option& option, const tree::Node& node, ConfigValue& value) const {
        const bool is_flag = option.get_items_expected_max() == 0;
        if (is_flag && node.is_bool()) {
            value.values.emplace_back(node.as_bool() ? "true" : "false");
        } else if (!is_flag && node.is_string()) {
            value.values.emplace_back(node.as_string());
        } else {
            std::string wanted = "a string is wanted (numbers and the like in quotes)";
            if (is_flag) wanted = "true or false is wanted";
            if (option.get_items_expected_max() > 1)
                wanted = "a string or a list of them is wanted";
            const tree::Position at = node.position().line == 0 ? value.at : node.position();
            return fault(file_,
                         at,
                         fmt::format("{}: {}, not {}",
                                     value.key,
                                     wanted,
                                     tree::kind_name(node.kind())));
        }
        return {};
    }

    const CLI::Option* find(const CLI::App* command, std::string_view key) const {
        if (key == "config" || key == "help" || key.empty()) return nullptr;
        const std::string name = "--" + std::string(key);
        if (command != nullptr) return command->get_option_no_throw(name);
        for (const CLI::App* one : commands()) {
            if (const CLI::Option* option = one->get_option_no_throw(name)) return option;
        }
        return nullptr;
    }

    base::Error unknown(const CLI::App* command, const tree::Entry& entry) const {
        std::set<std::string> names;
        for (const CLI::App* one : commands()) {
            if (command != nullptr && command != one) continue;
            if (command == nullptr && entry.value.is_map()) names.insert(one->get_name());
            for (const CLI::Option* option : one->get_options()) {
                for (const std::string& name : option->get_lnames())
                    if (find(one, name) != nullptr) names.insert(name);
            }
        }
        const std::vector<std::string_view> words(names.begin(), names.end());
        const std::string_view near = base::nearest(entry.key, words);
        return fault(file_,
                     entry.key_position,
                     fmt::format("{} is no option{}{}",
                                 base::quote_for_message(entry.key),
                                 command == nullptr ? "" : " of " + command->get_name(),
                                 near.empty() ? "" : fmt::format(", did you mean {}?", near)));
    }

    const CLI::App& program_;
    const std::string& file_;
    std::vector<ConfigValue> values_;
};

/// --config out of a command line whose other options are not looked at.
std::string named_file(const std::vector<std::string>& arguments) {
    std::string file;
    CLI::App line;
    line.set_help_flag();
    line.allow_extras();
    line.add_option("--config", file)->envname("GATEFILE_CONFIG");
    try {
        line.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError&) {
        return "";  // the command itself will say what is wrong
    }
    return file;
}

bool is_missing(std::string_view file) {
    std::error_code unknown;
    return std::filesystem::status(file, unknown).type() == std::filesystem::file_type::not_found;
}

}  // namespace

bool is_configurable(const CLI::App& program, const std::string& command) {
    return !program
                .get_subcommands([&command](const CLI::App* one) {
                    return one->get_name() == command &&
                           one->get_option_no_throw("--config") != nullptr;
                })
                .empty();
}

std::string Config::place(const ConfigValue& value) const {
    return fmt::format("{}:{}", file, value.at.line);
}

base::Result<Config> find_config(const CLI::App& program,
                                 const std::string& command,
                                 const std::vector<std::string>& arguments) {
    if (!is_configurable(program, command)) return Config();
    Config config{.file = named_file(arguments)};
    const bool is_agent = command == "agent";
    const bool asks_agent =
        std::ranges::find(agents_commands, command) != std::end(agents_commands);
    const bool is_found = config.file.empty();
    config.is_agents = is_agent || (asks_agent && !(is_found && is_missing(agent_file)));
    if (is_found) {
        config.file = config.is_agents ? agent_file : checkout_file;
        config.trust = config.is_agents ? Trust::Full : Trust::Checkout;
        if (is_missing(config.file)) return Config();
    }
    auto bytes = read_whole_file(config.file);
    if (!bytes && is_found && asks_agent) {
        config.unreadable = bytes.error().text;
        return config;
    }
    if (!bytes) return bytes.error();
    auto values = Reader(program, config.file).read(*bytes);
    if (!values) return values.error();
    config.values = std::move(*values);
    return config;
}

}  // namespace gatefile::cli
