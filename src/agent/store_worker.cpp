// SPDX-License-Identifier: Apache-2.0
#include "store_worker.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Clock::duration shortest_retry = 500ms;
constexpr Clock::duration longest_retry = 10s;
/// A store that lost its data has them again after this long.
constexpr Clock::duration look_again = 5s;

}  // namespace

struct StoreWorker::State {
    std::unique_ptr<publish::Store> store;
    std::string name;
    const Log& log;
    Metrics& metrics;

    std::mutex mutex;
    std::condition_variable wake;
    bool stop = false;
    std::shared_ptr<const publish::Pairs> pairs;
    std::string generation;
    std::string complaint;  ///< written by the thread alone
    base::Timestamp complaint_since;

    // Of the thread alone.
    std::string published;  ///< empty: not known
    Clock::duration pause = shortest_retry;
    std::thread thread;

    void run();
    bool turn(const std::shared_ptr<const publish::Pairs>& wanted, const std::string& wanted_name);
    void complain(const base::Error& error);
};

void StoreWorker::State::run() {
    std::unique_lock lock(mutex);
    while (!stop) {
        if (!pairs) {
            wake.wait(lock);
            continue;
        }
        const auto wanted = pairs;
        const std::string wanted_name = generation;
        lock.unlock();
        const bool done = turn(wanted, wanted_name);
        lock.lock();
        const auto news = [&] { return stop || (done && generation != wanted_name); };
        wake.wait_for(lock, done ? look_again : pause, news);
    }
}

/// Whether the store is as it is wanted.
bool StoreWorker::State::turn(const std::shared_ptr<const publish::Pairs>& wanted,
                              const std::string& wanted_name) {
    if (published == wanted_name) {
        const auto there = store->generation();
        if (there && *there == published) return true;
        published.clear();
        if (!there) {
            complain(there.error());
            return false;
        }
        log.write(LogLevel::Warn, "store has lost the generation", {{"store", name}});
    }
    const auto start = Clock::now();
    const auto report = store->publish(wanted, wanted_name);
    if (!report) {
        complain(report.error());
        return false;
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    published = wanted_name;
    {
        const std::lock_guard lock(mutex);
        complaint.clear();
    }
    pause = shortest_retry;
    metrics.add(Metric::StorePublishTotal, {name, "published"});
    metrics.set(Metric::StorePublished, {name}, 1);
    log.write(LogLevel::Info,
              "published into the store",
              {{"store", name},
               {"generation", wanted_name.substr(0, 12)},
               {"set", std::to_string(report->put)},
               {"removed", std::to_string(report->removed)},
               {"after", fmt::format("{:.0f}ms", took.count() * 1000)}});
    return true;
}

void StoreWorker::State::complain(const base::Error& error) {
    const std::lock_guard lock(mutex);
    if (stop) return;
    metrics.add(Metric::StorePublishTotal, {name, "failed"});
    metrics.set(Metric::StorePublished, {name}, 0);
    pause = complaint.empty() ? shortest_retry : std::min(pause * 2, longest_retry);
    if (error.text == complaint) return;
    if (complaint.empty()) complaint_since = base::wall_clock();
    complaint = error.text;
    log.write(LogLevel::Error,
              "not published into the store; what it holds stays",
              {{"store", name}, {"error", error.text}});
}

StoreWorker::StoreWorker(std::unique_ptr<publish::Store> store,
                         std::string name,
                         const Log& log,
                         Metrics& metrics)
    : state_(new State{.store = std::move(store), .name = std::move(name), .log = log,
                       .metrics = metrics}) {
    metrics.set(Metric::StorePublished, {state_->name}, 0);
    // Threads inherit the mask: signals are the loop's.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    state_->thread = std::thread([state = state_.get()] { state->run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

StoreWorker::~StoreWorker() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stop = true;
    }
    state_->store->stop();
    state_->wake.notify_all();
    state_->thread.join();
}

std::optional<StoreTrouble> StoreWorker::trouble() const {
    const std::lock_guard lock(state_->mutex);
    if (state_->complaint.empty()) return std::nullopt;
    return StoreTrouble{state_->name, state_->complaint, state_->complaint_since};
}

void StoreWorker::give(std::shared_ptr<const publish::Pairs> pairs, std::string generation) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->pairs = std::move(pairs);
        state_->generation = std::move(generation);
    }
    state_->wake.notify_all();
}

}  // namespace gatefile::agent
