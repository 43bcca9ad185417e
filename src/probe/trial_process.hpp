// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::probe {

/// A program that runs as long as this lives, in a group of its own; its output goes to a file.
class TrialProcess {
public:
    static base::Result<TrialProcess>
    start(std::string program, std::vector<std::string> arguments, const std::string& log);

    TrialProcess(TrialProcess&& other) noexcept;
    TrialProcess& operator=(TrialProcess&&) = delete;
    TrialProcess(const TrialProcess&) = delete;
    TrialProcess& operator=(const TrialProcess&) = delete;
    ~TrialProcess();

    bool has_ended();

private:
    explicit TrialProcess(pid_t child) : child_(child) {}
    pid_t child_ = 0;  ///< 0: none, or it was waited for
};

/// A new directory below the system's for temporary files, gone with its owner.
class TrialFolder {
public:
    static base::Result<TrialFolder> make();

    TrialFolder(TrialFolder&& other) noexcept;
    TrialFolder& operator=(TrialFolder&&) = delete;
    TrialFolder(const TrialFolder&) = delete;
    TrialFolder& operator=(const TrialFolder&) = delete;
    ~TrialFolder();

    const std::string& path() const { return path_; }

private:
    explicit TrialFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

/// A TCP port on loopback that nothing listens on at the moment; 0 when there is none.
int free_port();

}  // namespace gatefile::probe
