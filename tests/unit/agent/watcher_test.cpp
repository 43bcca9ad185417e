// SPDX-License-Identifier: Apache-2.0
#include "watcher.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace gatefile::agent {
namespace {

namespace fs = std::filesystem;

class Scratch {
public:
    Scratch() {
        std::string pattern = (fs::temp_directory_path() / "gatefile-watcher-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
        fs::create_directories(path_ / "m/sub");
        fs::create_directories(path_ / "else");
        write("else/x.yaml");
    }
    ~Scratch() { fs::remove_all(path_); }
    std::string at(const std::string& name) const { return (path_ / name).string(); }
    void write(const std::string& name) const { std::ofstream(path_ / name) << name; }
    void link(const std::string& name, const std::string& target) const {
        fs::create_symlink(target, path_ / name);
    }
    /// As a kubelet makes it a new version of a ConfigMap's volume.
    void mount(const std::string& version) const {
        fs::create_directory(path_ / "m" / version);
        write("m/" + version + "/gw.yaml");
        link("m/..data_tmp", version);
        fs::rename(path_ / "m/..data_tmp", path_ / "m/..data");
    }

private:
    fs::path path_;
};

using Paths = std::vector<std::string>;

TEST_CASE("links that lead elsewhere are told of, as far as they are read") {
    const Scratch scratch;
    scratch.write("m/a.yaml");
    scratch.link("m/neighbour.yaml", "a.yaml");
    scratch.link("m/notes.txt", "../else/x.yaml");
    scratch.link("m/dir", "../else");
    scratch.link("m/sub/up.yaml", "../a.yaml");
    Watcher flat({scratch.at("m")}, false);
    CHECK(flat.refresh().empty());
    Watcher deep({scratch.at("m")}, true);
    CHECK(deep.refresh() == Paths{scratch.at("m/dir"), scratch.at("m/sub/up.yaml")});
    scratch.link("m/b.yaml", "../else/x.yaml");
    scratch.link("m/dangling.yaml", scratch.at("else/none.yaml"));
    CHECK(flat.refresh() == Paths{scratch.at("m/b.yaml"), scratch.at("m/dangling.yaml")});
    Watcher named({scratch.at("m/b.yaml"), scratch.at("m/neighbour.yaml"), "-"}, false);
    CHECK(named.refresh() == Paths{scratch.at("m/b.yaml")});
}

TEST_CASE("a new version of a Kubernetes volume is seen") {
    const Scratch scratch;
    scratch.mount("..2026_1");
    scratch.link("m/gw.yaml", "..data/gw.yaml");
    for (const bool recursive : {false, true}) {
        CAPTURE(recursive);
        Watcher whole({scratch.at("m")}, recursive);
        Watcher named({scratch.at("m/gw.yaml")}, recursive);
        CHECK(whole.refresh().empty());
        CHECK(named.refresh().empty());
        scratch.mount(recursive ? "..2026_2" : "..2026_3");
        CHECK(whole.drain());
        CHECK(named.drain());
    }
}

TEST_CASE("a link on the way to what is watched is seen to change") {
    const Scratch scratch;
    fs::create_directories(scratch.at("v1/m"));
    fs::create_directories(scratch.at("v2/m"));
    scratch.link("current", "v1");
    Watcher watcher({scratch.at("current/m")}, false);
    CHECK(watcher.refresh().empty());
    scratch.write("v1/m/a.yaml");
    CHECK(watcher.drain());
    scratch.link("next", "v2");
    watcher.drain();
    CHECK_FALSE(watcher.drain());
    fs::rename(scratch.at("next"), scratch.at("current"));
    CHECK(watcher.drain());
    CHECK(watcher.refresh().empty());
    scratch.write("v2/m/a.yaml");
    CHECK(watcher.drain());
}

}  // namespace
}  // namespace gatefile::agent
