// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/output.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace fs = std::filesystem;
using namespace gatefile;
using publish::DirectoryPublisher;
using publish::FileSet;

namespace {

class Scratch {
public:
    Scratch() {
        std::string pattern = (fs::temp_directory_path() / "gatefile-publish-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Scratch() { fs::remove_all(path_); }
    fs::path operator/(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

std::string read(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write(const fs::path& path, std::string_view text) {
    std::ofstream(path) << text;
}

mode_t mode_of(const fs::path& path) {
    struct stat about {};
    REQUIRE(::lstat(path.c_str(), &about) == 0);
    return about.st_mode & 07777;
}

ino_t inode_of(const fs::path& path) {
    struct stat about {};
    REQUIRE(::lstat(path.c_str(), &about) == 0);
    return about.st_ino;
}

DirectoryPublisher open(const fs::path& path, mode_t mode = 0600) {
    auto publisher = DirectoryPublisher::open({.directory = path.string(), .file_mode = mode});
    REQUIRE(publisher.has_value());
    return std::move(*publisher);
}

FileSet one(std::string bytes, std::size_t weight = 1) {
    return {{{"gatefile.json", std::move(bytes)}}, {}, weight, "g"};
}

}  // namespace

TEST_CASE("publishes once, with closed rights, and not again while nothing changes") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    const auto first = publisher.publish(one("a"), false);
    REQUIRE(first.has_value());
    CHECK(first->changed);
    CHECK(read(scratch / "out/gatefile.json") == "a");
    CHECK(mode_of(scratch / "out/gatefile.json") == 0600);
    CHECK(mode_of(scratch / "out/.gatefile") == 0700);

    const ino_t before = inode_of(scratch / "out/gatefile.json");
    const auto second = publisher.publish(one("a"), false);
    REQUIRE(second.has_value());
    CHECK_FALSE(second->changed);
    CHECK(inode_of(scratch / "out/gatefile.json") == before);
}

TEST_CASE("wrong rights on an equal file are put right") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("a"), false));
    ::chmod((scratch / "out/gatefile.json").c_str(), 0644);
    const auto report = publisher.publish(one("a"), false);
    REQUIRE(report.has_value());
    CHECK(report->changed);
    CHECK(mode_of(scratch / "out/gatefile.json") == 0600);
}

TEST_CASE("whoever may read the files may enter the sub-directory that Traefik walks into") {
    const Scratch scratch;
    auto publisher = open(scratch / "out", 0644);
    REQUIRE(publisher.publish(one("a"), false));
    CHECK(mode_of(scratch / "out/.gatefile") == 0755);
    CHECK(mode_of(scratch / "out/.gatefile/wake") == 0666);
}

TEST_CASE("only one instance publishes into a directory") {
    const Scratch scratch;
    const auto publisher = open(scratch / "out");
    const auto second = DirectoryPublisher::open({.directory = (scratch / "out").string()});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().text.find("another gatefile publishes there") != std::string::npos);
}

TEST_CASE("a file that is not ours is neither overwritten nor removed") {
    const Scratch scratch;
    fs::create_directories(scratch / "out");
    write(scratch / "out/gatefile.json", "by hand");
    write(scratch / "out/other.yml", "theirs");
    auto publisher = open(scratch / "out");
    const auto report = publisher.publish(one("a"), false);
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().text.find("was not written by gatefile") != std::string::npos);
    CHECK(read(scratch / "out/gatefile.json") == "by hand");
    CHECK(read(scratch / "out/other.yml") == "theirs");
}

TEST_CASE("a link in the place of our file is not followed") {
    const Scratch scratch;
    fs::create_directories(scratch / "out");
    write(scratch / "victim", "precious");
    fs::create_symlink(scratch / "victim", scratch / "out/gatefile.json");
    auto publisher = open(scratch / "out");
    CHECK_FALSE(publisher.publish(one("a"), false).has_value());
    CHECK(read(scratch / "victim") == "precious");
}

