// SPDX-License-Identifier: Apache-2.0
#include "http_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "gatefile/agent/address.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::agent {

namespace {

constexpr unsigned idle_seconds = 5;
/// Of a connection: request line and headers must fit.
constexpr std::size_t connection_memory = 8192;

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    bool every = false;  ///< ":9191": IPv6 and IPv4
};

Address any_ipv4(in_port_t port) {
    Address address;
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_ANY);
    in.sin_port = port;
    std::memcpy(&address.storage, &in, sizeof in);
    address.length = sizeof in;
    return address;
}

/// Numbers only: a name could mean another address tomorrow.
std::optional<Address> parse_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto number = base::parse_int(text.substr(colon + 1));
    if (!number || *number < 0 || *number > std::numeric_limits<in_port_t>::max())
        return std::nullopt;
    const in_port_t port = htons(static_cast<in_port_t>(*number));

    std::string host(text.substr(0, colon));
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);

    if (sockaddr_in in{}; !bracketed && ::inet_pton(AF_INET, host.c_str(), &in.sin_addr) == 1) {
        Address address = any_ipv4(port);
        in.sin_family = AF_INET;
        in.sin_port = port;
        std::memcpy(&address.storage, &in, sizeof in);
        return address;
    }
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = port;
    if (!host.empty() && (!bracketed || ::inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) != 1))
        return std::nullopt;
    Address address;
    std::memcpy(&address.storage, &in6, sizeof in6);
    address.length = sizeof in6;
    address.every = host.empty();
    return address;
}

base::Error failed(std::string_view doing, int error) {
    return {base::ErrorKind::Network,
            fmt::format("{}: {}", doing, std::generic_category().message(error))};
}

base::Result<base::UniqueFd> listen_on(const Address& address) {
    base::UniqueFd fd(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failed("socket", errno);
    const int on = 1;
    const int only_v6 = address.every ? 0 : 1;
    // Else a restart within a minute would find the address taken by its own old connections.
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.storage.ss_family == AF_INET6)
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0)
        return failed("bind", errno);
    if (::listen(fd.get(), SOMAXCONN) != 0) return failed("listen", errno);
    return fd;
}

bool is_same_socket(int one, int other) {
    struct stat a{};
    struct stat b{};
    return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool has_ipv6() {
    return static_cast<bool>(base::UniqueFd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)));
}

in_port_t port_of(const sockaddr_storage& storage) {
    // At the same place in both.
    return reinterpret_cast<const sockaddr_in&>(storage).sin_port;
}

using SharedBody = std::shared_ptr<const std::string>;

void let_go(void* body) {
    delete static_cast<SharedBody*>(body);
}

MHD_Response* make_response(const Reply& reply) {
    // The library takes pointers to non-const, and copies what is behind them or reads it only.
    if (!reply.shared_body) {
        return MHD_create_response_from_buffer(
            reply.body.size(), const_cast<char*>(reply.body.data()), MHD_RESPMEM_MUST_COPY);
    }
    auto held = std::make_unique<SharedBody>(reply.shared_body);
    MHD_Response* const response = MHD_create_response_from_buffer_with_free_callback_cls(
        reply.shared_body->size(),
        const_cast<char*>(reply.shared_body->data()),
        let_go,
        held.get());
    if (response != nullptr) static_cast<void>(held.release());
    return response;
}

MHD_Result respond(MHD_Connection* connection, const Reply& reply) {
    MHD_Response* const response = make_response(reply);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(
        response, MHD_HTTP_HEADER_CONTENT_TYPE, std::string(reply.content_type).c_str());
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response,
                            MHD_HTTP_HEADER_CACHE_CONTROL,
                            reply.tag.empty() ? "no-cache, no-store" : "private, no-cache");
    if (!reply.tag.empty())
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, reply.tag.c_str());
    if (!reply.policy.empty())
        MHD_add_response_header(response, "Content-Security-Policy", reply.policy.c_str());
    if (!reply.generation.empty())
        MHD_add_response_header(response, "X-Gatefile-Generation", reply.generation.c_str());
    if (reply.status == 401)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (reply.status == 405) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    const MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

MHD_Result find_verbose(void* found, MHD_ValueKind, const char* key, const char*) {
    if (std::string_view(key) == "verbose") *static_cast<bool*>(found) = true;
    return MHD_YES;
}

std::string_view header(MHD_Connection* connection, const char* name) {
    const char* const value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == nullptr ? std::string_view() : value;
}

// The signature is libmicrohttpd's.
// NOLINTBEGIN(readability-function-size, readability-non-const-parameter)
MHD_Result handle(void* closure,
                  MHD_Connection* connection,
                  const char* path,
                  const char* method,
                  const char*,
                  const char*,
                  std::size_t* body_size,
                  void** request) {
    static char seen;
    if (*request == nullptr) {
        const std::string_view name = method;
        // Headers only so far; answering here ends the connection, which is what a body deserves.
        if (name != MHD_HTTP_METHOD_GET && name != MHD_HTTP_METHOD_HEAD)
            return respond(connection, {405, "text/plain; charset=utf-8", "only GET and HEAD\n"});
        *request = &seen;
        return MHD_YES;
    }
    if (*body_size != 0) return MHD_NO;
    bool verbose = false;
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, find_verbose, &verbose);
    const Question question{path,
                            verbose,
                            header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH),
                            header(connection, MHD_HTTP_HEADER_AUTHORIZATION)};
    return respond(connection, (*static_cast<const Answerer*>(closure))(question));
}
// NOLINTEND(readability-function-size, readability-non-const-parameter)

