// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "live.hpp"

namespace gatefile::source {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds first_retry{500};
constexpr milliseconds longest_retry{10000};
/// An API server sends a bookmark a minute; a connection that is silent for longer is dead, or what
/// is between does not pass on what comes.
constexpr auto longest_silence = 75s;
constexpr auto first_answer = 20s;
constexpr auto soon_enough = 1s;
constexpr int page_size = 500;
/// Of one event; an object is at most 1.5 MB in etcd.
constexpr std::size_t longest_line = 16u << 20;

std::string_view text_at(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.is_map() ? node.find(key) : nullptr;
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

std::string_view metadata_text(const tree::Node& object, std::string_view key) {
    const tree::Node* metadata = object.is_map() ? object.find("metadata") : nullptr;
    return metadata != nullptr ? text_at(*metadata, key) : std::string_view();
}

std::string unreadable(std::string_view what, const base::Result<tree::Document>& read) {
    const std::string why = read ? "" : fmt::format(" ({})", read.error().text);
    return fmt::format("what the API server sends is {}{}", what, why);
}

/// Page tokens are base64url or base64.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace

Watch::Watch(ApiServer& server,
             WatchTarget target,
             WatchHandlers handlers,
             std::optional<milliseconds> poll)
    : server_(server), target_(std::move(target)), handlers_(std::move(handlers)), poll_(poll),
      random_(std::random_device{}()) {}

Watch::~Watch() {
    stop_call();
}

std::optional<Watch::Clock::time_point> Watch::due() const {
    switch (phase_) {
    case Phase::Waiting:
        return next_;
    case Phase::Listing:
        return std::nullopt;
    case Phase::Watching:
        if (in_list_) return call_began_ + first_answer;
        return state_ == WatchState::Synced ? heard_ + longest_silence : call_began_ + soon_enough;
    }
    return std::nullopt;
}

void Watch::turn(Clock::time_point now) {
    const auto at = due();
    if (!at || *at > now) return;
    switch (phase_) {
    case Phase::Waiting:
        begin();
        return;
    case Phase::Listing:
        return;
    case Phase::Watching:
        if (!in_list_ && state_ != WatchState::Synced) {
            // A watch that goes on where it was and was not refused until now.
            failures_ = 0;
            enter(WatchState::Synced, {});
            return;
        }
        stop_call();
        // Something between us and the server may not know what a WatchList is.
        if (in_list_) can_watch_list_ = false;
        // A server that was set up anew says nothing about versions that it has not reached.
        resource_version_.clear();
        retry("silent");
    }
}

void Watch::begin() {
    next_.reset();
    if (poll_ || (resource_version_.empty() && !can_watch_list_)) {
        list({});
    } else {
        watch();
    }
}

Action Watch::action(std::string_view verb) const {
    return {.verb = std::string(verb),
            .group = std::string(target_.resource->group),
            .resource = std::string(target_.resource->plural),
            .ns = target_.ns,
            .name = target_.name};
}

std::string Watch::selector() const {
    return target_.name.empty() ? "" : "&fieldSelector=metadata.name%3D" + target_.name;
}

// ---- Lists ----

void Watch::list(std::string next_page) {
    phase_ = Phase::Listing;
    if (next_page.empty()) {
        in_list_ = true;
        handlers_.list_begins();
    }
    std::string path = path_of(*target_.resource, version(), target_.ns, {}) +
                       fmt::format("?limit={}", page_size) + selector();
    if (!next_page.empty()) path += "&continue=" + escaped(next_page);
    call_ = server_.call({.action = action("list"), .path = std::move(path)},
                         [this](const ApiAnswer& answer) {
                             call_ = 0;
                             take_page(answer);
                         });
}

void Watch::take_page(const ApiAnswer& answer) {
    if (!answer.ok()) {
        fail(answer);
        return;
    }
    const auto document = read_body(answer.body);
    const tree::Node* items =
        document && document->root.is_map() ? document->root.find("items") : nullptr;
    if (items == nullptr) {
        fail({.problem = unreadable("no list of objects", document)});
        return;
    }
    if (items->is_list()) take_list_items(*items);
    const std::string_view next_page = metadata_text(document->root, "continue");
    if (!next_page.empty()) {
        list(std::string(next_page));
        return;
    }
    resource_version_ = metadata_text(document->root, "resourceVersion");
    handlers_.list_ends();
    synced();
    if (poll_) {
        phase_ = Phase::Waiting;
        next_ = Clock::now() + *poll_;
    } else {
        watch();
    }
}

void Watch::take_list_items(const tree::Node& items) {
    for (const tree::Node& item : items.items())
        handlers_.put(item);
}

// ---- Watches ----

void Watch::watch() {
    phase_ = Phase::Watching;
    line_.clear();
    expired_in_stream_ = false;
    const int seconds = 300 + static_cast<int>(random_() % 300);
    std::string path = path_of(*target_.resource, version(), target_.ns, {}) +
                       fmt::format("?watch=1&allowWatchBookmarks=true&timeoutSeconds={}", seconds) +
                       selector();
    in_list_ = resource_version_.empty();
    if (in_list_) {
        path += "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
        handlers_.list_begins();
    } else {
        path += "&resourceVersion=" + escaped(resource_version_);
    }
    call_began_ = heard_ = Clock::now();
    call_ = server_.call(
        {.action = action("watch"), .path = std::move(path), .timeout = milliseconds{0}},
        [this](const ApiAnswer& answer) {
            call_ = 0;
            watch_ended(answer);
        },
        [this](std::string_view bytes) { take_chunk(bytes); });
}

void Watch::take_chunk(std::string_view bytes) {
    heard_ = Clock::now();
    if (in_list_) call_began_ = heard_;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        if (end == std::string_view::npos) {
            if (line_.size() + bytes.size() <= longest_line) line_ += bytes;
            return;
        }
        const http::Client::Id call = call_;
        if (line_.empty()) {
            take_line(bytes.substr(0, end));
        } else {
            line_ += bytes.substr(0, end);
            const std::string line = std::exchange(line_, {});
            take_line(line);
        }
        if (call_ != call) return;  // the line ended this watch
        bytes.remove_prefix(end + 1);
    }
}

void Watch::take_line(std::string_view line) {
    if (line.empty()) return;
    const auto event = read_body(line);
    const tree::Node* object = event && event->root.is_map() ? event->root.find("object") : nullptr;
    if (object == nullptr || !object->is_map()) {
        // Which object it is about cannot be told, so all are listed anew.
        stop_call();
        resource_version_.clear();
        fail({.problem = unreadable("no event", event)});
        return;
    }
    const std::string_view type = text_at(event->root, "type");
    if (type == "ERROR") {
        take_error(*object);
        return;
    }
    if (type == "BOOKMARK") {
        take_bookmark(*object);
        return;
    }
    if (!in_list_) resource_version_ = metadata_text(*object, "resourceVersion");
    if (type == "ADDED" || type == "MODIFIED") handlers_.put(*object);
    if (type == "DELETED") handlers_.remove(*object);
}

void Watch::take_bookmark(const tree::Node& object) {
    const tree::Node* metadata = object.find("metadata");
    const tree::Node* annotations =
        metadata != nullptr && metadata->is_map() ? metadata->find("annotations") : nullptr;
    const bool ends_list =
        annotations != nullptr && text_at(*annotations, "k8s.io/initial-events-end") == "true";
    if (in_list_ && !ends_list) return;
    resource_version_ = metadata_text(object, "resourceVersion");
    if (!in_list_) return;
    handlers_.list_ends();
    synced();
}

/// A Status in the stream; the server ends the stream after it.
void Watch::take_error(const tree::Node& status) {
    const tree::Node* code = status.find("code");
    if (code != nullptr && code->is_int() && code->as_int() == 410) {
        resource_version_.clear();
        expired_in_stream_ = true;
    }
}

void Watch::watch_ended(const ApiAnswer& answer) {
    const bool quick = Clock::now() - call_began_ < 1s;
    // What failed before this one says nothing about what comes next.
    if (!in_list_ && !quick && (answer.ok() || heard_ > call_began_)) failures_ = 0;
    if (answer.status == 410) resource_version_.clear();
    if (answer.status == 410 || expired_in_stream_) {
        restart("expired");
        return;
    }
    if (in_list_ && (answer.status == 400 || answer.status == 422)) {
        can_watch_list_ = false;
        begin();
        return;
    }
    if (answer.ok() && !in_list_) {
        if (quick) {
            retry("ended");
        } else {
            restart("ended");
        }
        return;
    }
    fail(answer);
}

void Watch::synced() {
    in_list_ = false;
    failures_ = 0;
    enter(WatchState::Synced, {});
}

// ---- What goes wrong ----

void Watch::fail(const ApiAnswer& answer) {
    const std::string problem =
        answer.problem.empty() ? "the API server broke off" : answer.problem;
    if (answer.status == 404) {
        // Perhaps it is served in another version.
        version_ = (version_ + 1) % target_.resource->versions.size();
        resource_version_.clear();
        enter(WatchState::Missing, problem);
    } else if (answer.status == 403) {
        resource_version_.clear();
        enter(WatchState::Forbidden, problem);
    } else {
        // What answers next may be another server, with versions of its own.
        const bool went_away = answer.status >= 500 || answer.failure == http::Failure::Unreachable;
        if (went_away) resource_version_.clear();
        enter(WatchState::Failing, problem);
    }
    const bool other_version = answer.status == 404 && version_ != 0;
    const auto wanted = answer.retry_after ? milliseconds(*answer.retry_after) : milliseconds{0};
    if (other_version && failures_ == 0) {
        begin();
        ++failures_;
        return;
    }
    retry("error", std::min(wanted, milliseconds(60000)));
}

/// Again after a while that grows, from where we are.
void Watch::retry(std::string_view reason, milliseconds at_least) {
    handlers_.restarted(reason);
    phase_ = Phase::Waiting;
    const auto grown = std::min(longest_retry, first_retry * (1 << std::min(failures_, 8)));
    ++failures_;
    const milliseconds jitter(
        static_cast<milliseconds::rep>(random_() % static_cast<unsigned>(grown.count())));
    next_ = Clock::now() + std::max(at_least, grown / 2 + jitter / 2);
}

void Watch::restart(std::string_view reason) {
    handlers_.restarted(reason);
    begin();
}

void Watch::enter(WatchState state, std::string problem) {
    const bool is_news = state != state_ || problem != problem_;
    state_ = state;
    problem_ = std::move(problem);
    if (is_news) handlers_.state(state_, problem_);
}

void Watch::stop_call() {
    if (call_ != 0) server_.cancel(std::exchange(call_, 0));
}

}  // namespace gatefile::source
