// SPDX-License-Identifier: Apache-2.0
#include "redis_store.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "redis_connection.hpp"
#include "store_changes.hpp"

namespace gatefile::publish {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Keys in one command.
constexpr std::size_t batch = 500;
/// Keys that Traefik's client asks for in one step of its SCAN.
constexpr std::size_t traefik_step = 10;
constexpr milliseconds shortest_pause{250};
constexpr milliseconds longest_pause{60000};
/// A hash, which no MGET shows: with `notify-keyspace-events Kh` its change is the only event of a
/// publication.
constexpr std::string_view notice_key = "gatefile/notice";

class RedisStore : public Store {
public:
    explicit RedisStore(StoreSettings settings) : settings_(std::move(settings)) {}

    base::Result<StoreReport> publish(std::shared_ptr<const Pairs> wanted,
                                      const std::string& generation) override {
        auto report = try_publish(std::move(wanted), generation);
        // Whatever went wrong, what is there has to be read again.
        if (!report) forget();
        return report;
    }

    base::Result<std::string> generation() override {
        if (auto connected = connect(); !connected) return connected.error();
        auto answer = connection_->ask({"GET", full(generation_key)});
        if (!answer) {
            forget();
            return answer.error();
        }
        return std::string(text_of(**answer));
    }

    void stop() override {
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        stop_now_.notify_all();
    }

private:
    std::string full(std::string_view key) const {
        return fmt::format("{}/{}", settings_.root, key);
    }

    void forget() {
        connection_.reset();
        present_.reset();
    }

    base::Result<void> connect() {
        if (connection_) return {};
        auto opened = RedisConnection::open(settings_);
        if (!opened) return opened.error();
        connection_ = std::move(*opened);
        return {};
    }

    base::Result<StoreReport> try_publish(std::shared_ptr<const Pairs> wanted,
                                          const std::string& generation) {
        if (auto connected = connect(); !connected) return connected.error();
        if (auto watched = watch_generation(); !watched) return watched.error();
        if (!present_) {
            auto read = read_all();
            if (!read) return read.error();
            present_ = std::make_shared<const Pairs>(std::move(*read));
            if (!is_ours_) {
                if (auto claimed = claim(); !claimed) return claimed.error();
            }
        }
        const StoreChanges changes = find_changes(*present_, *wanted);
        if (!changes.added.empty()) {
            if (auto made = make_room(changes); !made) return made.error();
        }
        if (auto set = commit(changes, generation); !set) return set.error();
        present_ = std::move(wanted);
        held_ = generation;
        return StoreReport{changes.added.size() + changes.changed.size(), changes.removed.size()};
    }

    /// From here on nobody else may publish; if somebody did before, we know nothing.
    base::Result<void> watch_generation() {
        const std::string key = full(generation_key);
        if (auto watched = connection_->ask({"WATCH", key}); !watched) return watched.error();
        auto answer = connection_->ask({"GET", key});
        if (!answer) return answer.error();
        const std::string there(text_of(**answer));
        if (there != held_) present_.reset();
        is_ours_ = !is_nil(**answer);
        return {};
    }

    /// Whoever comes after a crash has to know that the keys are ours.
    base::Result<void> claim() {
        const std::string key = full(generation_key);
        queue({"UNWATCH"});
        queue({"SET", key, "none"});
        queue({"WATCH", key});
        return connection_->expect_ok(3);
    }

    base::Result<Pairs> read_all() {
        auto keys = scan();
        if (!keys) return keys.error();
        Pairs pairs;
        for (std::size_t first = 0; first < keys->size(); first += batch) {
            const std::size_t end = std::min(first + batch, keys->size());
            std::vector<std::string> names{"MGET"};
            for (std::size_t i = first; i < end; ++i)
                names.push_back(full((*keys)[i]));
            const std::vector<std::string_view> words(names.begin(), names.end());
            connection_->queue(words);
            auto values = connection_->answer();
            if (!values) return values.error();
            const auto items = items_of(**values);
            for (std::size_t i = 0; i < items.size() && first + i < end; ++i)
                pairs.emplace_back((*keys)[first + i], std::string(text_of(*items[i])));
        }
        return pairs;
    }

