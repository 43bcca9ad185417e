// SPDX-License-Identifier: Apache-2.0
#include "exec_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::source {

namespace {

base::Error system_error(int error, const Program& program) {
    const bool missing = error == ENOENT || error == ENOTDIR;
    return {missing ? base::ErrorKind::Unsupported : base::ErrorKind::Io,
            fmt::format("starting {}: {}",
                        base::quote_for_message(program.command),
                        std::generic_category().message(error))};
}

std::vector<std::string> environment_for(const Program& program) {
    std::vector<std::string> all;
    for (const auto& [name, value] : program.environment)
        all.push_back(name + '=' + value);
    for (char** ours = environ; *ours != nullptr; ++ours) {
        const std::string_view variable = *ours;
        const std::string_view name = variable.substr(0, variable.find('='));
        const bool replaced = std::any_of(program.environment.begin(),
                                          program.environment.end(),
                                          [&](const auto& theirs) { return theirs.first == name; });
        if (!replaced) all.emplace_back(variable);
    }
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

/// Owns what posix_spawn wants to be told.
class SpawnSettings {
public:
    SpawnSettings(int input, int output) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        posix_spawnattr_init(&attributes_);
        // A group of its own, so that its children can be killed with it; and no signal blocked or
        // ignored that we happen to block or ignore.
        posix_spawnattr_setpgroup(&attributes_, 0);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// A file without a name, read from its start: unlike a pipe it takes all of the input at once.
base::Result<base::UniqueFd> input_of(const Program& program) {
    base::UniqueFd file(memfd_create("input", MFD_CLOEXEC));
    if (!file) return system_error(errno, program);
    std::string_view rest = program.input;
    while (!rest.empty()) {
        const ssize_t written = write(file.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error(errno, program);
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (lseek(file.get(), 0, SEEK_SET) != 0) return system_error(errno, program);
    return file;
}

base::Result<pid_t> spawn(const Program& program, int output) {
    const auto input = input_of(program);
    if (!input) return input.error();
    std::vector<std::string> arguments = {program.command};
    arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
    std::vector<std::string> environment = environment_for(program);
    const SpawnSettings settings(input->get(), output);
    pid_t child = 0;
    const int error = posix_spawnp(&child,
                                   program.command.c_str(),
                                   settings.actions(),
                                   settings.attributes(),
                                   pointers_to(arguments).data(),
                                   pointers_to(environment).data());
    if (error != 0) return system_error(error, program);
    return child;
}

enum class Reading { Open, Ended, TooLong };

Reading read_what_is_there(int fd, std::size_t max_output, std::string& output) {
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t got = read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return Reading::Open;
        if (got <= 0) return Reading::Ended;
        output.append(buffer.data(), static_cast<std::size_t>(got));
        if (output.size() > max_output) return Reading::TooLong;
    }
}

}  // namespace

RunningProgram::RunningProgram(const Program& program,
                               base::UniqueFd output,
                               pid_t child,
                               Clock::time_point end)
    : name_(base::quote_for_message(program.command)), limit_(program.limit),
      max_output_(program.max_output), readable_(std::move(output)), child_(child), end_(end) {}

RunningProgram::RunningProgram(RunningProgram&& other) noexcept
    : name_(std::move(other.name_)), limit_(other.limit_), max_output_(other.max_output_),
      readable_(std::move(other.readable_)), child_(std::exchange(other.child_, 0)),
      end_(other.end_), output_(std::move(other.output_)) {}

RunningProgram& RunningProgram::operator=(RunningProgram&& other) noexcept {
    kill();
    name_ = std::move(other.name_);
    limit_ = other.limit_;
    max_output_ = other.max_output_;
    readable_ = std::move(other.readable_);
    child_ = std::exchange(other.child_, 0);
    end_ = other.end_;
    output_ = std::move(other.output_);
    return *this;
}

RunningProgram::~RunningProgram() {
    kill();
}

base::Result<RunningProgram> RunningProgram::start(const Program& program, Clock::time_point now) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, program);
    base::UniqueFd readable(ends[0]);
    const base::UniqueFd writable(ends[1]);
    if (fcntl(readable.get(), F_SETFL, O_NONBLOCK) != 0) return system_error(errno, program);
    const auto child = spawn(program, writable.get());
    if (!child) return child.error();
    return RunningProgram(program, std::move(readable), *child, now + program.limit);
}

void RunningProgram::kill() {
    if (child_ == 0) return;
    ::kill(-child_, SIGKILL);
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    child_ = 0;
}

std::optional<base::Result<std::string>> RunningProgram::turn(Clock::time_point now) {
    if (readable_) {
        const Reading reading = read_what_is_there(readable_.get(), max_output_, output_);
        if (reading == Reading::TooLong) {
            kill();
            return base::Error{base::ErrorKind::Refused,
                               fmt::format("{} printed more than {} bytes", name_, max_output_)};
        }
        if (reading == Reading::Ended) readable_.reset();
    }
    int status = 0;
    if (!readable_ && waitpid(child_, &status, WNOHANG) == child_) {
        child_ = 0;
        return conclude(status);
    }
    if (now < end_) return std::nullopt;
    kill();
    return base::Error{base::ErrorKind::Refused,
                       fmt::format("{} did not end within {:g} s and was killed",
                                   name_,
                                   static_cast<double>(limit_.count()) / 1000)};
}

base::Result<std::string> RunningProgram::conclude(int status) {
    if (!WIFEXITED(status)) {
        return base::Error{base::ErrorKind::Refused,
                           fmt::format("{} was killed by signal {}", name_, WTERMSIG(status))};
    }
    if (WEXITSTATUS(status) != 0) {
        return base::Error{base::ErrorKind::Refused,
                           fmt::format("{} ended with exit code {}", name_, WEXITSTATUS(status))};
    }
    return std::move(output_);
}

void RunningProgram::wait() const {
    // What has closed its output is about to end.
    if (!readable_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
    pollfd readable{.fd = readable_.get(), .events = POLLIN, .revents = 0};
    poll(&readable, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
}

base::Result<std::string> run_program(const Program& program) {
    auto running = RunningProgram::start(program, RunningProgram::Clock::now());
    if (!running) return running.error();
    for (;;) {
        if (auto ended = running->turn(RunningProgram::Clock::now())) return *std::move(ended);
        running->wait();
    }
}

}  // namespace gatefile::source
