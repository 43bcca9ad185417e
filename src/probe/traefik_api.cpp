// SPDX-License-Identifier: Apache-2.0
#include "gatefile/probe/traefik_api.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/http/request.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::probe {

namespace {

base::Result<tree::Document> get_json(const std::string& url) {
    auto response = http::get(url);
    if (!response) return response.error();
    if (response->status != 200) {
        return base::Error{base::ErrorKind::Refused,
                           fmt::format("{} answered {}", url, response->status)};
    }
    auto document = tree::read_json(response->body);
    if (!document) return document.error().within(url);
    return document;
}

base::Result<tree::Document> parse(const http::Response& response) {
    if (response.status != 200) {
        return base::Error{base::ErrorKind::Refused,
                           fmt::format("Traefik's API answered {}", response.status)};
    }
    auto document = tree::read_json(response.body);
    if (!document) return document.error().within("Traefik's API");
    return document;
}

std::string_view string_at(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

const tree::Node* map_at(const tree::Node* node, std::string_view key) {
    return node == nullptr ? nullptr : node->find(key);
}

base::Result<traefik::EntryPoint> entry_point_from(const tree::Node& node) {
    auto entry_point = traefik::parse_entry_point(
        fmt::format("{}={}", string_at(node, "name"), string_at(node, "address")));
    if (!entry_point) return entry_point;
    const tree::Node* http = node.find("http");
    if (const tree::Node* to = map_at(map_at(http, "redirections"), "entryPoint")) {
        entry_point->redirects_to = string_at(*to, "to");
    }
    if (const tree::Node* names = map_at(http, "middlewares");
        names != nullptr && names->is_list()) {
        for (const tree::Node& name : names->items()) {
            if (name.is_string()) entry_point->middlewares.emplace_back(name.as_string());
        }
    }
    entry_point->tls = map_at(http, "tls") != nullptr;
    return entry_point;
}

std::optional<traefik::Version> version_from(std::string_view text) {
    const auto parts = base::split(text, '.');
    if (parts.size() != 3) return std::nullopt;
    const auto major_number = base::parse_int(parts[0]);
    const auto minor_number = base::parse_int(parts[1]);
    const auto patch = base::parse_int(parts[2].substr(0, parts[2].find('-')));
    if (!major_number || !minor_number || !patch) return std::nullopt;
    return traefik::Version{
        static_cast<int>(*major_number), static_cast<int>(*minor_number), static_cast<int>(*patch)};
}

}  // namespace

base::Result<traefik::StaticConfig> read_static_config(const std::string& url) {
    traefik::StaticConfig config;
    auto entry_points = get_json(url + "/api/entrypoints?per_page=10000");
    if (!entry_points) return entry_points.error();
    if (!entry_points->root.is_list()) {
        return base::Error{base::ErrorKind::Refused, url + "/api/entrypoints is not a list"};
    }
    for (const tree::Node& node : entry_points->root.items()) {
        auto entry_point = entry_point_from(node);
        if (!entry_point) return entry_point.error().within(url);
        config.entry_points.push_back(std::move(*entry_point));
    }
    auto version = get_json(url + "/api/version");
    if (!version) return version.error();
    config.version = version_from(string_at(version->root, "Version"));
    return config;
}

std::string provider_name(traefik::Format format, const traefik::StaticConfig& config) {
    return format == traefik::Format::Plugin ? "plugin-" + config.plugin_name : "file";
}

std::string generation_url(const std::string& url, const std::string& provider) {
    return fmt::format("{}/api/http/middlewares/gatefile-generation@{}", url, provider);
}

base::Result<std::optional<std::string>> generation_in(const http::Response& response) {
    if (response.status == 404) return std::optional<std::string>();
    const auto document = parse(response);
    if (!document) return document.error();
    const tree::Node* headers = map_at(map_at(&document->root, "headers"), "customResponseHeaders");
    if (headers == nullptr || !headers->is_map() || headers->entries().empty()) {
        return std::optional<std::string>();
    }
    const tree::Node& value = headers->entries().front().value;
    return std::optional<std::string>(value.is_string() ? value.as_string() : std::string_view());
}

base::Result<bool> has_faults(const http::Response& overview) {
    const auto document = parse(overview);
    if (!document) return document.error();
    for (const std::string_view protocol : {"http", "tcp", "udp"}) {
        const tree::Node* of_protocol = map_at(&document->root, protocol);
        for (const std::string_view section : {"routers", "services", "middlewares"}) {
            for (const std::string_view kind : {"errors", "warnings"}) {
                const tree::Node* count = map_at(map_at(of_protocol, section), kind);
                if (count != nullptr && count->is_int() && count->as_int() > 0) return true;
            }
        }
    }
    return false;
}

std::span<const std::string_view> fault_paths() {
    static constexpr std::string_view paths[] = {
        "/api/http/routers?status=disabled&per_page=1000",
        "/api/http/routers?status=warning&per_page=1000",
        "/api/http/services?status=disabled&per_page=1000",
        "/api/http/services?status=warning&per_page=1000",
        "/api/http/middlewares?status=disabled&per_page=1000",
        "/api/tcp/routers?status=disabled&per_page=1000",
        "/api/tcp/routers?status=warning&per_page=1000",
        "/api/tcp/services?status=disabled&per_page=1000",
        "/api/tcp/services?status=warning&per_page=1000",
        "/api/udp/routers?status=disabled&per_page=1000",
        "/api/udp/routers?status=warning&per_page=1000",
        "/api/udp/services?status=disabled&per_page=1000",
        "/api/udp/services?status=warning&per_page=1000",
    };
    return paths;
}

base::Result<std::vector<Fault>> faults_in(const http::Response& list, std::string_view provider) {
    const auto document = parse(list);
    if (!document) return document.error();
    std::vector<Fault> faults;
    if (!document->root.is_list()) return faults;
    for (const tree::Node& item : document->root.items()) {
        const std::string_view name = string_at(item, "name");
        const std::size_t at = name.rfind('@');
        if (at == std::string_view::npos || name.substr(at + 1) != provider) continue;
        Fault fault{.name = std::string(name.substr(0, at)), .errors = {}};
        const tree::Node* errors = item.find("error");
        if (errors != nullptr && errors->is_list()) {
            for (const tree::Node& error : errors->items()) {
                if (error.is_string()) fault.errors.emplace_back(error.as_string());
            }
        }
        faults.push_back(std::move(fault));
    }
    return faults;
}

}  // namespace gatefile::probe
