// SPDX-License-Identifier: Apache-2.0
//
// The control socket. What is asked there is answered by the loop, between two turns: requests wait
// for serve(), which the loop calls when fd() is readable.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gatefile/base/result.hpp"

namespace gatefile::agent {

struct ControlRequest {
    std::string method;
    std::string path;
    std::string body;
};

struct ControlReply {
    unsigned status = 200;
    std::string body;  ///< JSON
};

/// What bind() and connect() are given: the path itself, or, where that is longer than the 107
/// bytes of a socket's address, one by way of its directory. `directory` is to be kept open
/// meanwhile; -1 is none. An Error when the last name alone is too long, or there is no directory.
struct SocketPath {
    std::string path;
    int directory = -1;
    SocketPath() = default;
    SocketPath(SocketPath&& other) noexcept;
    SocketPath& operator=(SocketPath&&) = delete;
    ~SocketPath();
};
base::Result<SocketPath> reach_socket(const std::string& path);

class Control {
public:
    /// Takes the place of a socket that nobody listens on any more. Errors: Refused where somebody
    /// does, or where there is something else.
    static base::Result<Control> open(const std::string& path);
    Control(Control&&) noexcept;
    Control& operator=(Control&&) = delete;
    ~Control();

    int fd() const;
    void serve(const std::function<ControlReply(const ControlRequest&)>& handle);

private:
    struct State;
    explicit Control(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::agent
