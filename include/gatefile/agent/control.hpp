// SPDX-License-Identifier: Apache-2.0
//
// The agent's control socket as its callers see it: HTTP and JSON over a Unix socket with mode
// 0600, so that the file system says who may ask.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"

namespace gatefile::agent {

/// DIR/.gatefile/agent.sock
std::string default_control_path(const std::string& directory);

struct ControlAnswer {
    int status = 0;
    std::string body;  ///< JSON
};

/// An Error of kind Network when no agent answers there.
base::Result<ControlAnswer> ask_agent(const std::string& socket,
                                      std::string_view method,
                                      std::string_view path,
                                      std::string body = {});

}  // namespace gatefile::agent
