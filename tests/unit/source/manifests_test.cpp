// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "gatefile/base/unique_fd.hpp"
#include "gatefile/source/manifests.hpp"
#include "temporary_directory.hpp"

namespace gatefile::source {
namespace {

struct Outcome {
    std::vector<std::string> names;  ///< of the ConfigMaps, in order of reading
    bool complete = false;
    diag::Diagnostics diagnostics;

    std::vector<diag::Code> codes() const {
        std::vector<diag::Code> codes;
        for (const diag::Diagnostic& item : diagnostics.items())
            codes.push_back(item.code);
        return codes;
    }
};

Outcome read(std::vector<std::string> paths, bool recursive = false) {
    Outcome outcome;
    const auto manifests = read_manifests(
        {.paths = std::move(paths), .recursive = recursive, .read = {}}, outcome.diagnostics);
    REQUIRE(manifests);
    outcome.complete = manifests->complete;
    std::vector<std::pair<std::uint32_t, std::string>> order;
    for (const api::ConfigMap& map : manifests->snapshot->config_maps)
        order.emplace_back(map.meta.origin, map.meta.name);
    std::sort(order.begin(), order.end());
    for (const auto& [origin, name] : order)
        outcome.names.push_back(name);
    return outcome;
}

using Names = std::vector<std::string>;
using Codes = std::vector<diag::Code>;

TEST_CASE("a directory yields .json .yaml .yml in lexical order") {
    const TemporaryDirectory dir;
    dir.write("b.yml", config_map("b"));
    dir.write("a.yaml", config_map("a1") + config_map("a2"));
    dir.write("c.json", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}})");
    dir.write("d.txt", config_map("d"));
    dir.write("e.YAML", config_map("e"));
    dir.write("yaml", config_map("f"));
    dir.write(".g.yaml", config_map("g"));
    dir.write("sub/h.yaml", config_map("h"));
    dir.write("sub.yaml/i.yaml", config_map("i"));
    const Outcome outcome = read({dir.path()});
    CHECK(outcome.names == Names{"g", "a1", "a2", "b", "c"});
    CHECK(outcome.complete);
    CHECK(outcome.diagnostics.empty());
    CHECK(read({dir.path() + "/"}).names == outcome.names);
    CHECK(read({dir.path()}, true).names == Names{"g", "a1", "a2", "b", "c", "h", "i"});
}

TEST_CASE("a file that is named needs no extension") {
    const TemporaryDirectory dir;
    dir.write("plain", config_map("a"));
    dir.write("b.yaml", config_map("b"));
    CHECK(read({dir.path("plain")}).names == Names{"a"});
    CHECK(read({dir.path("b.yaml"), dir.path("plain")}).names == Names{"b", "a"});
}

TEST_CASE("nothing is read twice") {
    const TemporaryDirectory dir;
    dir.write("a.yaml", config_map("a"));
    dir.link("a.yaml", "b.yaml");
    const Outcome outcome =
        read({dir.path(), dir.path(), dir.path() + "/", dir.path("a.yaml"), dir.path("b.yaml")});
    CHECK(outcome.names == Names{"a"});
    CHECK(outcome.diagnostics.empty());
    CHECK(outcome.complete);
}

TEST_CASE("a mounted ConfigMap is read through its visible names only") {
    const TemporaryDirectory dir;
    dir.write("..2026_01_01/a.yaml", config_map("a"));
    dir.write("..2026_01_01/sub/b.yaml", config_map("b"));
    dir.link("..2026_01_01", "..data");
    dir.link("..data/a.yaml", "a.yaml");
    dir.link("..data/sub", "sub");
    CHECK(read({dir.path()}).names == Names{"a"});
    CHECK(read({dir.path()}, true).names == Names{"a", "b"});
    CHECK(read({dir.path()}, true).diagnostics.empty());
}

TEST_CASE("links in a circle end") {
    const TemporaryDirectory dir;
    dir.write("a/x.yaml", config_map("x"));
    dir.link("..", "a/up");
    dir.link(".", "a/self");
    const Outcome outcome = read({dir.path()}, true);
    CHECK(outcome.names == Names{"x"});
    CHECK(outcome.diagnostics.empty());
}

TEST_CASE("what cannot be read is said, and the others go on") {
    const TemporaryDirectory dir;
    dir.write("a.yaml", config_map("a"));
    dir.link("loop.yaml", "loop.yaml");
    dir.link("nowhere", "dangling.yaml");
    dir.link("user@host.1:2", ".#a.yaml");
    REQUIRE(mkfifo(dir.path("fifo.yaml").c_str(), 0600) == 0);
    const Outcome outcome = read({dir.path("missing"), "https://x.example/y.yaml", dir.path()});
    CHECK(outcome.names == Names{"a"});
    CHECK_FALSE(outcome.complete);
    CHECK(outcome.codes() == Codes(5, diag::Code::InputUnreadable));
    const auto& items = outcome.diagnostics.items();
    CHECK(items[0].detail ==
          '"' + dir.path("missing") + "\" cannot be read: No such file or directory");
    CHECK(items[0].at == diag::SourcePosition{dir.path("missing"), 0, 0});
    CHECK(items[1].hint == "URLs are not fetched; fetch it yourself and pass it with -f -");
    CHECK(items[2].at->source == dir.path("dangling.yaml"));
    CHECK(items[3].detail.ends_with("neither a regular file nor a directory"));
    CHECK(items[4].detail.ends_with("Too many levels of symbolic links"));
}