TEST_CASE("our own stale file goes, unless somebody edited it") {
    const Scratch scratch;
    {
        auto publisher = open(scratch / "out");
        REQUIRE(publisher.publish({{{"gatefile.yml", "old"}}, {}, 1, "g"}, false));
        const auto report = publisher.publish(one("new"), false);
        REQUIRE(report.has_value());
        CHECK(report->removed == std::vector<std::string>{"gatefile.yml"});
        CHECK_FALSE(fs::exists(scratch / "out/gatefile.yml"));
    }
    {
        auto publisher = open(scratch / "out");
        write(scratch / "out/gatefile.json", "edited");
        REQUIRE(publisher.publish({{{"gatefile.yml", "old"}}, {}, 1, "g"}, false));
        CHECK(read(scratch / "out/gatefile.json") == "edited");
    }
}

TEST_CASE("an absence without evidence is held, one that was witnessed applies") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("ten", 10), false));
    const auto held = publisher.publish(one("four", 4), false);
    REQUIRE(held.has_value());
    CHECK(held->held);
    CHECK(held->held_reason == "4 rules would remain of 10");
    CHECK(read(scratch / "out/gatefile.json") == "ten");
    CHECK_FALSE(publisher.publish(one("five", 5), false)->held);
    CHECK_FALSE(publisher.publish(one("none", 0), true)->held);
    CHECK(read(scratch / "out/gatefile.json") == "none");
}

TEST_CASE("the guard outlives the process") {
    const Scratch scratch;
    REQUIRE(open(scratch / "out").publish(one("ten", 10), false));
    CHECK(open(scratch / "out").publish(one("none", 0), false)->held);
}

TEST_CASE("what does not read back is not published") {
    const Scratch scratch;
    auto publisher = DirectoryPublisher::open(
        {.directory = (scratch / "out").string(), .verify = [](const publish::File&) {
             return base::Result<void>(base::Error{base::ErrorKind::Io, "not what was meant"});
         }});
    REQUIRE(publisher.has_value());
    CHECK_FALSE(publisher->publish(one("a"), false).has_value());
    CHECK_FALSE(fs::exists(scratch / "out/gatefile.json"));
}

TEST_CASE("what a crash left staged is cleaned, and a crash before the record is healed") {
    const Scratch scratch;
    REQUIRE(open(scratch / "out").publish(one("a"), false));
    write(scratch / "out/.gatefile/next.tmp", "half");
    // As if the process had died between the rename and the writing of the record.
    const std::string record = read(scratch / "out/.gatefile/owned");
    REQUIRE(open(scratch / "out").publish(one("b"), false));
    write(scratch / "out/.gatefile/owned", record);
    auto publisher = open(scratch / "out");
    CHECK_FALSE(fs::exists(scratch / "out/.gatefile/next.tmp"));
    REQUIRE(publisher.publish(one("c"), false));
    CHECK(read(scratch / "out/gatefile.json") == "c");
}

TEST_CASE("what a file had and what it has is ours, and nothing older") {
    const Scratch scratch;
    const auto switches_from = [&](const char* content) {
        {
            auto publisher = open(scratch / "out");
            for (const char* bytes : {"a", "b", "c"})
                REQUIRE(publisher.publish(one(bytes), true));
        }
        write(scratch / "out/gatefile.json", content);
        auto publisher = open(scratch / "out");
        REQUIRE(publisher.publish({{{"gatefile.yml", "other"}}, {}, 1, "g"}, true));
        return fs::exists(scratch / "out/gatefile.json");
    };
    CHECK_FALSE(switches_from("c"));
    // As if the process had died between the record and the rename.
    CHECK_FALSE(switches_from("b"));
    CHECK(switches_from("a"));
}

TEST_CASE("a file that is what it should be already is ours from then on") {
    const Scratch scratch;
    {
        auto publisher = open(scratch / "out");
        REQUIRE(publisher.publish(one("a"), true));
    }
    write(scratch / "out/gatefile.json", "b");
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("b"), true));
    REQUIRE(publisher.publish({{{"gatefile.yml", "other"}}, {}, 1, "g"}, true));
    CHECK_FALSE(fs::exists(scratch / "out/gatefile.json"));
}

TEST_CASE("a publication writes its record once while names and weight stay") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("a"), false));
    REQUIRE(publisher.publish(one("b"), false));
    const std::string record = read(scratch / "out/.gatefile/owned");
    const ino_t before = inode_of(scratch / "out/.gatefile/owned");
    REQUIRE(publisher.publish(one("b"), false));
    CHECK(inode_of(scratch / "out/.gatefile/owned") == before);
    REQUIRE(publisher.publish(one("b", 2), false));
    CHECK(read(scratch / "out/.gatefile/owned") != record);
}