/// Threads inherit the mask: signals are the loop's, none may end up on this thread.
MHD_Daemon* start_without_signals(int fd, const ServerSettings& settings, Answerer* answer) {
    const bool tls = !settings.certificate_pem.empty();
    // The end of one daemon must not shut the socket down on which the next one listens.
    unsigned flags = unsigned{MHD_USE_AUTO_INTERNAL_THREAD} | unsigned{MHD_USE_ITC};
    if (tls) flags |= unsigned{MHD_USE_TLS};
    // With a terminator, which libmicrohttpd looks for.
    const std::string key(settings.key_pem.reveal());
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    MHD_Daemon* const daemon = MHD_start_daemon(
        flags,
        0,
        nullptr,
        nullptr,
        handle,
        answer,
        MHD_OPTION_LISTEN_SOCKET,
        fd,
        MHD_OPTION_CONNECTION_LIMIT,
        settings.connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        settings.connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT,
        idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        connection_memory,
        // An end in place of the first of these leaves them out.
        tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END,
        settings.certificate_pem.c_str(),
        MHD_OPTION_HTTPS_MEM_KEY,
        key.c_str(),
        MHD_OPTION_END);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return daemon;
}

}  // namespace

struct HttpServer::State {
    struct Stop {
        void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
    };

    /// In place of the daemon that runs, if it starts.
    base::Result<void> start(const ServerSettings& wanted);

    Answerer answer;
    ServerSettings settings;  ///< without a key pair
    unsigned number = 0;
    base::UniqueFd listening;                  ///< the same for one daemon after the other
    std::unique_ptr<MHD_Daemon, Stop> daemon;  ///< its thread uses `answer`
};

base::Result<void> HttpServer::State::start(const ServerSettings& wanted) {
    if (!wanted.certificate_pem.empty() && !wanted.has_tls) {
        return base::Error{
            base::ErrorKind::Unsupported,
            fmt::format("listening on {}: the libmicrohttpd that gatefile runs with was built "
                        "without TLS; take one that was built with GnuTLS, as Debian's is, or "
                        "listen on 127.0.0.1 without a certificate, behind what speaks TLS",
                        wanted.address)};
    }
    // The library closes the socket that it is given, but not on every failure: it gets its own.
    const int own = ::fcntl(listening.get(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) return failed("fcntl", errno);
    MHD_Daemon* const started = start_without_signals(own, wanted, &answer);
    if (started == nullptr) {
        if (is_same_socket(own, listening.get())) ::close(own);
        const bool plain = wanted.certificate_pem.empty();
        return base::Error{
            plain ? base::ErrorKind::Unsupported : base::ErrorKind::Usage,
            fmt::format("listening on {}: libmicrohttpd could not start{}",
                        wanted.address,
                        plain ? "" : "; is it a certificate, and its key?")};
    }
    // The next one listens before this one ends.
    daemon.reset(started);
    return {};
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

unsigned HttpServer::number() const {
    return state_->number;
}

bool library_has_tls() {
    return MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES;
}

bool is_loopback(std::string_view text) {
    const auto address = parse_address(text);
    if (!address || address->every) return false;
    if (address->storage.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(address->storage);
        return (ntohl(in.sin_addr.s_addr) >> 24U) == 127;
    }
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address->storage);
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

base::Result<HttpServer> HttpServer::open(const ServerSettings& settings, Answerer answer) {
    const std::string& text = settings.address;
    auto address = parse_address(text);
    if (!address) {
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("{} is no address to listen on; give an IP address and a "
                                       "port, such as 127.0.0.1:9191, [::1]:9191 or :9191",
                                       base::quote_for_message(text))};
    }
    if (address->every && !has_ipv6()) *address = any_ipv4(port_of(address->storage));
    auto fd = listen_on(*address);
    if (!fd) return fd.error().within(fmt::format("listening on {}", text));

    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (::getsockname(fd->get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0)
        return failed("getsockname", errno);

    std::unique_ptr<State> state(
        new State{std::move(answer), settings, ntohs(port_of(bound)), std::move(*fd), nullptr});
    state->settings.certificate_pem.clear();
    state->settings.key_pem = {};
    if (auto started = state->start(settings); !started) return started.error();
    return HttpServer(std::move(state));
}

base::Result<void> HttpServer::show(std::string certificate_pem, base::SecretBytes key_pem) {
    ServerSettings wanted = state_->settings;
    wanted.certificate_pem = std::move(certificate_pem);
    wanted.key_pem = std::move(key_pem);
    return state_->start(wanted);
}

}  // namespace gatefile::agent