    /// Sorted, without the root.
    base::Result<std::vector<std::string>> scan() {
        std::set<std::string> found;
        const std::string pattern = settings_.root + "/*";
        std::string cursor = "0";
        do {
            auto answer =
                connection_->ask({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
            if (!answer) return answer.error();
            const auto parts = items_of(**answer);
            if (parts.size() != 2) return unexpected();
            cursor = text_of(*parts[0]);
            for (const redisReply* item : items_of(*parts[1])) {
                const std::string_view key = text_of(*item);
                if (key.size() <= settings_.root.size()) continue;
                const std::string_view below = key.substr(settings_.root.size() + 1);
                if (is_configuration(below)) found.emplace(below);
            }
        } while (cursor != "0");
        if (!is_ours_ && !found.empty()) return foreign_keys(settings_.root);
        return std::vector<std::string>(found.begin(), found.end());
    }

    static base::Error unexpected() {
        return {base::ErrorKind::Refused, "the answer is not Redis's"};
    }

    void queue(std::initializer_list<std::string_view> words) {
        connection_->queue(std::span(words.begin(), words.size()));
    }

    /// MSET of as many commands as it takes; how many.
    std::size_t queue_values(const std::vector<const std::pair<std::string, std::string>*>& pairs,
                             bool empty) {
        std::size_t commands = 0;
        for (std::size_t first = 0; first < pairs.size(); first += batch) {
            const std::size_t end = std::min(first + batch, pairs.size());
            std::vector<std::string> names;
            std::vector<std::string_view> words{"MSET"};
            names.reserve(end - first);
            for (std::size_t i = first; i < end; ++i) {
                names.push_back(full(pairs[i]->first));
                words.push_back(names.back());
                words.push_back(empty ? std::string_view() : pairs[i]->second);
            }
            connection_->queue(words);
            ++commands;
        }
        return commands;
    }

    base::Result<void> make_room(const StoreChanges& changes) {
        const std::size_t commands = queue_values(changes.added, true);
        if (auto done = connection_->expect_ok(commands); !done) return done;
        const auto pause = reading_time();
        if (!pause) return pause.error();
        std::unique_lock lock(mutex_);
        const bool stopped = stop_now_.wait_for(
            lock, std::clamp<microseconds>(*pause * 4, shortest_pause, longest_pause), [this] {
                return stopped_;
            });
        if (stopped) return base::Error{base::ErrorKind::Network, "stopped meanwhile"};
        return {};
    }

    /// How long a SCAN as Traefik does it takes from here.
    base::Result<microseconds> reading_time() {
        auto answer = connection_->ask({"DBSIZE"});
        if (!answer) return answer.error();
        const auto keys = size_in(**answer);
        const auto start = Clock::now();
        constexpr int rounds = 10;
        const std::string pattern = settings_.root + "/*";
        for (int i = 0; i < rounds; ++i) {
            if (auto scanned = connection_->ask({"SCAN", "0", "MATCH", pattern, "COUNT", "10"});
                !scanned)
                return scanned.error();
        }
        const auto step = std::chrono::duration_cast<microseconds>(Clock::now() - start) / rounds;
        return step * (static_cast<microseconds::rep>(keys / traefik_step) + 1);
    }

    base::Result<void> commit(const StoreChanges& changes, const std::string& generation) {
        const std::string marker = full(generation_key);
        queue({"MULTI"});
        std::size_t commands = 1;
        commands += queue_values(changes.added, false);
        commands += queue_values(changes.changed, false);
        for (std::size_t first = 0; first < changes.removed.size(); first += batch) {
            std::vector<std::string> names{"DEL"};
            for (std::size_t i = first; i < std::min(first + batch, changes.removed.size()); ++i)
                names.push_back(full(changes.removed[i]));
            const std::vector<std::string_view> words(names.begin(), names.end());
            connection_->queue(words);
            ++commands;
        }
        queue({"SET", marker, generation});
        queue({"HSET", full(notice_key), "generation", generation});
        commands += 2;
        queue({"EXEC"});
        const auto queued = connection_->expect_ok(commands);
        auto done = connection_->answer();
        if (!queued) return queued.error();
        if (!done) return done.error();
        if (is_nil(**done)) {
            return base::Error{base::ErrorKind::Refused,
                               "somebody else published there meanwhile; one agent for each root "
                               "key"};
        }
        return {};
    }

    StoreSettings settings_;
    std::optional<RedisConnection> connection_;
    /// What the store holds as far as we know; null: it has to be read.
    std::shared_ptr<const Pairs> present_;
    std::string held_;      ///< the generation of present_
    bool is_ours_ = false;  ///< there is a generation
    std::mutex mutex_;
    std::condition_variable stop_now_;
    bool stopped_ = false;
};

}  // namespace

base::Result<std::unique_ptr<Store>> make_redis_store(StoreSettings settings) {
    return std::unique_ptr<Store>(std::make_unique<RedisStore>(std::move(settings)));
}

}  // namespace gatefile::publish
