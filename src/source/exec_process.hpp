// SPDX-License-Identifier: Apache-2.0
//
// Runs a program without a shell and takes what it prints.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::source {

struct Program {
    std::string command;  ///< looked for in PATH when it has no slash
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;  ///< besides ours, before ours
    std::chrono::milliseconds limit{30000};                        ///< it is killed after that
    std::string input;                                             ///< its standard input
    std::size_t max_output = 1u << 20;  ///< far above what a credential needs
};

/// One that runs beside us. It is killed, with its children, when this goes.
class RunningProgram {
public:
    using Clock = std::chrono::steady_clock;

    /// An Error when it does not exist (kind Unsupported).
    static base::Result<RunningProgram> start(const Program& program, Clock::time_point now);
    RunningProgram(RunningProgram&& other) noexcept;
    RunningProgram& operator=(RunningProgram&& other) noexcept;
    ~RunningProgram();

    /// Nothing while it runs, and does not wait for it. What it printed to its standard output once
    /// it has ended; its standard error is ours. An Error when it failed, or took or printed too
    /// long.
    std::optional<base::Result<std::string>> turn(Clock::time_point now);
    /// Waits a while for what turn() may make something of.
    void wait() const;

private:
    RunningProgram(const Program& program,
                   base::UniqueFd output,
                   pid_t child,
                   Clock::time_point end);
    void kill();
    base::Result<std::string> conclude(int status);

    std::string name_;  ///< as messages have it
    std::chrono::milliseconds limit_;
    std::size_t max_output_;
    base::UniqueFd readable_;  ///< closed once it is read to its end
    pid_t child_;              ///< 0: it has ended
    Clock::time_point end_;
    std::string output_;
};

/// The same, waiting for its end.
base::Result<std::string> run_program(const Program& program);

}  // namespace gatefile::source
