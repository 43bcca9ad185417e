// SPDX-License-Identifier: Apache-2.0
//
// Exit codes of every command (gatefile(1), EXIT STATUS).
#pragma once

#include <string_view>

#include "gatefile/base/result.hpp"

namespace gatefile::cli {

constexpr int exit_ok = 0;
constexpr int exit_findings = 1;  ///< findings, or input that cannot be parsed: the author's fault
constexpr int exit_usage = 2;
constexpr int exit_environment = 3;  ///< the disk's, the network's, the runner's fault

/// Prints "gatefile: ..." on standard error; the code that fits the error's kind.
int fail(const base::Error& error);

void print(std::string_view text);        ///< standard output
void print_error(std::string_view text);  ///< standard error

}  // namespace gatefile::cli
