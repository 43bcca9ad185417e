// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "gatefile/source/manifests.hpp"
#include "temporary_directory.hpp"

namespace gatefile::source {
namespace {

struct Seen {
    std::map<std::string, std::string> values;  ///< of the ConfigMaps, by name
    bool witnessed = false;
    bool complete = false;
    diag::Diagnostics diagnostics;

    std::size_t count(diag::Code code) const {
        return static_cast<std::size_t>(
            std::count_if(diagnostics.items().begin(),
                          diagnostics.items().end(),
                          [code](const diag::Diagnostic& item) { return item.code == code; }));
    }
    std::size_t kept() const { return count(diag::Code::KeptLastGood); }
};

Seen read(ManifestFollower& follower) {
    Seen seen;
    const auto reading = follower.read(seen.diagnostics);
    REQUIRE(reading);
    seen.witnessed = reading->deletions_witnessed;
    seen.complete = reading->complete;
    for (const api::ConfigMap& map : reading->snapshot->config_maps) {
        const std::string* value = api::find(map.data, "v");
        seen.values[map.meta.name] = value == nullptr ? "" : *value;
    }
    return seen;
}

using Values = std::map<std::string, std::string>;

constexpr std::string_view syntax_fault = "x: [\n";

std::string refused(std::string_view name) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + std::string(name) +
           "}\ndta: {}\n---\n";
}

struct Followed {
    explicit Followed(std::vector<std::string> below = {""}, bool recursive = false) {
        ManifestSettings settings{.recursive = recursive, .read = {}};
        for (const std::string& path : below)
            settings.paths.push_back(dir.path(path));
        follower.emplace(std::move(settings));
    }
    Seen read() { return source::read(*follower); }

    TemporaryDirectory dir;
    std::optional<ManifestFollower> follower;
};

TEST_CASE("changes, additions and removals in a healthy directory") {
    Followed followed;
    followed.dir.write("a.yaml", config_map("a") + config_map("b"));
    Seen seen = followed.read();
    CHECK(seen.values == Values{{"a", "1"}, {"b", "1"}});
    CHECK(seen.witnessed);
    CHECK(seen.complete);

    followed.dir.write("a.yaml", config_map("a", "2"));
    followed.dir.write("c.yaml", config_map("c"));
    seen = followed.read();
    CHECK(seen.values == Values{{"a", "2"}, {"c", "1"}});
    CHECK(seen.witnessed);

    followed.dir.remove("a.yaml");
    seen = followed.read();
    CHECK(seen.values == Values{{"c", "1"}});
    CHECK(seen.witnessed);
    CHECK(seen.diagnostics.empty());
}

TEST_CASE("a refused object keeps its last good version") {
    Followed followed;
    followed.dir.write("a.yaml", config_map("a") + config_map("b"));
    followed.read();
    followed.dir.write("a.yaml", config_map("b", "2") + refused("a"));
    for (int i = 0; i < 2; ++i) {  // it stays kept
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"a", "1"}, {"b", "2"}});
        CHECK(seen.witnessed);
        CHECK(seen.complete);
        CHECK(seen.count(diag::Code::UnknownField) == 1);
        REQUIRE(seen.kept() == 1);
        const diag::Diagnostic& kept = seen.diagnostics.items().back();
        CHECK(kept.object == diag::ObjectRef{"ConfigMap", "default", "a"});
        CHECK(kept.at->line == 9);  // of the new text
    }
    SUBCASE("until it is good again") {
        followed.dir.write("a.yaml", config_map("a", "3"));
        CHECK(followed.read().values == Values{{"a", "3"}});
    }
    SUBCASE("until it is gone") {
        followed.dir.write("a.yaml", config_map("b", "2"));
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"b", "2"}});
        CHECK(seen.witnessed);
    }
    SUBCASE("until a good one is elsewhere") {
        followed.dir.write("0.yaml", config_map("a", "4"));
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"a", "4"}, {"b", "2"}});
        CHECK(seen.kept() == 0);
    }
    SUBCASE("and what was kept can be kept for another reason") {
        followed.dir.write("a.yaml", syntax_fault);
        CHECK(followed.read().values == Values{{"a", "1"}, {"b", "2"}});
    }
}

