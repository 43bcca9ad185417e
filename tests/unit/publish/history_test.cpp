// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/history.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "gatefile/publish/beside.hpp"
#include "gatefile/publish/directory.hpp"
#include "gatefile/publish/history_mirror.hpp"
#include "gatefile/publish/last_good.hpp"
#include "gatefile/publish/output.hpp"

namespace fs = std::filesystem;
using namespace gatefile;
using publish::FileSet;
using publish::Generation;
using publish::History;

namespace {

class Scratch {
public:
    Scratch() {
        std::string pattern = (fs::temp_directory_path() / "gatefile-history-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Scratch() { fs::remove_all(path_); }
    std::string operator/(const char* name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

std::string id_of(int number) {
    return fmt::format("{:064x}", 0xabc0000 + number);
}

FileSet set_of(int number, std::size_t size = 10) {
    return {
        {{"gatefile.yml", std::to_string(number) + std::string(size, 'x')}}, {}, 7, id_of(number)};
}

struct Place {
    explicit Place(const std::string& path)
        : publisher(publish::DirectoryPublisher::open({.directory = path}).value()) {}

    void publish(History& history, const FileSet& files) {
        const auto report = publisher.publish(files, true);
        REQUIRE(report.has_value());
        REQUIRE(history.keep(files, report->hashes, {1000}).has_value());
    }

    publish::DirectoryPublisher publisher;
};

std::size_t files_in(const std::string& path) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a generation reads back as it was written, and a damaged one does not") {
    const Generation one{.number = 12,
                         .id = id_of(1),
                         .at = {1'700'000'000},
                         .weight = 3,
                         .bytes = 99,
                         .files = {{"gatefile.json", std::string(64, 'a')}},
                         .keys = {{"k.pem", std::string(64, 'b')}}};
    const std::string text = publish::write_generation(one);
    CHECK(publish::parse_generation(text) == one);
    Generation with_backends = one;
    with_backends.backends = std::string(64, 'c');
    CHECK(publish::parse_generation(publish::write_generation(with_backends)) == with_backends);
    CHECK_FALSE(publish::parse_generation(text.substr(0, text.size() - 1)));
    CHECK_FALSE(publish::parse_generation(text + "more\n"));
    CHECK_FALSE(publish::parse_generation("gatefile generation 1\nnumber 1\n"));
    std::string elsewhere = text;
    elsewhere.replace(elsewhere.find("gatefile.json"), 13, "../../secrets");
    CHECK_FALSE(publish::parse_generation(elsewhere));
}

TEST_CASE("a generation is found by its number, or by enough of its mark") {
    const std::vector<Generation> all{{.number = 3, .id = "aabbcc11"},
                                      {.number = 4, .id = "aabbcc22"}};
    CHECK(publish::find_generation(all, "4") == &all[1]);
    CHECK(publish::find_generation(all, "aabbcc2") == &all[1]);
    CHECK(publish::find_generation(all, "aabbcc") == nullptr);
    CHECK(publish::find_generation(all, "aabb") == nullptr);
    CHECK(publish::find_generation(all, "") == nullptr);
}

TEST_CASE("the last ones are kept, as second names of what was published") {
    const Scratch scratch;
    const std::string out = scratch / "out";
    Place place(out);
    History history({.directory = out, .keys = {}, .count = 3});
    for (int i = 1; i <= 5; ++i)
        place.publish(history, set_of(i));
    REQUIRE(history.list().size() == 3);
    CHECK(history.list().front().number == 3);
    CHECK(files_in(out + "/.gatefile/generations") == 6);
    struct stat published {};
    struct stat kept {};
    REQUIRE(::stat((out + "/gatefile.yml").c_str(), &published) == 0);
    REQUIRE(::stat((out + "/.gatefile/generations/5.gatefile.yml.kept").c_str(), &kept) == 0);
    CHECK(published.st_ino == kept.st_ino);

    const auto all = publish::list_generations(out).value();
    CHECK(all == history.list());
    CHECK(publish::current_generation(out, all) == &all[2]);
    const auto old = history.read(all[0]);
    REQUIRE(old.has_value());
    CHECK(old->files.front().bytes == set_of(3).files.front().bytes);

    SUBCASE("what comes back gets a new number") {
        place.publish(history, set_of(4));
        REQUIRE(history.list().size() == 3);
        CHECK(history.list().back().number == 6);
        CHECK(history.list().back().id == id_of(4));
    }
    SUBCASE("one that was damaged is not published again") {
        std::ofstream(out + "/.gatefile/generations/3.gatefile.yml.kept") << "other";
        CHECK_FALSE(history.read(all[0]).has_value());
    }
    SUBCASE("a full disk gets all but the present one back") {
        CHECK(history.drop_all_but(id_of(5)));
        CHECK_FALSE(history.drop_all_but(id_of(5)));
        CHECK(publish::list_generations(out)->size() == 1);
    }
    SUBCASE("what was loaded is remembered") {
        history.mark_loaded(id_of(5));
        CHECK(publish::list_generations(out).value()[2].loaded);
        CHECK_FALSE(publish::list_generations(out).value()[1].loaded);
    }
}

TEST_CASE("there is a limit of size, and the last two are kept all the same") {
    const Scratch scratch;
    const std::string out = scratch / "out";
    Place place(out);
    History history({.directory = out, .keys = {}, .count = 10, .max_bytes = 1000});
    for (int i = 1; i <= 4; ++i)
        place.publish(history, set_of(i, 2000));
    CHECK(history.list().size() == 2);
}

TEST_CASE("the last good output survives, whole or not at all") {
    const Scratch scratch;
    const std::string state = scratch / "state";
    {
        auto last_good = publish::LastGood::open(state);
        REQUIRE(last_good.has_value());
        REQUIRE(last_good->read().has_value());
        CHECK_FALSE(last_good->read()->has_value());
        CHECK_FALSE(publish::LastGood::open(state).has_value());
        FileSet files = set_of(1);
        files.keys.push_back({"k.pem", "a key"});
        REQUIRE(last_good->write(files, nullptr, {1}).has_value());
        REQUIRE(last_good->write(set_of(2), nullptr, {2}).has_value());
        CHECK(files_in(state) == 3);  // the lock, the output, and its file
    }
    auto last_good = publish::LastGood::open(state);
    REQUIRE(last_good.has_value());
    const auto read = last_good->read();
    REQUIRE(read.has_value());
    REQUIRE(read->has_value());
    CHECK((*read)->generation == id_of(2));
    CHECK((*read)->files.front().bytes == set_of(2).files.front().bytes);
    CHECK((fs::status(state).permissions() & fs::perms::all) == fs::perms::owner_all);
    for (const auto& entry : fs::directory_iterator(state)) {
        if (entry.path().extension() == ".kept") std::ofstream(entry.path()) << "other";
    }
    CHECK_FALSE(last_good->read().has_value());
}

TEST_CASE("a substitute is kept and goes with the last good output") {
    const Scratch scratch;
    const std::string state = scratch / "state";
    auto last_good = publish::LastGood::open(state);
    REQUIRE(last_good.has_value());
    CHECK_FALSE(last_good->read_substitute().value().has_value());
    FileSet substitute = set_of(2);
    substitute.keys.push_back({"k.pem", "a key"});
    REQUIRE(last_good->write(set_of(1), &substitute, {1}).has_value());
    CHECK(last_good->read().value()->generation == id_of(1));
    const auto read = last_good->read_substitute();
    REQUIRE(read.has_value());
    REQUIRE(read->has_value());
    CHECK((*read)->generation == id_of(2));
    CHECK((*read)->files.front().bytes == substitute.files.front().bytes);
    CHECK((*read)->keys.front().bytes == "a key");
    REQUIRE(last_good->write(set_of(3), nullptr, {2}).has_value());
    CHECK(last_good->read().value()->generation == id_of(3));
    CHECK_FALSE(last_good->read_substitute().value().has_value());
    CHECK(files_in(state) == 3);  // the lock, the output, and its file
}

TEST_CASE("a directory for the last good output keeps its rights, and is not open to all") {
    const Scratch scratch;
    const std::string state = scratch / "state";
    fs::create_directory(state);
    fs::permissions(state, static_cast<fs::perms>(0755));
    const auto open_to_all = publish::LastGood::open(state);
    REQUIRE_FALSE(open_to_all.has_value());
    CHECK(open_to_all.error().kind == base::ErrorKind::Io);
    CHECK(open_to_all.error().text.find("chmod o= ") != std::string::npos);
    CHECK(fs::status(state).permissions() == static_cast<fs::perms>(0755));
    fs::permissions(state, static_cast<fs::perms>(0770));
    CHECK(publish::LastGood::open(state).has_value());
    CHECK(fs::status(state).permissions() == static_cast<fs::perms>(0770));
}

TEST_CASE("a lock that somebody looks at for a moment is waited for") {
    const Scratch scratch;
    const std::string out = scratch / "out";
    { const Place place(out); }
    const int looking = ::open((out + "/.gatefile/lock").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(looking >= 0);
    REQUIRE(::flock(looking, LOCK_SH | LOCK_NB) == 0);
    CHECK_FALSE(publish::DirectoryPublisher::open({.directory = out}).has_value());
    std::thread ending([looking] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ::close(looking);
    });
    const auto opened = publish::DirectoryPublisher::open({.directory = out});
    ending.join();
    CHECK(opened.has_value());
    CHECK(publish::is_locked(out).value());
}

TEST_CASE("one that takes another's place has its number") {
    const Scratch scratch;
    const std::string out = scratch / "out";
    Place place(out);
    History history({.directory = out, .keys = {}, .count = 3});
    place.publish(history, set_of(1));
    place.publish(history, set_of(2));
    history.mark_loaded(id_of(2));
    REQUIRE(place.publisher.publish(set_of(3), true).has_value());
    REQUIRE(history.replace(id_of(2), set_of(3), {}, {2000}).has_value());
    REQUIRE(history.list().size() == 2);
    CHECK(history.list()[1].number == 2);
    CHECK(history.list()[1].id == id_of(3));
    CHECK_FALSE(history.list()[1].loaded);
    CHECK(publish::list_generations(out).value() == history.list());
    CHECK(history.read(history.list()[1])->files[0].bytes == set_of(3).files[0].bytes);
    REQUIRE(history.replace(id_of(9), set_of(1), {}, {2000}).has_value());
    CHECK(history.list().size() == 2);
}

TEST_CASE("generations outlive their directory, with keys and numbers") {
    const Scratch scratch;
    const std::string out = scratch / "out";
    const std::string keys = scratch / "keys";
    const std::string state = scratch / "state";
    const publish::HistorySettings settings{.directory = out, .keys = keys, .count = 3};
    std::vector<Generation> before;
    {
        auto place = publish::Output::open({.directory = out},
                                           publish::DirectorySettings{.directory = keys});
        REQUIRE(place.has_value());
        History history(settings);
        for (int number = 1; number <= 5; ++number) {
            FileSet files = set_of(number);
            files.keys = {{"a.key", "key " + std::to_string(number)}};
            const auto report = place->publish(files, true);
            REQUIRE(report.has_value());
            REQUIRE(history.keep(files, report->hashes, {1000}).has_value());
            REQUIRE(publish::mirror_generations(settings, state).has_value());
        }
        history.mark_loaded(id_of(4));
        REQUIRE(publish::mirror_generations(settings, state).has_value());
        before = history.list();
    }
    CHECK(publish::list_generations(state).value() == before);
    CHECK(files_in(state + "/.gatefile/generations") == 3 * 3 + 1);
    fs::remove_all(out);
    fs::remove_all(keys);
    REQUIRE(publish::restore_generations(state, settings).has_value());
    const History history(settings);
    CHECK(history.list() == before);
    const auto last = history.read(history.list().back());
    REQUIRE(last.has_value());
    CHECK(last->keys.at(0).bytes == "key 5");
    // What is there already is newer.
    fs::remove_all(out + "/.gatefile/generations/3.meta");
    REQUIRE(publish::restore_generations(state, settings).has_value());
    CHECK(publish::list_generations(out)->size() == 2);
}

TEST_CASE("whose servers a generation has is kept with it, and goes with it") {
    const Scratch scratch;
    const std::string out = scratch / "out";
    const std::string state = scratch / "state";
    const publish::HistorySettings settings{.directory = out, .keys = {}, .count = 2};
    const std::string kept = out + "/.gatefile/generations/1.backends";
    FileSet files = set_of(1);
    files.backends = "a b\n";
    {
        Place place(out);
        History history(settings);
        place.publish(history, files);
        history.mark_loaded(id_of(1));
        files.backends = "a c\n";
        REQUIRE(history.replace(id_of(1), files, {}, {2000}).has_value());
        CHECK(history.list().at(0).loaded);
        REQUIRE(publish::mirror_generations(settings, state).has_value());
    }
    struct stat about {};
    REQUIRE(::stat(kept.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0600);
    fs::remove_all(out);
    REQUIRE(publish::restore_generations(state, settings).has_value());
    History history(settings);
    CHECK(history.read(history.list().at(0))->backends == "a c\n");
    CHECK(history.backends(history.list().at(0)) == "a c\n");
    std::ofstream(kept) << "a d\n";
    CHECK(history.read(history.list().at(0))->backends.empty());
    Place place(out);
    place.publish(history, set_of(2));
    place.publish(history, set_of(3));
    CHECK_FALSE(fs::exists(kept));
    CHECK(history.read(history.list().at(0))->backends.empty());
    REQUIRE(publish::mirror_generations(settings, state).has_value());
    CHECK_FALSE(fs::exists(state + "/.gatefile/generations/1.backends"));
}

TEST_CASE("what cannot be read is not taken for nothing") {
    if (::geteuid() == 0) return;  // nothing is closed to root
    const Scratch scratch;
    const std::string out = scratch / "out";
    {
        Place place(out);
        History history({.directory = out, .keys = {}, .count = 3});
        place.publish(history, set_of(1));
    }
    fs::permissions(out + "/.gatefile", fs::perms::none);
    CHECK_FALSE(publish::list_generations(out).has_value());
    CHECK_FALSE(publish::is_locked(out).has_value());
    fs::permissions(out + "/.gatefile", fs::perms::owner_all);
    CHECK_FALSE(publish::is_locked(out).value());
}

TEST_CASE("small files beside the record") {
    const Scratch scratch;
    const std::string out = scratch / "out";
    CHECK_FALSE(publish::read_beside(out, "hold")->has_value());
    REQUIRE(publish::write_beside(out, "hold", "text").has_value());
    CHECK(publish::read_beside(out, "hold")->value() == "text");
    REQUIRE(publish::remove_beside(out, "hold").has_value());
    REQUIRE(publish::remove_beside(out, "hold").has_value());
    CHECK_FALSE(publish::read_beside(out, "hold")->has_value());
}
