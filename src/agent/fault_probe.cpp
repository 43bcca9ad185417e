// SPDX-License-Identifier: Apache-2.0
#include "fault_probe.hpp"

#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/probe/traefik_api.hpp"
#include "gatefile/traefik/origin.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

/// Of what one object is told; Traefik repeats itself for each router.
constexpr std::size_t longest_text = 2000;

/// As many as anybody reads.
constexpr std::size_t most_shared = 50;

/// Traefik's words for it: entryPoint "web" doesn't exist.
std::optional<std::string> missing_entry_point(std::string_view error) {
    constexpr std::string_view before = "entryPoint \"";
    constexpr std::string_view after = "\" doesn't exist";
    const std::size_t begin = error.find(before);
    const std::size_t end = error.rfind(after);
    if (begin == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
    const std::size_t first = begin + before.size();
    if (end < first) return std::nullopt;
    return std::string(error.substr(first, end - first));
}

void add_text(std::string& all, const std::string& text) {
    if (all.find(text) != std::string::npos || all.size() > longest_text) return;
    all += all.empty() ? text : "; " + text;
}

}  // namespace

FaultProbe::~FaultProbe() {
    if (call_ != 0) client_.cancel(call_);
}

void FaultProbe::look() {
    if (!settings_.traefik_api) return;
    if (call_ != 0) client_.cancel(std::exchange(call_, 0));
    found_.clear();
    found_shared_.clear();
    found_missing_.clear();
    ask_overview();
}

void FaultProbe::get(std::string url, http::Done done) {
    call_ = client_.start(
        {.url = *settings_.traefik_api + std::move(url), .connect_timeout = 2s, .timeout = 10s},
        [this, done = std::move(done)](http::Answer answer) {
            call_ = 0;
            if (!answer.error) done(std::move(answer));
        });
}

void FaultProbe::ask_overview() {
    get("/api/overview", [this](const http::Answer& answer) {
        const auto any = probe::has_faults(answer.response);
        if (!any) return;
        if (*any) {
            ask_list(0);
        } else {
            finish();
        }
    });
}

void FaultProbe::ask_list(std::size_t path) {
    if (path == probe::fault_paths().size()) {
        finish();
        return;
    }
    get(std::string(probe::fault_paths()[path]), [this, path](const http::Answer& answer) {
        if (const auto faults = probe::faults_in(answer.response, settings_.provider)) {
            for (const probe::Fault& fault : *faults) {
                for (const std::string& error : fault.errors)
                    note(fault.name, error);
            }
        }
        ask_list(path + 1);
    });
}

void FaultProbe::note(const std::string& name, const std::string& error) {
    const auto origin = traefik::origin_of(name);
    const std::string text =
        fmt::format("Traefik says of {}: {}",
                    origin && origin->rule ? fmt::format("rule {}", *origin->rule) : name,
                    base::quote_for_message(error, 400));
    if (said_.size() < 1000 && said_.insert(name + " " + error).second) {
        log_.write(LogLevel::Error,
                   "Traefik refuses a part of what it has loaded",
                   {{"code", "traefik-refused"},
                    {"object", origin ? origin->object.text() : ""},
                    {"name", name},
                    {"error", error}});
    }
    const auto entry_point = missing_entry_point(error);
    if (entry_point) found_missing_.insert(*entry_point);
    if (origin) {
        add_text(found_[origin->object], text);
    } else if (!entry_point &&
               (found_shared_.contains(name) || found_shared_.size() < most_shared)) {
        add_text(found_shared_[name], text);
    }
}

void FaultProbe::finish() {
    if (found_.empty() && found_shared_.empty()) said_.clear();
    if (found_ == faults_ && found_shared_ == shared_ && found_missing_ == missing_) return;
    missing_ = std::move(found_missing_);
    found_missing_.clear();
    faults_ = std::move(found_);
    found_.clear();
    shared_ = std::move(found_shared_);
    found_shared_.clear();
    changed_ = true;
}

}  // namespace gatefile::agent