TEST_CASE("a directory that was replaced is entered anew") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("a"), false));
    fs::rename(scratch / "out", scratch / "away");
    REQUIRE(publisher.publish(one("a"), false));
    CHECK(read(scratch / "out/gatefile.json") == "a");
}

/// A directory in the place of the publisher's, which cannot be entered before `blocked` is gone.
fs::path put_blocked(const Scratch& scratch) {
    fs::rename(scratch / "out", scratch / "away");
    fs::create_directory(scratch / "out");
    write(scratch / "out/.gatefile", "no directory");
    return scratch / "out/.gatefile";
}

TEST_CASE("a directory that cannot be entered at once is entered when it can be") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("a"), false));
    const fs::path blocked = put_blocked(scratch);
    CHECK_FALSE(publisher.publish(one("b"), false));
    CHECK_FALSE(publisher.publish(one("c"), false));
    CHECK_FALSE(fs::exists(scratch / "out/gatefile.json"));
    CHECK(read(scratch / "away/gatefile.json") == "a");
    fs::remove(blocked);
    REQUIRE(publisher.publish(one("d"), false));
    CHECK(read(scratch / "out/gatefile.json") == "d");
    CHECK_FALSE(DirectoryPublisher::open({.directory = (scratch / "out").string()}));
}

TEST_CASE("a stranger's file in a directory that was entered late is nobody's to replace") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("a"), false));
    const fs::path blocked = put_blocked(scratch);
    write(scratch / "out/gatefile.json", "theirs");
    CHECK_FALSE(publisher.publish(one("b"), false));
    fs::remove(blocked);
    const auto report = publisher.publish(one("b"), false);
    REQUIRE_FALSE(report);
    CHECK(report.error().text.find("was not written by gatefile") != std::string::npos);
    CHECK(read(scratch / "out/gatefile.json") == "theirs");
}

TEST_CASE("a directory in which another publishes is left to it as long as it does") {
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("a"), false));
    fs::rename(scratch / "out", scratch / "away");
    {
        auto other = open(scratch / "out");
        REQUIRE(other.publish(one("theirs"), false));
        for (const char* mine : {"b", "c"}) {
            const auto report = publisher.publish(one(mine), false);
            REQUIRE_FALSE(report);
            CHECK(report.error().text.find("another gatefile") != std::string::npos);
        }
        CHECK(read(scratch / "out/gatefile.json") == "theirs");
    }
    REQUIRE(publisher.publish(one("d"), false));
    CHECK(read(scratch / "out/gatefile.json") == "d");
}

TEST_CASE("a write that fails leaves the old file and says why") {
    if (::geteuid() == 0) return;  // root writes into a read-only directory
    const Scratch scratch;
    auto publisher = open(scratch / "out");
    REQUIRE(publisher.publish(one("a"), false));
    ::chmod((scratch / "out/.gatefile").c_str(), 0500);
    const auto report = publisher.publish(one("b"), false);
    ::chmod((scratch / "out/.gatefile").c_str(), 0700);
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().text.find("Permission denied") != std::string::npos);
    CHECK(read(scratch / "out/gatefile.json") == "a");
}

TEST_CASE("a key is there before the configuration that names it and goes after it") {
    const Scratch scratch;
    auto output =
        publish::Output::open({.directory = (scratch / "out").string()},
                              publish::DirectorySettings{.directory = (scratch / "keys").string()});
    REQUIRE(output.has_value());
    const auto set = [](std::string key) {
        return FileSet{{{"gatefile.json", "names " + key}}, {{key, "secret"}}, 1, "g"};
    };
    REQUIRE(output->publish(set("one.pem"), false));
    CHECK(read(scratch / "keys/one.pem") == "secret");
    CHECK(mode_of(scratch / "keys/one.pem") == 0600);
    REQUIRE(output->publish(set("two.pem"), false));
    CHECK(fs::exists(scratch / "keys/two.pem"));
    CHECK_FALSE(fs::exists(scratch / "keys/one.pem"));
}
