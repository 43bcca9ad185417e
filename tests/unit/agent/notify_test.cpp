// SPDX-License-Identifier: Apache-2.0
#include "notify.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

using namespace gatefile;
using agent::Notify;
using std::chrono::microseconds;

namespace {

/// What systemd has: a datagram socket, at a path or (first byte '@') in the abstract namespace.
class Listener {
public:
    explicit Listener(std::string name) : name_(std::move(name)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name_.data(), name_.size());
        if (name_.front() == '@') address.sun_path[0] = '\0';
        const auto length = offsetof(sockaddr_un, sun_path) + name_.size();
        fd_ = base::UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        REQUIRE(::bind(fd_.get(),
                       reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(length)) == 0);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
        if (name_.front() == '/') ::unlink(name_.c_str());
    }

    /// One datagram; "" if none came.
    std::string take() const {
        char buffer[4096];
        const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
        return count < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(count));
    }

private:
    std::string name_;
    base::UniqueFd fd_;
};

std::string abstract_name() {
    return fmt::format("@gatefile-notify-test-{}", ::getpid());
}

}  // namespace

TEST_CASE("each state is one datagram") {
    const Listener systemd(abstract_name());
    const Notify notify({{"NOTIFY_SOCKET", abstract_name()}});
    notify.ready("12 rules served");
    CHECK(systemd.take() == "READY=1\nSTATUS=12 rules served");
    notify.status("3 routes refused");
    CHECK(systemd.take() == "STATUS=3 routes refused");
    notify.alive();
    CHECK(systemd.take() == "WATCHDOG=1");
    notify.stopping();
    CHECK(systemd.take() == "STOPPING=1");
    CHECK(systemd.take().empty());
}

TEST_CASE("a reload says when, in the same datagram") {
    const Listener systemd(abstract_name());
    const Notify notify({{"NOTIFY_SOCKET", abstract_name()}});
    timespec before{};
    ::clock_gettime(CLOCK_MONOTONIC, &before);
    notify.reloading();
    const std::string said = systemd.take();
    constexpr std::string_view start = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(said.substr(0, start.size()) == start);
    const auto at = base::parse_int(said.substr(start.size()));
    REQUIRE(at.has_value());
    const std::int64_t since =
        *at - (std::int64_t{before.tv_sec} * 1'000'000 + before.tv_nsec / 1000);
    CHECK(since >= 0);
    CHECK(since < 60'000'000);
}

TEST_CASE("sockets that are paths") {
    char directory[] = "/tmp/gatefile-notify-XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    const std::string path = std::string(directory) + "/notify";
    {
        const Listener systemd(path);
        const Notify notify({{"NOTIFY_SOCKET", path}});
        notify.alive();
        CHECK(systemd.take() == "WATCHDOG=1");
    }
    ::rmdir(directory);
}

TEST_CASE("a status is one line, whoever wrote what it quotes") {
    const Listener systemd(abstract_name());
    const Notify notify({{"NOTIFY_SOCKET", abstract_name()}});
    notify.status("a\nMAINPID=1\r\nb");
    CHECK(systemd.take() == "STATUS=a MAINPID=1  b");
    notify.status(std::string(5000, 'x'));
    CHECK(systemd.take() == "STATUS=" + std::string(1000, 'x'));
}

TEST_CASE("without a socket, or with one that nobody has, nothing happens") {
    for (const std::string& name : {std::string(),
                                    std::string("@"),
                                    std::string("relative"),
                                    std::string("vsock:2:1"),
                                    "/" + std::string(200, 'a'),
                                    std::string("/nonexistent/notify")}) {
        const Notify notify({{"NOTIFY_SOCKET", name}});
        notify.ready("x");
        notify.stopping();
    }
    const Notify none(std::map<std::string, std::string>{{"WATCHDOG_USEC", "30000000"}});
    none.alive();
    CHECK_FALSE(none.watchdog_interval().has_value());
}

TEST_CASE("the watchdog is fed at half its time, by the process that it watches") {
    const auto interval = [](std::map<std::string, std::string> environment) {
        environment["NOTIFY_SOCKET"] = abstract_name();
        return Notify(environment).watchdog_interval();
    };
    CHECK(interval({{"WATCHDOG_USEC", "30000000"}}) == microseconds(15'000'000));
    CHECK(interval({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", std::to_string(::getpid())}}) ==
          microseconds(15'000'000));
    CHECK_FALSE(interval({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "1"}}).has_value());
    CHECK_FALSE(interval({{"WATCHDOG_USEC", "0"}}).has_value());
    CHECK_FALSE(interval({{"WATCHDOG_USEC", "soon"}}).has_value());
    CHECK_FALSE(interval({}).has_value());
}
