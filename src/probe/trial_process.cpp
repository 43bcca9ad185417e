// SPDX-License-Identifier: Apache-2.0
#include "trial_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::probe {
namespace {

base::Error system_error(const std::string& doing, int error) {
    return {base::ErrorKind::Io, doing + ": " + std::generic_category().message(error)};
}

}  // namespace

base::Result<TrialProcess> TrialProcess::start(std::string program,
                                               std::vector<std::string> arguments,
                                               const std::string& log) {
    std::vector<char*> words = {program.data()};
    for (std::string& argument : arguments)
        words.push_back(argument.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(
        &actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, program.c_str(), &actions, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return system_error("starting " + base::quote_for_message(program), error);
    return TrialProcess(child);
}

TrialProcess::TrialProcess(TrialProcess&& other) noexcept
    : child_(std::exchange(other.child_, 0)) {}

TrialProcess::~TrialProcess() {
    if (child_ == 0) return;
    kill(-child_, SIGKILL);
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

bool TrialProcess::has_ended() {
    if (child_ != 0 && waitpid(child_, nullptr, WNOHANG) == child_) child_ = 0;
    return child_ == 0;
}

base::Result<TrialFolder> TrialFolder::make() {
    std::error_code error;
    const std::filesystem::path base = std::filesystem::temp_directory_path(error);
    if (error) return system_error("finding a place for temporary files", error.value());
    std::string path = (base / "gatefile-trial-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) return system_error("making " + path, errno);
    return TrialFolder(path);
}

TrialFolder::TrialFolder(TrialFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TrialFolder::~TrialFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

int free_port() {
    const base::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // The BSD interface wants its own kind of pointer.
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd.get(), name, size) != 0 || getsockname(fd.get(), name, &size) != 0) return 0;
    return ntohs(address.sin_port);
}

}  // namespace gatefile::probe
