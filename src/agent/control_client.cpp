// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>

#include "control.hpp"
#include "gatefile/agent/control.hpp"
#include "gatefile/http/request.hpp"
#include "gatefile/publish/beside.hpp"

namespace gatefile::agent {

using namespace std::chrono_literals;

std::string default_control_path(const std::string& directory) {
    return publish::path_beside(directory, "agent.sock");
}

base::Result<ControlAnswer> ask_agent(const std::string& socket,
                                      std::string_view method,
                                      std::string_view path,
                                      std::string body) {
    auto reached = reach_socket(socket);
    if (!reached) return reached.error();
    const http::Answer answer = http::send({.method = std::string(method),
                                            .url = "http://gatefile" + std::string(path),
                                            .body = std::move(body),
                                            .connect_timeout = 2s,
                                            .timeout = 30s,
                                            .max_body = 16u << 20,
                                            .unix_socket = reached->path});
    if (answer.error) {
        return base::Error{base::ErrorKind::Network,
                           fmt::format("no agent answers at {}: {}", socket, answer.error->text)};
    }
    return ControlAnswer{answer.response.status, answer.response.body};
}

}  // namespace gatefile::agent
