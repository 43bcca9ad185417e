// SPDX-License-Identifier: Apache-2.0
#include "targets.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/publish/store.hpp"
#include "store_worker.hpp"

namespace gatefile::agent {

std::optional<std::string> marked_generation(std::string_view bytes) {
    constexpr std::string_view mark = "X-Gatefile-Generation";
    constexpr std::size_t digits = 64;
    const std::size_t at = bytes.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    bytes.remove_prefix(at + mark.size());
    bytes.remove_prefix(std::min(bytes.find_first_not_of("\": ="), bytes.size()));
    const std::string_view found = bytes.substr(0, digits);
    const bool whole = found.size() == digits &&
                       found.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return whole ? std::optional<std::string>(found) : std::nullopt;
}

struct Targets::State {
    Publication publication;
    std::vector<PublicationServer> servers;
    std::vector<std::unique_ptr<StoreWorker>> stores;
    std::vector<std::string> losses;
    std::string generation;
};

Targets::Targets(std::unique_ptr<State> state) : state_(std::move(state)) {}
Targets::Targets(Targets&&) noexcept = default;
Targets& Targets::operator=(Targets&&) noexcept = default;
Targets::~Targets() = default;

base::Result<Targets> Targets::open(const AgentSettings& settings,
                                    std::vector<publish::File> found,
                                    const Log& log,
                                    Metrics& metrics) {
    auto state = std::make_unique<State>();
    if (!settings.http_targets.empty() && found.size() == 1) {
        std::string generation = marked_generation(found.front().bytes)
                                     .value_or(base::sha256_hex(found.front().bytes));
        state->publication.show(
            std::make_shared<const std::string>(std::move(found.front().bytes)),
            std::move(generation));
    }
    for (const HttpTarget& target : settings.http_targets) {
        auto server = PublicationServer::open(state->publication, target, log);
        if (!server) return server.error().within("--publish");
        log.write(LogLevel::Info,
                  "publishing for Traefik's HTTP provider",
                  {{"address", target.address}, {"path", target.path}});
        state->servers.push_back(std::move(*server));
    }
    for (const publish::StoreSettings& store : settings.stores) {
        auto made = publish::make_store(store);
        if (!made) return made.error().within("--publish");
        const std::string name =
            fmt::format("{}={}/{}", publish::store_name(store.kind), store.address, store.root);
        log.write(LogLevel::Info, "publishing into a store", {{"store", name}});
        state->stores.push_back(
            std::make_unique<StoreWorker>(std::move(*made), name, log, metrics));
    }
    return Targets(std::move(state));
}

StoresState Targets::state() const {
    StoresState found;
    for (const auto& store : state_->stores) {
        if (auto trouble = store->trouble()) found.troubles.push_back(std::move(*trouble));
    }
    found.losses = state_->losses;
    return found;
}

bool Targets::turn(std::chrono::steady_clock::time_point now) {
    bool changed = false;
    for (PublicationServer& server : state_->servers)
        changed = server.turn(now) || changed;
    return changed;
}

std::vector<ShownCertificate> Targets::certificates() const {
    std::vector<ShownCertificate> found;
    for (const PublicationServer& server : state_->servers) {
        const ShownCertificate& shown = server.certificate();
        const bool is_known = std::ranges::find(found, shown.file, &ShownCertificate::file) !=
                              found.end();
        if (!shown.file.empty() && !is_known) found.push_back(shown);
    }
    return found;
}

void Targets::publish(publish::FileSet& files) {
    State& state = *state_;
    if (files.generation == state.generation) return;
    state.generation = files.generation;
    if (!state.servers.empty() && !files.files.empty()) {
        state.publication.show(
            std::make_shared<const std::string>(files.files.front().bytes),
            files.generation);
    }
    state.losses = files.refused;
    if (!state.stores.empty()) {
        const auto pairs = std::make_shared<const publish::Pairs>(std::move(files.pairs));
        for (const auto& store : state.stores)
            store->give(pairs, files.generation);
    }
}

}  // namespace gatefile::agent
