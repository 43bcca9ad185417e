// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/unique_fd.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t longest_body = 4096;
constexpr unsigned max_connections = 16;
constexpr unsigned idle_seconds = 10;
/// A turn of the loop takes less; a publication to a slow disk may not.
constexpr auto patience = 20s;

base::Error failed(std::string_view doing, const std::string& path, int error) {
    return {base::ErrorKind::Io,
            fmt::format(
                "control socket {}: {}: {}", path, doing, std::generic_category().message(error))};
}

using Ask = std::function<ControlReply(ControlRequest)>;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

base::UniqueFd make_socket() {
    return base::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// Removes the socket of an agent that is no more.
base::Result<void> clear(const std::string& shown, const std::string& path) {
    struct stat about {};
    if (::lstat(path.c_str(), &about) != 0) return {};
    if (!S_ISSOCK(about.st_mode)) {
        return base::Error{
            base::ErrorKind::Refused,
            fmt::format("control socket {}: there is something else; move it away", shown)};
    }
    const base::UniqueFd probe = make_socket();
    const sockaddr_un address = address_of(path);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
        errno == EAGAIN) {
        return base::Error{base::ErrorKind::Refused,
                           fmt::format("control socket {}: another agent answers there", shown)};
    }
    if (::unlink(path.c_str()) != 0) return failed("removing", shown, errno);
    return {};
}

base::Result<base::UniqueFd> listen_at(const std::string& shown, const std::string& path) {
    base::UniqueFd fd = make_socket();
    if (!fd) return failed("socket", shown, errno);
    const sockaddr_un address = address_of(path);
    // Nobody else is to connect in the moment between bind and chmod.
    const mode_t before = ::umask(0177);
    const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    ::umask(before);
    if (bound != 0) return failed("bind", shown, error);
    if (::listen(fd.get(), static_cast<int>(max_connections)) != 0)
        return failed("listen", shown, errno);
    return fd;
}

}  // namespace

SocketPath::SocketPath(SocketPath&& other) noexcept
    : path(std::move(other.path)), directory(std::exchange(other.directory, -1)) {}

SocketPath::~SocketPath() {
    if (directory >= 0) ::close(directory);
}

base::Result<SocketPath> reach_socket(const std::string& path) {
    SocketPath reached;
    if (path.size() <= longest_path) {
        reached.path = path;
        return reached;
    }
    const std::size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    reached.directory = ::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (reached.directory < 0) return failed("opening its directory", path, errno);
    reached.path = fmt::format("/proc/self/fd/{}/{}", reached.directory, name);
    if (reached.path.size() > longest_path) {
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("control socket {}: a Unix socket's path has at most {} "
                                       "bytes; give a shorter one with --control",
                                       path,
                                       longest_path)};
    }
    return reached;
}

struct Control::State {
    struct Pending {
        ControlRequest request;
        std::optional<ControlReply> reply;
        bool taken = false;  ///< it is being done, or was
    };
    struct Stop {
        void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
    };

    std::string path;
    base::UniqueFd news;  ///< an eventfd
    std::mutex mutex;
    std::condition_variable answered;
    std::deque<std::shared_ptr<Pending>> waiting;
    bool closing = false;
    Ask ask;
    std::unique_ptr<MHD_Daemon, Stop> daemon;  ///< its thread uses the rest

    ControlReply answer(ControlRequest request);
};

/// On the daemon's thread.
ControlReply Control::State::answer(ControlRequest request) {
    auto pending = std::make_shared<Pending>(Pending{.request = std::move(request)});
    std::unique_lock lock(mutex);
    waiting.push_back(pending);
    const std::uint64_t one = 1;
    if (::write(news.get(), &one, sizeof one) != sizeof one) return {503, "{}\n"};
    const bool in_time =
        answered.wait_for(lock, patience, [&] { return pending->reply.has_value() || closing; });
    if (in_time && pending->reply) return *pending->reply;
    if (pending->taken) return {503, "{\"error\":\"it is under way; see `gatefile status`\"}\n"};
    std::erase(waiting, pending);
    return {503, "{\"error\":\"the agent is busy or about to end\"}\n"};
}

