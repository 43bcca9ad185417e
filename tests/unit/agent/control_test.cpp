// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "gatefile/agent/control.hpp"

namespace fs = std::filesystem;
using namespace gatefile;
using agent::Control;
using agent::ControlReply;
using agent::ControlRequest;

namespace {

class Scratch {
public:
    Scratch() {
        std::string pattern = (fs::temp_directory_path() / "gatefile-control-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Scratch() { fs::remove_all(path_); }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

/// What is asked from another thread while this one serves once.
base::Result<agent::ControlAnswer>
ask(Control& control, const std::string& path, std::string body) {
    base::Result<agent::ControlAnswer> answer = base::Error{base::ErrorKind::Io, "not asked"};
    std::thread asking(
        [&] { answer = agent::ask_agent(path, "POST", "/v1/pause", std::move(body)); });
    pollfd fd{control.fd(), POLLIN, 0};
    if (::poll(&fd, 1, 10'000) == 1) {
        control.serve([](const ControlRequest& request) {
            return ControlReply{200, request.method + " " + request.path + " " + request.body};
        });
    }
    asking.join();
    return answer;
}

}  // namespace

TEST_CASE("what is asked is answered by who serves") {
    const Scratch scratch;
    for (const std::string& name :
         {std::string("agent.sock"), std::string(90, 'd') + "/agent.sock"}) {
        const std::string path = scratch / name;
        fs::create_directories(fs::path(path).parent_path());
        {
            auto control = Control::open(path);
            REQUIRE(control.has_value());
            struct stat about {};
            REQUIRE(::lstat(path.c_str(), &about) == 0);
            CHECK((about.st_mode & 07777) == 0600);
            const auto answer = ask(*control, path, "{\"reason\":\"x\"}");
            REQUIRE(answer.has_value());
            CHECK(answer->status == 200);
            CHECK(answer->body == "POST /v1/pause {\"reason\":\"x\"}");
            // What is too long never gets to who serves.
            CHECK_FALSE(agent::ask_agent(path, "POST", "/v1/pause", std::string(5000, 'x')));
            CHECK_FALSE(Control::open(path).has_value());
        }
        CHECK_FALSE(fs::exists(path));
    }
}

TEST_CASE("something else in its place stays") {
    const Scratch scratch;
    const std::string path = scratch / "agent.sock";
    std::ofstream(path) << "a file";
    const auto control = Control::open(path);
    REQUIRE_FALSE(control.has_value());
    CHECK(control.error().text.find("move it away") != std::string::npos);
    CHECK(fs::is_regular_file(path));
}

TEST_CASE("a name that is too long by itself is refused in so many words") {
    const Scratch scratch;
    const auto control = Control::open(scratch / std::string(200, 'n'));
    REQUIRE_FALSE(control.has_value());
    CHECK(control.error().kind == base::ErrorKind::Usage);
    CHECK(control.error().text.find("107 bytes") != std::string::npos);
}

TEST_CASE("nobody answers where there is no agent") {
    const Scratch scratch;
    const auto answer = agent::ask_agent(scratch / "agent.sock", "GET", "/v1/status");
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().text.find("no agent answers") != std::string::npos);
}
