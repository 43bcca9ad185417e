// SPDX-License-Identifier: Apache-2.0
//
// One collection, or one object, of an API server: listed, then watched, as client-go's reflector
// does it (tools/cache/reflector.go): WatchList first, paged LIST where the server has none of it,
// bookmarks, 410 to a new list, back-off with jitter. In poll mode: listed again and again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "gatefile/source/api_server.hpp"
#include "gatefile/tree/node.hpp"
#include "resource.hpp"

namespace gatefile::source {

enum class WatchState : std::uint8_t {
    Starting,   ///< nothing is known yet
    Synced,     ///< the store is what the server has, give or take what is under way
    Missing,    ///< the server does not know the resource (404)
    Forbidden,  ///< we may not read it (403)
    Failing,    ///< no answer, or one that is of no use; it is tried again
};

struct WatchTarget {
    const Resource* resource = nullptr;
    std::string ns;    ///< empty: all namespaces, or cluster-scoped
    std::string name;  ///< empty: all objects
};

/// `put` and `remove` between `list_begins` and `list_ends` belong to a list, which replaces what
/// is there at its end; `list_begins` may come again before the end when a list broke off.
struct WatchHandlers {
    std::function<void()> list_begins;
    std::function<void()> list_ends;
    std::function<void(const tree::Node& object)> put;
    std::function<void(const tree::Node& object)> remove;
    /// After each change of state, and after each failure; `problem` is empty when synced.
    std::function<void(WatchState state, const std::string& problem)> state;
    /// The watch had to be started again: "ended", "expired", "silent", "error".
    std::function<void(std::string_view reason)> restarted;
};

class Watch {
public:
    using Clock = std::chrono::steady_clock;

    Watch(ApiServer& server,
          WatchTarget target,
          WatchHandlers handlers,
          std::optional<std::chrono::milliseconds> poll);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);

    WatchState state() const { return state_; }
    const std::string& problem() const { return problem_; }
    std::string_view version() const { return target_.resource->versions[version_]; }
    const WatchTarget& target() const { return target_; }
    Clock::time_point started() const { return started_; }

private:
    enum class Phase : std::uint8_t { Waiting, Listing, Watching };

    void begin();
    void list(std::string next_page);
    void take_page(const ApiAnswer& answer);
    void take_list_items(const tree::Node& items);
    void watch();
    void take_chunk(std::string_view bytes);
    void take_line(std::string_view line);
    void take_bookmark(const tree::Node& object);
    void take_error(const tree::Node& status);
    void watch_ended(const ApiAnswer& answer);
    void synced();
    void fail(const ApiAnswer& answer);
    void retry(std::string_view reason, std::chrono::milliseconds at_least = {});
    void restart(std::string_view reason);
    void enter(WatchState state, std::string problem);
    void stop_call();
    Action action(std::string_view verb) const;
    std::string selector() const;

    ApiServer& server_;
    WatchTarget target_;
    WatchHandlers handlers_;
    std::optional<std::chrono::milliseconds> poll_;

    WatchState state_ = WatchState::Starting;
    std::string problem_;
    Phase phase_ = Phase::Waiting;
    std::size_t version_ = 0;  ///< in resource->versions
    std::string resource_version_;
    bool in_list_ = false;
    bool can_watch_list_ = true;
    bool expired_in_stream_ = false;
    http::Client::Id call_ = 0;
    std::string line_;
    Clock::time_point started_ = Clock::now();
    Clock::time_point heard_;  ///< the last byte of a watch
    Clock::time_point call_began_;
    std::optional<Clock::time_point> next_ = Clock::time_point{};
    int failures_ = 0;
    std::minstd_rand random_;
};

}  // namespace gatefile::source