TEST_CASE("devices, pipes in directories and whatever the agent would wait for are not opened") {
    const TemporaryDirectory dir;
    REQUIRE(mkfifo(dir.path("fifo.yaml").c_str(), 0600) == 0);
    const Outcome outcome = read({dir.path(), "/dev/zero"});
    CHECK(outcome.codes() == Codes(2, diag::Code::InputUnreadable));
    const std::string hint = "pipes are read where -f names them itself, and not by the agent, "
                             "which follows files and directories";
    CHECK(outcome.diagnostics.items()[0].hint == hint);
    diag::Diagnostics found;
    ManifestFollower follower({.paths = {dir.path("fifo.yaml")}, .read = {}});
    REQUIRE(follower.read(found));
    REQUIRE(found.items().size() == 1);
    CHECK(found.items()[0].hint == hint);
}

TEST_CASE("a pipe that is named is read") {
    const auto pipe_with = [](const std::string& text) {
        int ends[2] = {};
        REQUIRE(pipe(ends) == 0);
        const base::UniqueFd written(ends[1]);
        REQUIRE(write(written.get(), text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()));
        return base::UniqueFd(ends[0]);
    };
    const auto path_of = [](const base::UniqueFd& fd) {
        return "/dev/fd/" + std::to_string(fd.get());
    };
    const base::UniqueFd a = pipe_with(config_map("a"));
    const base::UniqueFd b = pipe_with(config_map("b"));
    const Outcome outcome = read({path_of(b), path_of(a), path_of(b)});
    CHECK(outcome.names == Names{"b", "a"});
    CHECK(outcome.complete);
    const base::UniqueFd bad = pipe_with("x: [\n");
    const Outcome broken = read({path_of(bad)});
    CHECK_FALSE(broken.complete);
    REQUIRE(broken.codes() == Codes{diag::Code::InputSyntax});
    CHECK(broken.diagnostics.items()[0].at->source == path_of(bad));
}

TEST_CASE("a directory without manifests is reported") {
    const TemporaryDirectory dir;
    dir.write("a.txt", "");
    const Outcome outcome = read({dir.path()});
    CHECK(outcome.codes() == Codes{diag::Code::InputUnreadable});
    CHECK_FALSE(outcome.complete);
}

TEST_CASE("faults of the text have their place and hide nothing") {
    const TemporaryDirectory dir;
    dir.write("a.yaml", config_map("a") + "x: [\n---\n" + config_map("b"));
    dir.write("b.json", R"({"apiVersion": "v1",)");
    const Outcome outcome = read({dir.path()});
    CHECK(outcome.names == Names{"a", "b"});
    CHECK_FALSE(outcome.complete);
    REQUIRE(outcome.codes() == Codes(2, diag::Code::InputSyntax));
    CHECK(outcome.diagnostics.items()[0].at->source == dir.path("a.yaml"));
    CHECK(outcome.diagnostics.items()[0].at->line >= 6);
    CHECK(outcome.diagnostics.items()[1].at->source == dir.path("b.json"));
}

TEST_CASE("a refused object does not make the reading incomplete") {
    const TemporaryDirectory dir;
    dir.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {}\n");
    const Outcome outcome = read({dir.path()});
    CHECK(outcome.names.empty());
    CHECK(outcome.complete);
    CHECK(outcome.codes() == Codes{diag::Code::UnknownField});
}

/// Gives the process another standard input while it lives.
class StandardInput {
public:
    explicit StandardInput(int fd) : saved_(dup(STDIN_FILENO)) { dup2(fd, STDIN_FILENO); }
    ~StandardInput() { dup2(saved_.get(), STDIN_FILENO); }

private:
    base::UniqueFd saved_;
};

TEST_CASE("standard input is read once") {
    const TemporaryDirectory dir;
    dir.write("in", config_map("piped"));
    const base::UniqueFd fd(open(dir.path("in").c_str(), O_RDONLY | O_CLOEXEC));
    const StandardInput input(fd.get());
    const Outcome outcome = read({"-", "-"});
    CHECK(outcome.names == Names{"piped"});
    CHECK(outcome.complete);
}

TEST_CASE("a failing standard input is an error") {
    const TemporaryDirectory dir;
    const base::UniqueFd fd(open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const StandardInput input(fd.get());
    diag::Diagnostics diagnostics;
    const auto manifests = read_manifests({.paths = {"-"}, .read = {}}, diagnostics);
    REQUIRE_FALSE(manifests);
    CHECK(manifests.error().text == "reading standard input: Is a directory");
}

TEST_CASE("a directory that cannot be listed") {
    if (geteuid() == 0) return;  // root may read everything
    const TemporaryDirectory dir;
    dir.write("a.yaml", config_map("a"));
    dir.write("sub/b.yaml", config_map("b"));
    REQUIRE(chmod(dir.path("sub").c_str(), 0) == 0);
    const Outcome outcome = read({dir.path()}, true);
    chmod(dir.path("sub").c_str(), 0700);
    CHECK(outcome.names == Names{"a"});
    CHECK(outcome.codes() == Codes{diag::Code::InputUnreadable});
}

}  // namespace
}  // namespace gatefile::source
