// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::cli {

namespace {

struct Flag {
    std::string name;    ///< "filename"
    std::string letter;  ///< "f", or empty
    std::string about;
    bool takes_value = false;
    bool takes_path = false;
    std::vector<std::string> words;  ///< that the value may be, if they are few
};

struct Command {
    std::string name;
    std::string about;
    std::vector<Flag> flags;
    bool takes_path = false;
    std::string words;  ///< what may stand behind it: commands of its own
};

/// "yield|win" lists words; "FILE|DIR|-" stands for something.
std::vector<std::string> words_of(const std::string& type) {
    std::vector<std::string> words;
    if (type.find('|') == std::string::npos) return words;
    for (const std::string_view part : base::split(type, '|')) {
        const bool is_word = !part.empty() && std::ranges::all_of(part, [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '-';
        });
        const bool stands_for = std::ranges::all_of(
            part, [](unsigned char c) { return std::isupper(c) != 0 || c == '-'; });
        if (is_word && !stands_for) words.emplace_back(part);
    }
    return words;
}

bool is_path(const std::string& type) {
    return type.find("FILE") != std::string::npos || type.find("DIR") != std::string::npos;
}

/// The commands with their options, as they were declared: the one source of completion.
std::vector<Command> commands_of(const CLI::App& program) {
    std::vector<Command> commands;
    for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
        Command command{.name = app->get_name(), .about = app->get_description(), .flags = {}};
        for (const CLI::App* below : app->get_subcommands([](const CLI::App*) { return true; }))
            command.words += (command.words.empty() ? "" : " ") + below->get_name();
        for (const CLI::Option* option : app->get_options()) {
            if (option->get_positional()) {
                command.takes_path = command.takes_path || is_path(option->get_type_name());
            }
            if (option->get_lnames().empty()) continue;
            const std::string type = option->get_type_name();
            const auto& letters = option->get_snames();
            command.flags.push_back({.name = option->get_lnames().front(),
                                     .letter = letters.empty() ? "" : letters.front(),
                                     .about = option->get_description(),
                                     .takes_value = option->get_items_expected_max() > 0,
                                     .takes_path = is_path(type),
                                     .words = words_of(type)});
        }
        commands.push_back(std::move(command));
    }
    return commands;
}

/// In single quotes, for any of the three shells.
std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string names_of(const Command& command) {
    std::string names;
    for (const Flag& flag : command.flags) {
        names += " --" + flag.name;
        if (!flag.letter.empty()) names += " -" + flag.letter;
    }
    return names.empty() ? names : names.substr(1);
}

std::string pattern_of(const Flag& flag) {
    return flag.letter.empty() ? "--" + flag.name : fmt::format("--{}|-{}", flag.name, flag.letter);
}

std::string bash(const std::vector<Command>& commands) {
    std::string names;
    std::string cases;
    for (const Command& command : commands) {
        names += (names.empty() ? "" : " ") + command.name;
        std::string values;
        for (const Flag& flag : command.flags) {
            if (!flag.takes_value) continue;
            std::string words;
            if (!flag.words.empty()) {
                words = fmt::format("COMPREPLY=($(compgen -W {} -- \"$word\"))",
                                    in_quotes(fmt::format("{}", fmt::join(flag.words, " "))));
            } else {
                words = flag.takes_path ? "compopt -o default" : ":";
            }
            values += fmt::format("            {}) {}; return ;;\n", pattern_of(flag), words);
        }
        cases += fmt::format("    {})\n        case $before in\n{}        esac\n        "
                             "options={} words={} ;;\n",
                             command.name,
                             values,
                             in_quotes(names_of(command)),
                             in_quotes(command.words));
    }
    return fmt::format(R"(# bash completion for gatefile
_gatefile() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options= words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W {} -- "$word"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
{}    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
    elif [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    else
        compopt -o default
    fi
}}
complete -F _gatefile gatefile
)",
                       in_quotes(names),
                       cases);
}

/// What zsh's _arguments reads otherwise: brackets and colons.
std::string for_arguments(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_value(const Flag& flag) {
    if (!flag.takes_value) return "";
    if (!flag.words.empty()) return fmt::format(":value:({})", fmt::join(flag.words, " "));
    return flag.takes_path ? ":file:_files" : ":value:";
}

std::string zsh(const std::vector<Command>& commands) {
    std::string names;
    std::string cases;
    for (const Command& command : commands) {
        names += fmt::format("        {}\n",
                             in_quotes(for_arguments(command.name) + ":" + command.about));
        cases += fmt::format("        {})\n            _arguments", command.name);
        for (const Flag& flag : command.flags) {
            const std::string about =
                fmt::format("[{}]{}", for_arguments(flag.about), zsh_value(flag));
            cases += " \\\n                " + in_quotes("*--" + flag.name + about);
            if (!flag.letter.empty())
                cases += " \\\n                " + in_quotes("*-" + flag.letter + about);
        }
        if (!command.words.empty())
            cases += fmt::format(" \\\n                '1:command:({})'", command.words);
        if (command.takes_path) cases += " \\\n                '*:file:_files'";
        cases += " ;;\n";
    }
    return fmt::format(R"(#compdef gatefile
_gatefile() {{
    local -a commands
    commands=(
{}    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=${{words[2]}}
    shift words
    (( CURRENT-- ))
    case $command in
{}    esac
}}
compdef _gatefile gatefile
)",
                       names,
                       cases);
}

std::string fish(const std::vector<Command>& commands) {
    std::string text = "# fish completion for gatefile\ncomplete -c gatefile -f\n";
    for (const Command& command : commands) {
        text += fmt::format("complete -c gatefile -n __fish_use_subcommand -a {} -d {}\n",
                            command.name,
                            in_quotes(command.about));
    }
    for (const Command& command : commands) {
        const std::string condition = in_quotes("__fish_seen_subcommand_from " + command.name);
        for (const Flag& flag : command.flags) {
            text += fmt::format("complete -c gatefile -n {} -l {}", condition, flag.name);
            if (!flag.letter.empty()) text += " -s " + flag.letter;
            if (flag.takes_value) text += " -r";
            if (!flag.words.empty()) {
                text += " -a " + in_quotes(fmt::format("{}", fmt::join(flag.words, " ")));
            } else if (flag.takes_path) {
                text += " -F";
            }
            text += fmt::format(" -d {}\n", in_quotes(flag.about));
        }
        if (!command.words.empty()) {
            text += fmt::format("complete -c gatefile -n {} -a {}\n",
                                condition,
                                in_quotes(command.words));
        }
        if (command.takes_path) text += fmt::format("complete -c gatefile -n {} -F\n", condition);
    }
    return text;
}

using Shell = std::string (*)(const std::vector<Command>&);

}  // namespace

void add_completion(CLI::App& program, int& code) {
    CLI::App* command =
        program.add_subcommand("completion", "Print what completes command lines in a shell");
    const std::map<std::string, Shell> shells{{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    auto name = std::make_shared<std::string>();
    command->add_option("shell", *name, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember(shells))
        ->type_name("bash|zsh|fish");
    command->callback([&program, &code, shells, name] {
        print(shells.at(*name)(commands_of(program)));
        code = exit_ok;
    });
}

}  // namespace gatefile::cli
