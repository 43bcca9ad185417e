// SPDX-License-Identifier: Apache-2.0
#include "guarded_store.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "http_session.hpp"
#include "steps.hpp"
#include "store_changes.hpp"

namespace gatefile::publish {

namespace {

/// The generation while there is no whole one.
constexpr std::string_view no_generation = "none";

std::size_t count(const std::vector<std::vector<Op>>& steps, bool puts) {
    std::size_t found = 0;
    for (const auto& step : steps)
        found += static_cast<std::size_t>(std::ranges::count_if(
            step, [puts](const Op& op) { return (op.kind == Op::Kind::Put) == puts; }));
    return found;
}

class GuardedStore : public Store {
public:
    GuardedStore(StoreSettings settings, MakeServer make)
        : settings_(std::move(settings)), make_(make) {}

    base::Result<StoreReport> publish(std::shared_ptr<const Pairs> wanted,
                                      const std::string& generation) override {
        auto report = try_publish(std::move(wanted), generation);
        // Whatever went wrong, what is there has to be read again.
        if (!report) forget();
        return report;
    }

    base::Result<std::string> generation() override {
        if (auto connected = connect(); !connected) return connected.error();
        auto value = server_->read(full(generation_key));
        if (!value) {
            forget();
            return value.error();
        }
        return std::move(value->bytes);
    }

    void stop() override { stopped_ = true; }

private:
    std::string full(std::string_view key) const {
        return fmt::format("{}/{}", settings_.root, key);
    }

    void forget() {
        server_.reset();
        session_.reset();
        present_.reset();
    }

    base::Result<void> connect() {
        if (server_) return {};
        auto session = HttpSession::open(settings_, stopped_);
        if (!session) return session.error();
        session_ = std::make_unique<HttpSession>(std::move(*session));
        auto server = make_(settings_, *session_);
        if (!server) return server.error();
        server_ = std::move(*server);
        return {};
    }

    base::Result<StoreReport> try_publish(std::shared_ptr<const Pairs> wanted,
                                          const std::string& generation) {
        if (auto connected = connect(); !connected) return connected.error();
        auto there = server_->read(full(generation_key));
        if (!there) return there.error();
        if (!present_ || there->version != version_) {
            if (auto known = read_all(there->version); !known) return known.error();
        }
        Steps steps = plan_steps(settings_.root, *present_, *wanted, *server_);
        const StoreReport report{
            count(steps.before, true) + count(steps.change, true),
            count(steps.change, false) + count(steps.after, false)};
        if (report.put + report.removed == 0 && !is_holding_ && there->bytes == generation)
            return report;
        if (auto done = carry_out(steps, generation); !done) return done.error();
        present_ = std::move(wanted);
        return report;
    }

    /// What is there when the generation has this version.
    base::Result<void> read_all(Version version) {
        auto found = server_->read_below(settings_.root + "/");
        if (!found) return found.error();
        std::erase_if(*found, [](const auto& pair) { return !is_configuration(pair.first); });
        // Without a generation nothing below the root can be ours.
        if (version == 0 && !found->empty()) return foreign_keys(settings_.root);
        is_holding_ =
            std::erase_if(*found, [](const auto& pair) { return pair.first == hold_key; }) > 0;
        present_ = std::make_shared<const Pairs>(std::move(*found));
        version_ = version;
        return {};
    }

    base::Result<void> carry_out(Steps& steps, const std::string& generation) {
        const bool is_large = steps.change.size() > 1;
        if (is_large) {
            // Held off they see nothing of it anyway, and nobody is woken for it.
            std::ranges::move(steps.change, std::back_inserter(steps.before));
            std::ranges::move(steps.after, std::back_inserter(steps.before));
            steps.change.clear();
            steps.after.clear();
        }
        if (auto begun = begin(is_large, !steps.before.empty()); !begun) return begun;
        for (const auto& step : steps.before) {
            if (auto done = apply(step, std::nullopt); !done) return done;
        }
        if (steps.change.empty()) steps.change.emplace_back();
        if (is_holding_) steps.change.front().push_back({Op::Kind::Remove, full(hold_key), {}});
        if (auto done = apply(steps.change.front(), generation); !done) return done;
        is_holding_ = false;
        for (const auto& step : steps.after) {
            if (auto done = apply(step, std::nullopt); !done) return done;
        }
        return {};
    }

    /// Whoever comes after a crash has to know that the keys are ours, and not whole.
    base::Result<void> begin(bool hold, bool in_steps) {
        if (!hold && (!in_steps || version_ != 0)) return {};
        std::vector<Op> ops;
        if (hold) ops.push_back({Op::Kind::Put, full(hold_key), hold_value});
        auto done = apply(ops, no_generation);
        is_holding_ = is_holding_ || (done && hold);
        return done;
    }

    base::Result<void> apply(const std::vector<Op>& ops, std::optional<std::string_view> value) {
        auto version = server_->apply({full(generation_key), version_, value}, ops);
        if (!version) return version.error();
        if (!*version) {
            return base::Error{base::ErrorKind::Refused,
                               "somebody else published there meanwhile; one agent for each root "
                               "key"};
        }
        version_ = **version;
        return {};
    }

    StoreSettings settings_;
    MakeServer make_;
    std::atomic<bool> stopped_ = false;
    std::unique_ptr<HttpSession> session_;
    std::unique_ptr<StoreServer> server_;  ///< null: not connected
    /// What the store holds as far as we know, but hold_key; null: it has to be read.
    std::shared_ptr<const Pairs> present_;
    Version version_ = 0;      ///< of the generation, with present_
    bool is_holding_ = false;  ///< hold_key is there
};

}  // namespace

std::unique_ptr<Store> make_guarded_store(StoreSettings settings, MakeServer make) {
    return std::make_unique<GuardedStore>(std::move(settings), make);
}

}  // namespace gatefile::publish