TEST_CASE("an object that was never good is not there") {
    Followed followed;
    followed.dir.write("a.yaml", refused("a") + config_map("b"));
    Seen seen = followed.read();
    CHECK(seen.values == Values{{"b", "1"}});
    CHECK(seen.kept() == 0);
    // It may have been good, and published, before this process began.
    CHECK_FALSE(seen.witnessed);
    CHECK_FALSE(followed.read().witnessed);
    followed.dir.write("a.yaml", config_map("b"));
    CHECK(followed.read().witnessed);
}

TEST_CASE("a file with a fault keeps what it held, the rest follows") {
    Followed followed;
    followed.dir.write("a.yaml", config_map("a1") + config_map("a2"));
    followed.dir.write("b.yaml", config_map("b1") + config_map("b2"));
    followed.read();
    // One document of the file is still readable, and new.
    followed.dir.write("a.yaml", config_map("a1", "2") + std::string(syntax_fault));
    Seen seen = followed.read();
    CHECK(seen.values == Values{{"a1", "2"}, {"a2", "1"}, {"b1", "1"}, {"b2", "1"}});
    CHECK(seen.kept() == 1);
    CHECK_FALSE(seen.complete);
    CHECK(seen.witnessed);
    // Another file is not held up by it.
    followed.dir.write("b.yaml", config_map("b1"));
    seen = followed.read();
    CHECK(seen.values == Values{{"a1", "2"}, {"a2", "1"}, {"b1", "1"}});
    CHECK(seen.witnessed);
    followed.dir.write("a.yaml", config_map("a1", "3"));
    seen = followed.read();
    CHECK(seen.values == Values{{"a1", "3"}, {"b1", "1"}});
    CHECK(seen.kept() == 0);
}

TEST_CASE("a file that cannot be read keeps what it held") {
    Followed followed;
    followed.dir.write("a.yaml", config_map("a"));
    followed.dir.write("b.yaml", config_map("b"));
    followed.read();
    followed.dir.remove("a.yaml");
    followed.dir.link("a.yaml", "a.yaml");  // a loop
    const Seen seen = followed.read();
    CHECK(seen.values == Values{{"a", "1"}, {"b", "1"}});
    CHECK(seen.count(diag::Code::InputUnreadable) == 1);
    CHECK(seen.kept() == 1);
    followed.dir.remove("a.yaml");
    CHECK(followed.read().values == Values{{"b", "1"}});
}

TEST_CASE("an object that lost its name or kind is not taken as gone") {
    Followed followed;
    followed.dir.write("a.yaml", config_map("a"));
    followed.dir.write("b.yaml", config_map("b"));
    followed.read();
    SUBCASE("name") {
        followed.dir.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {nme: a}\n");
    }
    SUBCASE("kind") {
        followed.dir.write(
            "a.yaml",
            "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClas\nmetadata: {name: a}\n");
    }
    SUBCASE("version") {
        followed.dir.write("a.yaml", "apiVersion: v2\nkind: ConfigMap\nmetadata: {name: a}\n");
    }
    SUBCASE("group") {
        followed.dir.write("a.yaml",
                           "apiVersion: gateway.networking.k8s.io/v1\nkind: ConfigMap\n"
                           "metadata: {name: a}\n");
    }
    const Seen seen = followed.read();
    CHECK(seen.values == Values{{"a", "1"}, {"b", "1"}});
    CHECK(seen.kept() == 1);
}

