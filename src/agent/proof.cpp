// SPDX-License-Identifier: Apache-2.0
#include "proof.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/probe/traefik_api.hpp"

namespace gatefile::agent {

void Proof::expect(std::string generation) {
    if (!settings_.traefik_api) return;
    generation_ = std::move(generation);
    published_ = Clock::now();
    due_ = published_;
}

std::optional<Proof::Clock::time_point> Proof::due() const {
    return due_;
}

void Proof::look() {
    const bool plugin = settings_.translate.render.format == traefik::Format::Plugin;
    const auto loaded = probe::loaded_generation(
        *settings_.traefik_api,
        plugin ? "plugin-" + settings_.translate.static_config.plugin_name : "file");
    const auto waited =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - published_);
    if (loaded && *loaded == generation_) {
        log_.write(LogLevel::Info,
                   "Traefik serves the generation",
                   {{"generation", generation_.substr(0, 12)},
                    {"after", fmt::format("{}ms", waited.count())}});
        due_.reset();
        return;
    }
    if (waited >= settings_.load_timeout) {
        log_.write(LogLevel::Error,
                   "Traefik has not loaded the generation; look for \"Cannot start the provider\" "
                   "or \"Error occurred during configuration\" in its log",
                   {{"generation", generation_.substr(0, 12)},
                    {"error", loaded ? "another generation is loaded" : loaded.error().text}});
        due_.reset();
        return;
    }
    // A young publication is asked about often, an old one seldom.
    due_ = Clock::now() +
           std::clamp(waited / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(1000));
}

}  // namespace gatefile::agent
