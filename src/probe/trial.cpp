// SPDX-License-Identifier: Apache-2.0
#include "gatefile/probe/trial.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/probe/traefik_api.hpp"
#include "gatefile/tree/read.hpp"
#include "trial_process.hpp"

namespace gatefile::probe {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// A middleware in a file of ours: it is loaded when the copy is.
constexpr std::string_view mark = "gatefile-trial-mark";

std::string whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

base::Result<void> write(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (file) return {};
    return base::Error{base::ErrorKind::Io, "writing " + path};
}

/// Entry points by name on free ports of loopback.
std::string static_yaml(const TrialSettings& settings, const std::string& folder, int port) {
    std::string text = "entryPoints:\n";
    for (const traefik::EntryPoint& entry_point : settings.static_config.entry_points) {
        if (entry_point.name == "traefik") continue;
        const bool is_udp = entry_point.transport == graph::Transport::Udp;
        text += fmt::format(
            "  \"{}\":\n    address: \"127.0.0.1:0{}\"\n", entry_point.name, is_udp ? "/udp" : "");
    }
    return text + fmt::format("  traefik:\n    address: \"127.0.0.1:{}\"\n"
                              "api:\n  insecure: true\n"
                              "providers:\n  file:\n    directory: \"{}\"\n"
                              "log:\n  level: WARN\n  format: json\n"
                              "global:\n  checkNewVersion: false\n  sendAnonymousUsage: false\n",
                              port,
                              folder);
}

base::Result<void> prepare(const TrialSettings& settings, const std::string& folder, int port) {
    std::error_code error;
    const std::string copy = folder + "/dynamic";
    fs::copy(settings.directory,
             copy,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks,
             error);
    if (error)
        return base::Error{base::ErrorKind::Io,
                           "copying " + settings.directory + ": " + error.message()};
    const std::string marked =
        fmt::format("http:\n  middlewares:\n    {}:\n      addPrefix:\n        prefix: /x\n", mark);
    if (auto written = write(fmt::format("{}/{}.yaml", copy, mark), marked); !written)
        return written;
    return write(folder + "/traefik.yaml", static_yaml(settings, copy, port));
}

/// The messages of a log in JSON, one a line; other lines as they are. The copy's place is left
/// out.
std::vector<std::string> messages(const std::string& log, const std::string& folder) {
    std::vector<std::string> found;
    std::set<std::string> seen;
    for (const std::string_view line : base::split(log, '\n')) {
        if (line.empty()) continue;
        std::string text(line);
        if (const auto document = tree::read_json(line)) {
            const auto part = [&](std::string_view key) {
                const tree::Node* node = document->root.find(key);
                return node != nullptr && node->is_string() ? std::string(node->as_string())
                                                            : std::string();
            };
            if (part("level") == "warn") continue;
            const std::string error = part("error");
            text = part("message");
            if (!error.empty()) text += (text.empty() ? "" : ": ") + error;
        }
        for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
            text.erase(at, folder.size());
        if (seen.insert(text).second) found.push_back(std::move(text));
    }
    return found;
}

/// "/api/http/routers?…" is "http.routers".
std::string section_of(std::string_view path) {
    const auto parts = base::split(path.substr(0, path.find('?')), '/');
    return fmt::format("{}.{}", parts[2], parts[3]);
}

base::Result<std::vector<TrialFault>> element_faults(const std::string& api) {
    std::vector<TrialFault> all;
    for (const std::string_view path : fault_paths()) {
        const auto list = http::get(api + std::string(path));
        if (!list) return list.error();
        const auto faults = faults_in(*list, "file");
        if (!faults) return faults.error();
        for (const Fault& fault : *faults)
            all.push_back({fmt::format("{}.{}", section_of(path), fault.name),
                           base::join(fault.errors, "; ")});
    }
    return all;
}

std::optional<bool> is_loaded(const std::string& api, const std::string& log) {
    if (log.find("Error while building configuration") != std::string::npos) return false;
    const auto answer = http::get(fmt::format("{}/api/http/middlewares/{}@file", api, mark),
                                  {.timeout = std::chrono::milliseconds(1000)});
    if (answer && answer->status == 200) return true;
    return std::nullopt;
}

}  // namespace

base::Result<Trial> try_directory(const TrialSettings& settings) {
    auto folder = TrialFolder::make();
    if (!folder) return folder.error();
    const int port = free_port();
    if (auto prepared = prepare(settings, folder->path(), port); !prepared) return prepared.error();
    const std::string log = folder->path() + "/log";
    auto process = TrialProcess::start(
        settings.binary, {"--configFile=" + folder->path() + "/traefik.yaml"}, log);
    if (!process) return process.error();
    const std::string api = fmt::format("http://127.0.0.1:{}", port);
    const Clock::time_point deadline = Clock::now() + settings.limit;
    std::optional<bool> loaded;
    while (!(loaded = is_loaded(api, whole(log)))) {
        const bool has_ended = process->has_ended();
        if (!has_ended && Clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            continue;
        }
        const std::vector<std::string> said = messages(whole(log), folder->path());
        return base::Error{base::ErrorKind::Refused,
                           (has_ended ? "Traefik ended" : "Traefik did not answer in time") +
                               (said.empty() ? "" : ": " + said.back())};
    }
    Trial trial{.is_loaded = *loaded, .faults = {}};
    if (trial.is_loaded) {
        auto faults = element_faults(api);
        if (!faults) return faults.error();
        trial.faults = std::move(*faults);
    }
    for (std::string& text : messages(whole(log), folder->path()))
        trial.faults.push_back({"", std::move(text)});
    return trial;
}

}  // namespace gatefile::probe
