// SPDX-License-Identifier: Apache-2.0
//
// What the commands for a running agent share: where its socket is, and text that is fit for a
// terminal.
#pragma once

#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/node.hpp"

namespace CLI {
class App;
}

namespace gatefile::cli {

struct OperateOptions {
    std::string out;
    std::string control;
    std::string report = "text";
    std::string reason;
    std::string generation;
    std::string diff;
};

void add_operate_options(CLI::App& app, OperateOptions& options);
void add_operate_report(CLI::App& app, OperateOptions& options);

/// --control, else the socket in the directory of --out; an Error names the option that is missing.
base::Result<std::string> control_path(const OperateOptions& options);
base::Result<void> check_operate_report(const OperateOptions& options);
/// What could not be read of the agent's directory, with the cure.
base::Error as_another_user(const base::Error& error);

/// Without control characters and broken UTF-8, whatever the agent or an object says; line breaks
/// are kept.
std::string for_terminal(std::string_view text);

/// A field of what the agent answered; empty, 0 or false where there is none.
std::string_view text_of(const tree::Node& node, std::string_view key);
std::int64_t number_of(const tree::Node& node, std::string_view key);
bool is_true(const tree::Node& node, std::string_view key);

/// "3 min ago" for a time as the agent writes it; empty for none.
std::string ago(std::string_view rfc3339);

}  // namespace gatefile::cli
