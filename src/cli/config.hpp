// SPDX-License-Identifier: Apache-2.0
//
// A configuration file's values as defaults of a command's options: the environment and flags win
// over them.
#pragma once

#include <string>
#include <vector>

#include "config_file.hpp"
#include "gatefile/base/result.hpp"

namespace gatefile::cli {

/// What the file says of one option of a command.
struct ConfigDefault {
    const ConfigValue* value = nullptr;
    bool is_honoured = true;  ///< false: not from a file of this Trust
};

/// By the order of the command's options; each lives as long as `config`.
std::vector<ConfigDefault>
defaults_of(const CLI::App& program, const CLI::App& command, const Config& config);

/// To be called before the command line is parsed; warns of what is not honoured.
base::Result<void> apply_config(CLI::App& program,
                                const std::string& command,
                                const std::vector<std::string>& arguments);

}  // namespace gatefile::cli