TEST_CASE("an object that moves to another file stays") {
    Followed followed;
    followed.dir.write("a.yaml", config_map("a") + config_map("b"));
    followed.dir.write("z.yaml", config_map("z"));
    followed.read();
    SUBCASE("in one step") {
        followed.dir.write("a.yaml", config_map("b"));
        followed.dir.write("z.yaml", config_map("z") + config_map("a", "2"));
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"a", "2"}, {"b", "1"}, {"z", "1"}});
        CHECK(seen.diagnostics.empty());
        followed.dir.remove("a.yaml");
        CHECK(followed.read().values == Values{{"a", "2"}, {"z", "1"}});
    }
    SUBCASE("for a while in both") {
        followed.dir.write("z.yaml", config_map("z") + config_map("a", "2"));
        const Seen seen = followed.read();
        CHECK(seen.values.at("a") == "1");
        CHECK(seen.count(diag::Code::DuplicateObject) == 1);
        followed.dir.write("a.yaml", config_map("b"));
        CHECK(followed.read().values.at("a") == "2");
    }
    SUBCASE("to a file with a fault") {
        followed.dir.write("a.yaml", config_map("b"));
        followed.dir.write("z.yaml", config_map("z", "2") + std::string(syntax_fault));
        CHECK(followed.read().values == Values{{"a", "1"}, {"b", "1"}, {"z", "2"}});
        CHECK(followed.read().values == Values{{"a", "1"}, {"b", "1"}, {"z", "2"}});
        followed.dir.write("z.yaml", config_map("z", "3"));
        CHECK(followed.read().values == Values{{"b", "1"}, {"z", "3"}});
    }
    SUBCASE("to a file whose fault changed meanwhile") {
        followed.dir.write("z.yaml", syntax_fault);
        followed.read();
        followed.dir.write("a.yaml", config_map("b"));
        followed.dir.write("z.yaml", std::string(syntax_fault) + "more");
        CHECK(followed.read().values == Values{{"a", "1"}, {"b", "1"}, {"z", "1"}});
    }
    SUBCASE("a renamed file") {
        followed.dir.rename("a.yaml", "c.yaml");
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"a", "1"}, {"b", "1"}, {"z", "1"}});
        CHECK(seen.diagnostics.empty());
    }
}

TEST_CASE("a directory that vanishes keeps everything, without witness") {
    Followed followed({"d"});
    followed.dir.write("d/a.yaml", config_map("a"));
    CHECK(followed.read().witnessed);
    followed.dir.rename("d", "elsewhere");
    for (int i = 0; i < 2; ++i) {
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"a", "1"}});
        CHECK_FALSE(seen.witnessed);
        CHECK_FALSE(seen.complete);
        CHECK(seen.kept() == 1);
        followed.follower->accept_absence();  // is not enough: nothing can be seen
    }
    followed.dir.write("d/b.yaml", config_map("b"));
    const Seen seen = followed.read();
    CHECK(seen.values == Values{{"b", "1"}});
    CHECK(seen.witnessed);
}

TEST_CASE("a directory that is empty all at once keeps everything until that is accepted") {
    Followed followed({"d", "e"});
    followed.dir.write("d/a.yaml", config_map("a"));
    followed.dir.write("e/b.yaml", config_map("b"));
    followed.read();
    followed.dir.remove("d/a.yaml");
    followed.dir.write("e/b.yaml", config_map("b", "2"));
    for (int i = 0; i < 2; ++i) {
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"a", "1"}, {"b", "2"}});
        CHECK_FALSE(seen.witnessed);
        CHECK(seen.kept() == 1);
    }
    SUBCASE("accepted") {
        followed.follower->accept_absence();
        Seen seen = followed.read();
        CHECK(seen.values == Values{{"b", "2"}});
        CHECK(seen.witnessed);
        seen = followed.read();
        CHECK(seen.values == Values{{"b", "2"}});
        CHECK(seen.witnessed);
    }
    SUBCASE("filled again") {
        followed.dir.write("d/c.yaml", config_map("c"));
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"b", "2"}, {"c", "1"}});
        CHECK(seen.witnessed);
    }
}

TEST_CASE("a named file that is gone keeps everything; one in a directory does not") {
    Followed followed({"a.yaml", "d"});
    followed.dir.write("a.yaml", config_map("a"));
    followed.dir.write("d/b.yaml", config_map("b"));
    followed.dir.write("d/c.yaml", config_map("c"));
    followed.read();
    followed.dir.remove("a.yaml");
    followed.dir.remove("d/b.yaml");
    const Seen seen = followed.read();
    CHECK(seen.values == Values{{"a", "1"}, {"c", "1"}});
    CHECK_FALSE(seen.witnessed);
}

