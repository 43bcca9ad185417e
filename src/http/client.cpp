// SPDX-License-Identifier: Apache-2.0
#include "gatefile/http/client.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <system_error>

#include "easy_handle.hpp"
#include "gatefile/base/unique_fd.hpp"
#include "transfer.hpp"

namespace gatefile::http {

namespace {

/// Connections that are kept without a call on them.
constexpr std::size_t idle_connections = 16;
/// How often turn() asks again before it lets the caller's loop see to others.
constexpr int rounds_per_turn = 16;

struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

}  // namespace

struct Client::State {
    using TransferPtr = std::shared_ptr<Transfer>;

    base::UniqueFd epoll;
    std::map<Id, TransferPtr> transfers;
    /// Calls that could not be prepared; they fail in the next turn(), as all do.
    std::vector<std::pair<Id, CallError>> stillborn;
    std::optional<std::chrono::steady_clock::time_point> timer;
    Id last_id = 0;
    std::unique_ptr<CURLM, MultiDeleter> multi;  ///< last: its end still calls back

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        for (const auto& [id, transfer] : transfers)
            detach(*transfer);
    }

    void detach(const Transfer& transfer) const {
        if (transfer.easy() != nullptr) curl_multi_remove_handle(multi.get(), transfer.easy());
    }
    void follow(curl_socket_t socket, int what) const;
    void set_timer(long milliseconds);
    bool take_events();
    bool take_timer();
    void hand_over();
    void finish_ended();
    void fail_stillborn();

    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
        static_cast<State*>(self)->follow(socket, what);
        return 0;
    }
    static int on_timer(CURLM*, long milliseconds, void* self) {
        static_cast<State*>(self)->set_timer(milliseconds);
        return 0;
    }
};

void Client::State::follow(curl_socket_t socket, int what) const {
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll.get(), EPOLL_CTL_DEL, socket, nullptr);
        return;
    }
    epoll_event event{};
    event.data.fd = socket;
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_MOD, socket, &event) != 0) {
        epoll_ctl(epoll.get(), EPOLL_CTL_ADD, socket, &event);
    }
}

void Client::State::set_timer(long milliseconds) {
    timer.reset();
    if (milliseconds >= 0) {
        timer = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    }
}

bool Client::State::take_events() {
    std::array<epoll_event, 64> events{};
    const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        int what = 0;
        if ((event.events & (EPOLLIN | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN;
        if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
        if ((event.events & EPOLLERR) != 0) what |= CURL_CSELECT_ERR;
        int running = 0;
        curl_multi_socket_action(multi.get(), event.data.fd, what, &running);
    }
    return count > 0;
}

bool Client::State::take_timer() {
    if (!timer || *timer > std::chrono::steady_clock::now()) return false;
    timer.reset();
    int running = 0;
    curl_multi_socket_action(multi.get(), CURL_SOCKET_TIMEOUT, 0, &running);
    return true;
}

void Client::State::hand_over() {
    // By id, because a handler may start and cancel any call, itself too.
    for (auto next = transfers.begin(); next != transfers.end();) {
        const TransferPtr transfer = next->second;
        if (!transfer->has_chunk()) {
            ++next;
            continue;
        }
        transfer->deliver_chunk();
        next = transfers.upper_bound(transfer->id());
    }
}

void Client::State::finish_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        Transfer* ended = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
        // Stays in the map until the last of its bytes were delivered, so that it can be cancelled.
        const TransferPtr transfer = transfers.at(ended->id());
        detach(*transfer);
        transfer->deliver_chunk();
        if (transfers.erase(transfer->id()) != 0) transfer->finish(code);
    }
}

void Client::State::fail_stillborn() {
    for (auto& [id, error] : std::exchange(stillborn, {})) {
        const auto found = transfers.find(id);
        if (found == transfers.end()) continue;
        const TransferPtr transfer = found->second;
        transfers.erase(found);
        transfer->fail(std::move(error));
    }
}

base::Result<Client> Client::open() {
    auto state = std::make_unique<State>();
    if (start_libcurl()) state->multi.reset(curl_multi_init());
    if (!state->multi) {
        return base::Error{base::ErrorKind::Unsupported, "libcurl could not be started"};
    }
    state->epoll = base::UniqueFd(epoll_create1(EPOLL_CLOEXEC));
    if (!state->epoll) {
        return base::Error{base::ErrorKind::Io,
                           "epoll_create1: " + std::generic_category().message(errno)};
    }
    CURLM* const multi = state->multi.get();
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, State::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, state.get());
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, State::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, state.get());
    return Client(std::move(state));
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Client::Id Client::start(Call call, Done done, Chunk chunk) {
    const Id id = ++state_->last_id;
    auto transfer =
        std::make_shared<Transfer>(id, std::move(call), std::move(done), std::move(chunk));
    state_->transfers.emplace(id, transfer);
    auto error = transfer->prepare();
    if (!error) {
        // libcurl counts connections in use, too.
        curl_multi_setopt(state_->multi.get(),
                          CURLMOPT_MAXCONNECTS,
                          static_cast<long>(state_->transfers.size() + idle_connections));
        const CURLMcode code = curl_multi_add_handle(state_->multi.get(), transfer->easy());
        if (code != CURLM_OK) error = CallError{Failure::Broken, curl_multi_strerror(code)};
    }
    if (error) state_->stillborn.emplace_back(id, *std::move(error));
    return id;
}

void Client::cancel(Id id) {
    const auto found = state_->transfers.find(id);
    if (found == state_->transfers.end()) return;
    // Its handler may be what calls us; turn() keeps it alive until it returns.
    const State::TransferPtr transfer = std::move(found->second);
    state_->transfers.erase(found);
    transfer->silence();
    state_->detach(*transfer);
}

int Client::fd() const {
    return state_->epoll.get();
}

std::optional<std::chrono::steady_clock::time_point> Client::due() const {
    if (!state_->stillborn.empty()) return std::chrono::steady_clock::now();
    return state_->timer;
}

void Client::turn() {
    State& state = *state_;
    for (int round = 0; round < rounds_per_turn; ++round) {
        const bool read = state.take_events();
        const bool timed = state.take_timer();
        state.hand_over();
        state.finish_ended();
        state.fail_stillborn();
        if (!read && !timed) break;
    }
}

}  // namespace gatefile::http
