// SPDX-License-Identifier: Apache-2.0
#include "operate.hpp"

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/agent/control.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

/// {"reason": "...", "to": "..."}; what is empty is left out.
std::string request_body(const OperateOptions& options) {
    tree::Arena arena;
    std::vector<tree::Entry> entries;
    const auto add = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) entries.push_back({key, {}, tree::Node::string(arena.copy(value))});
    };
    add("reason", options.reason);
    add("to", options.generation);
    return tree::write_json(tree::Node::map(arena.copy(entries)), tree::JsonStyle::Compact);
}

int order(const OperateOptions& options, std::string_view path) {
    if (!base::is_utf8(options.reason))
        return fail({base::ErrorKind::Usage, "--reason: text in UTF-8 is wanted"});
    if (!base::is_utf8(options.generation))
        return fail(usage("GENERATION", options.generation, "a number is wanted"));
    const auto socket = control_path(options);
    if (!socket) return fail(socket.error());
    const auto answer = agent::ask_agent(*socket, "POST", path, request_body(options));
    if (!answer) return fail(answer.error());
    const auto document = tree::read_json(answer->body);
    const tree::Node none = tree::Node::null();
    const tree::Node& root = document ? document->root : none;
    if (answer->status == 200) {
        print(for_terminal(text_of(root, "result")) + "\n");
        return exit_ok;
    }
    const std::string error = for_terminal(text_of(root, "error"));
    return fail({answer->status == 404 ? base::ErrorKind::Usage : base::ErrorKind::Refused,
                 error.empty() ? fmt::format("the agent answers {}", answer->status) : error});
}

int pause(const OperateOptions& options) {
    return order(options, "/v1/pause");
}
int resume(const OperateOptions& options) {
    return order(options, "/v1/resume");
}
int release(const OperateOptions& options) {
    return order(options, "/v1/release");
}
int roll_back(const OperateOptions& options) {
    return order(options, "/v1/rollback");
}

void add_reason(CLI::App& app, OperateOptions& options) {
    app.add_option("--reason", options.reason, "Why, for those who look at status, log or Gateway")
        ->type_name("TEXT");
}

void add_pause_options(CLI::App& app, OperateOptions& options) {
    add_operate_options(app, options);
    add_reason(app, options);
}

void add_rollback_options(CLI::App& app, OperateOptions& options) {
    app.add_option("GENERATION",
                   options.generation,
                   "Number, or the beginning of the mark, of one that `history` lists")
        ->required();
    add_operate_options(app, options);
    add_reason(app, options);
}

}  // namespace

void add_operate_options(CLI::App& app, OperateOptions& options) {
    app.add_option("-o,--out", options.out, "The directory that the agent publishes into")
        ->type_name("DIR");
    app.add_option("--control", options.control, "The agent's control socket, if it is elsewhere")
        ->type_name("PATH");
}

void add_operate_report(CLI::App& app, OperateOptions& options) {
    app.add_option("--report", options.report, "text or json")
        ->capture_default_str()
        ->type_name("text|json");
}

base::Result<std::string> control_path(const OperateOptions& options) {
    if (!options.control.empty()) return options.control;
    if (!options.out.empty()) return agent::default_control_path(options.out);
    return base::Error{base::ErrorKind::Usage,
                       "--out DIR of the agent is wanted, or --control PATH"};
}

base::Error as_another_user(const base::Error& error) {
    return {error.kind, error.text + "; run it as the agent's user"};
}

base::Result<void> check_operate_report(const OperateOptions& options) {
    if (options.report == "text" || options.report == "json") return {};
    return usage("--report", options.report, "text or json is wanted");
}

std::string for_terminal(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::string_view good = text.substr(0, base::valid_utf8_prefix(text));
        for (std::size_t i = 0; i < good.size(); ++i) {
            const auto byte = static_cast<unsigned char>(good[i]);
            // U+0080 to U+009F are control characters, too.
            const bool is_c1 = byte == 0xc2 && static_cast<unsigned char>(good[i + 1]) < 0xa0;
            const bool is_control = (byte < 0x20 && byte != '\n') || byte == 0x7f || is_c1;
            if (is_control) {
                out += '?';
                if (is_c1) ++i;
            } else {
                out += good[i];
            }
        }
        text.remove_prefix(good.size());
        if (text.empty()) break;
        out += '?';
        text.remove_prefix(1);
    }
    return out;
}

std::string_view text_of(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

std::int64_t number_of(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.find(key);
    return found != nullptr && found->is_int() ? found->as_int() : 0;
}

bool is_true(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.find(key);
    return found != nullptr && found->is_bool() && found->as_bool();
}

std::string ago(std::string_view rfc3339) {
    const auto at = base::parse_rfc3339(rfc3339);
    if (!at) return {};
    const std::int64_t seconds = base::wall_clock().seconds - at->seconds;
    if (seconds < 0) return "in the future";
    if (seconds < 120) return fmt::format("{} s ago", seconds);
    if (seconds < 7200) return fmt::format("{} min ago", seconds / 60);
    if (seconds < 172'800) return fmt::format("{} h ago", seconds / 3600);
    return fmt::format("{} days ago", seconds / 86'400);
}

void add_operate(CLI::App& program, int& code) {
    add_command<OperateOptions>(program,
                                code,
                                "rollback",
                                "Publish a generation of before, and hold it",
                                add_rollback_options,
                                roll_back);
    add_command<OperateOptions>(program,
                                code,
                                "pause",
                                "Let an agent follow and publish nothing",
                                add_pause_options,
                                pause);
    add_command<OperateOptions>(program,
                                code,
                                "resume",
                                "Let a paused agent publish the present state",
                                add_operate_options,
                                resume);
    add_command<OperateOptions>(program,
                                code,
                                "release",
                                "Let go of what an agent holds back, as SIGHUP does",
                                add_operate_options,
                                release);
}

}  // namespace gatefile::cli
