// SPDX-License-Identifier: Apache-2.0
//
// The bench's backend: one thread, keep-alive, the same answer to every request, so that next to
// none of the machine goes into it. Prints the port it took: backend [PORT].
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

/// What a small API answers: 1 KiB of JSON under the usual header.
std::string make_answer() {
    const std::string body = "{\"data\": \"" + std::string(1011, 'x') + "\"}\n";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The load has no bodies, so a request ends at its first empty line.
std::size_t take_requests(std::string& buffer) {
    std::size_t count = 0;
    std::size_t from = 0;
    for (std::size_t end; (end = buffer.find("\r\n\r\n", from)) != std::string::npos; ++count)
        from = end + 4;
    buffer.erase(0, from);
    return count;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool serve(int fd, std::string& buffer, std::string_view answer) {
    char chunk[16384];
    const ssize_t got = recv(fd, chunk, sizeof chunk, 0);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    buffer.append(chunk, static_cast<std::size_t>(got));
    std::string out;
    for (std::size_t n = take_requests(buffer); n > 0; --n)
        out += answer;
    return send_all(fd, out);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string answer = make_answer();
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener, 1024) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::perror("backend");
        return 3;
    }
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);

    const int poll = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{EPOLLIN, {.fd = listener}};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    std::unordered_map<int, std::string> buffers;
    epoll_event ready[64];
    for (;;) {
        const int count = epoll_wait(poll, ready, 64, -1);
        for (int i = 0; i < count; ++i) {
            const int fd = ready[i].data.fd;
            if (fd == listener) {
                const int client =
                    accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (client < 0) continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                event = {EPOLLIN, {.fd = client}};
                epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
                buffers[client].clear();
            } else if (!serve(fd, buffers[fd], answer)) {
                buffers.erase(fd);
                close(fd);
            }
        }
    }
}
