// SPDX-License-Identifier: Apache-2.0
//
// A file with values for options: keys are the options' long names, a map that is named as a
// command has what counts for that command only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/node.hpp"

namespace CLI {
class App;
}

namespace gatefile::cli {

struct ConfigValue {
    std::string command;  ///< whose section it stands in; empty: none
    std::string key;
    std::vector<std::string> values;
    tree::Position at;
};

/// A file of the working directory may be anybody's: a pull request brings it along.
enum class Trust { Full, Checkout };

struct Config {
    std::string file;
    Trust trust = Trust::Full;
    bool is_agents = false;  ///< whose section counts for those that ask it, too
    std::string unreadable;  ///< why there are no values, where the command can do without
    std::vector<ConfigValue> values;

    /// "FILE:LINE"
    std::string place(const ConfigValue& value) const;
};

/// Whether there is a command of this name that takes --config.
bool is_configurable(const CLI::App& program, const std::string& command);

/// What --config or GATEFILE_CONFIG names, else what the command looks for by itself: the agent, and
/// those that ask it or clean up after it, for the agent's file. Without a file there are no
/// values. `arguments` are those behind the command. An Error (kind Usage) names the place in the
/// file that cannot be understood.
base::Result<Config> find_config(const CLI::App& program,
                                 const std::string& command,
                                 const std::vector<std::string>& arguments);

}  // namespace gatefile::cli