namespace {

MHD_Result respond(MHD_Connection* connection, const ControlReply& reply) {
    MHD_Response* const response = MHD_create_response_from_buffer(
        reply.body.size(), const_cast<char*>(reply.body.data()), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    const MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

// The signature is libmicrohttpd's.
// NOLINTBEGIN(readability-function-size)
MHD_Result handle(void* closure,
                  MHD_Connection* connection,
                  const char* path,
                  const char* method,
                  const char*,
                  const char* data,
                  std::size_t* size,
                  void** kept) {
    if (*kept == nullptr) {
        *kept = new std::string();
        return MHD_YES;
    }
    std::string& body = *static_cast<std::string*>(*kept);
    if (*size != 0) {
        if (body.size() + *size > longest_body) return MHD_NO;
        body.append(data, *size);
        *size = 0;
        return MHD_YES;
    }
    return respond(connection, (*static_cast<const Ask*>(closure))({method, path, body}));
}
// NOLINTEND(readability-function-size)

void end_request(void*, MHD_Connection*, void** kept, MHD_RequestTerminationCode) {
    delete static_cast<std::string*>(*kept);
    *kept = nullptr;
}

/// Threads inherit the mask: signals are the loop's, none may end up on this thread.
MHD_Daemon* start_without_signals(int fd, Ask* ask) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    MHD_Daemon* const daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD,
                                                0,
                                                nullptr,
                                                nullptr,
                                                handle,
                                                ask,
                                                MHD_OPTION_LISTEN_SOCKET,
                                                fd,
                                                MHD_OPTION_NOTIFY_COMPLETED,
                                                end_request,
                                                nullptr,
                                                MHD_OPTION_CONNECTION_LIMIT,
                                                max_connections,
                                                MHD_OPTION_CONNECTION_TIMEOUT,
                                                idle_seconds,
                                                MHD_OPTION_END);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return daemon;
}

}  // namespace

Control::Control(std::unique_ptr<State> state) : state_(std::move(state)) {}
Control::Control(Control&&) noexcept = default;

Control::~Control() {
    if (!state_) return;
    {
        const std::lock_guard lock(state_->mutex);
        state_->closing = true;
    }
    state_->answered.notify_all();
    state_->daemon.reset();
    if (const auto reached = reach_socket(state_->path)) ::unlink(reached->path.c_str());
}

int Control::fd() const {
    return state_->news.get();
}

base::Result<Control> Control::open(const std::string& path) {
    auto reached = reach_socket(path);
    if (!reached) return reached.error();
    if (auto cleared = clear(path, reached->path); !cleared) return cleared.error();
    auto listening = listen_at(path, reached->path);
    if (!listening) return listening.error();
    auto state = std::make_unique<State>();
    state->path = path;
    state->news = base::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!state->news) return failed("eventfd", path, errno);
    state->ask = [&asked = *state](ControlRequest request) {
        return asked.answer(std::move(request));
    };
    // The library closes the socket that it is given, but not on every failure: it gets its own.
    const int own = ::fcntl(listening->get(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) return failed("fcntl", path, errno);
    state->daemon.reset(start_without_signals(own, &state->ask));
    if (!state->daemon) {
        return base::Error{base::ErrorKind::Unsupported,
                           fmt::format("control socket {}: libmicrohttpd could not start", path)};
    }
    return Control(std::move(state));
}

void Control::serve(const std::function<ControlReply(const ControlRequest&)>& handle) {
    std::uint64_t count = 0;
    if (::read(state_->news.get(), &count, sizeof count) != sizeof count) return;
    while (true) {
        std::shared_ptr<State::Pending> next;
        {
            const std::lock_guard lock(state_->mutex);
            if (state_->waiting.empty()) return;
            next = std::move(state_->waiting.front());
            state_->waiting.pop_front();
            next->taken = true;
        }
        ControlReply reply = handle(next->request);
        const std::lock_guard lock(state_->mutex);
        next->reply = std::move(reply);
        state_->answered.notify_all();
    }
}

}  // namespace gatefile::agent