TEST_CASE("directories below") {
    Followed followed({""}, true);
    followed.dir.write("s/a.yaml", config_map("a"));
    followed.dir.write("t/b.yaml", config_map("b"));
    followed.read();
    SUBCASE("removed while the rest can be seen") {
        followed.dir.remove("s");
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"b", "1"}});
        CHECK(seen.witnessed);
    }
    SUBCASE("that cannot be read any more") {
        followed.dir.remove("s");
        // A path this deep is refused, which stands in for a missing permission.
        std::string deep = "s";
        for (int i = 0; i < 70; ++i)
            deep += "/d";
        followed.dir.write(deep + "/x.yaml", config_map("x"));
        const Seen seen = followed.read();
        CHECK(seen.values.at("a") == "1");  // may have moved to where we cannot look
        CHECK_FALSE(seen.complete);
    }
}

TEST_CASE("the first reading") {
    Followed followed;
    SUBCASE("of an empty directory") {
        Seen seen = followed.read();
        CHECK(seen.values.empty());
        CHECK_FALSE(seen.witnessed);
        CHECK_FALSE(seen.complete);
        followed.follower->accept_absence();
        CHECK(followed.read().witnessed);
    }
    SUBCASE("with a fault: what the file may have held before the start is not known") {
        followed.dir.write("a.yaml", config_map("a"));
        followed.dir.write("b.yaml", syntax_fault);
        CHECK_FALSE(followed.read().witnessed);
        followed.dir.write("a.yaml", config_map("a", "2"));
        CHECK_FALSE(followed.read().witnessed);
        followed.dir.write("b.yaml", config_map("b"));
        CHECK(followed.read().witnessed);
        followed.dir.write("b.yaml", syntax_fault);
        const Seen seen = followed.read();
        CHECK(seen.values == Values{{"a", "2"}, {"b", "1"}});
        CHECK(seen.witnessed);
    }
}

TEST_CASE("kubelet swaps a volume") {
    Followed followed;
    followed.dir.write("..1/a.yaml", config_map("a"));
    followed.dir.write("..1/b.yaml", config_map("b"));
    followed.dir.link("..1", "..data");
    followed.dir.link("..data/a.yaml", "a.yaml");
    followed.dir.link("..data/b.yaml", "b.yaml");
    CHECK(followed.read().values == Values{{"a", "1"}, {"b", "1"}});
    followed.dir.write("..2/a.yaml", config_map("a", "2"));
    followed.dir.link("..2", "..data_tmp");
    followed.dir.rename("..data_tmp", "..data");
    // b.yaml leads nowhere until kubelet has removed it too.
    Seen seen = followed.read();
    CHECK(seen.values == Values{{"a", "2"}, {"b", "1"}});
    followed.dir.remove("b.yaml");
    seen = followed.read();
    CHECK(seen.values == Values{{"a", "2"}});
    CHECK(seen.witnessed);
    CHECK(seen.diagnostics.empty());
}

TEST_CASE("unchanged files are not parsed again") {
    Followed followed;
    followed.dir.write("a.yaml", config_map("a"));
    diag::Diagnostics diagnostics;
    const auto first = followed.follower->read(diagnostics);
    followed.dir.write("b.yaml", config_map("b"));
    const auto second = followed.follower->read(diagnostics);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->snapshot->origins[0].document.arena ==
          second->snapshot->origins[0].document.arena);
    CHECK(second->snapshot->origins.size() == 2);
}

TEST_CASE("items of typed lists can be kept") {
    Followed followed;
    followed.dir.write("a.json",
                       R"({"apiVersion":"v1","kind":"ConfigMapList","items":[
                           {"metadata":{"name":"a"},"data":{"v":"1"}}]})");
    followed.dir.write("b.yaml", config_map("b"));
    followed.read();
    followed.dir.write("a.json", "{");
    for (int i = 0; i < 3; ++i)
        CHECK(followed.read().values == Values{{"a", "1"}, {"b", "1"}});
}

}  // namespace
}  // namespace gatefile::source
