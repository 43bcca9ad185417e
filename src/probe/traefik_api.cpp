// SPDX-License-Identifier: Apache-2.0
#include "gatefile/probe/traefik_api.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gatefile/base/call_arguments.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/http/request.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::probe {

namespace {

constexpr std::size_t routers_of_a_page = 10'000;

base::Result<tree::Document> parse(const http::Response& response) {
    if (response.status != 200) {
        const bool wants_user = response.status == 401 || response.status == 403;
        return base::Error{
            base::ErrorKind::Refused,
            fmt::format("Traefik's API answered {}{}",
                        response.status,
                        wants_user ? "; --traefik-api lacks the user and password that it wants"
                                   : "")};
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
    const tree::Node* tls = map_at(http, "tls");
    entry_point->tls = tls != nullptr;
    if (tls != nullptr) entry_point->tls_options = string_at(*tls, "options");
    return entry_point;
}

/// The overview has them by the names of Go's fields, and plugins by "plugin-NAME".
std::vector<std::string> other_providers_from(const tree::Node& overview) {
    std::vector<std::string> others;
    const tree::Node* providers = overview.find("providers");
    if (providers == nullptr || !providers->is_list()) return others;
    for (const tree::Node& item : providers->items()) {
        if (!item.is_string()) continue;
        others.push_back(base::to_lower(item.as_string()));
    }
    return others;
}

/// What the names of a provider's routers end in, behind the @.
std::string_view suffix_of(std::string_view provider) {
    return provider == "kubernetesingress" ? std::string_view("kubernetes") : provider;
}

traefik::Neighbour
neighbour_from(RouterKind kind, const tree::Node& item, std::string_view provider) {
    traefik::Neighbour neighbour{.name = std::string(string_at(item, "name")),
                                 .tcp = kind == RouterKind::Tcp};
    const std::string_view function = neighbour.tcp ? "HostSNI" : "Host";
    const std::string_view rule = string_at(item, "rule");
    for (const std::string& host : base::call_arguments(rule, function)) {
        std::string name = base::to_lower(host);
        if (traefik::is_host(name)) neighbour.hosts.push_back(std::move(name));
    }
    neighbour.patterns = traefik::host_patterns(rule, neighbour.tcp);
    if (const tree::Node* names = item.find("entryPoints"); names != nullptr && names->is_list()) {
        for (const tree::Node& name : names->items()) {
            if (name.is_string()) neighbour.entry_points.emplace_back(name.as_string());
        }
    }
    if (const tree::Node* tls = item.find("tls"); tls != nullptr && tls->is_map()) {
        neighbour.tls = true;
        neighbour.tls_options = traefik::qualified_options(string_at(*tls, "options"), provider);
    }
    return neighbour;
}

}  // namespace

std::span<const std::string_view> static_config_paths() {
    static constexpr std::array<std::string_view, 3> paths{
        "/api/entrypoints?per_page=10000", "/api/version", "/api/overview"};
    return paths;
}

base::Result<traefik::StaticConfig>
static_config_in(const std::vector<http::Response>& answers) {
    traefik::StaticConfig config;
    const auto entry_points = parse(answers[0]);
    if (!entry_points) return entry_points.error();
    if (!entry_points->root.is_list()) {
        return base::Error{base::ErrorKind::Refused, "/api/entrypoints is not a list"};
    }
    for (const tree::Node& node : entry_points->root.items()) {
        auto entry_point = entry_point_from(node);
        if (!entry_point) return entry_point.error();
        config.entry_points.push_back(std::move(*entry_point));
    }
    const auto version = parse(answers[1]);
    if (!version) return version.error();
    config.version = traefik::parse_version(string_at(version->root, "Version"));
    const auto overview = parse(answers[2]);
    if (!overview) return overview.error();
    config.other_providers = other_providers_from(overview->root);
    return config;
}

namespace {

base::Result<http::Response> ask(const std::string& at) {
    auto response = http::get(at);
    if (!response || response->status == 200) return response;
    return base::Error{base::ErrorKind::Refused,
                       fmt::format("{} answered {}", at, response->status)};
}

}  // namespace

base::Result<traefik::StaticConfig> read_static_config(const std::string& url) {
    std::vector<http::Response> answers;
    for (const std::string_view path : static_config_paths()) {
        auto response = ask(fmt::format("{}{}", url, path));
        if (!response) return response.error();
        answers.push_back(std::move(*response));
    }
    auto config = static_config_in(answers);
    return config ? std::move(config) : config.error().within(url);
}

base::Result<std::vector<std::string>> read_providers(const std::string& url) {
    const auto overview = ask(overview_url(url));
    return overview ? providers_in(*overview) : overview.error();
}

std::string version_url(const std::string& url) {
    return url + "/api/version";
}

std::optional<traefik::Version> version_in(const http::Response& response) {
    const auto document = parse(response);
    if (!document) return std::nullopt;
    return traefik::parse_version(string_at(document->root, "Version"));
}

std::string provider_name(traefik::Format format, const traefik::StaticConfig& config) {
    return format == traefik::Format::Plugin ? "plugin-" + config.plugin_name : "file";
}

std::string generation_url(const std::string& url, const std::string& provider) {
    return fmt::format("{}/api/http/middlewares/gatefile-generation@{}", url, provider);
}

base::Result<std::optional<Mark>> mark_in(const http::Response& response) {
    if (response.status == 404) return std::optional<Mark>();
    const auto document = parse(response);
    if (!document) return document.error();
    const tree::Node* headers = map_at(map_at(&document->root, "headers"), "customResponseHeaders");
    if (headers == nullptr || headers->find("X-Gatefile-Generation") == nullptr)
        return std::optional<Mark>();
    return std::optional<Mark>(Mark{std::string(string_at(*headers, "X-Gatefile-Generation")),
                                    std::string(string_at(*headers, "X-Gatefile-Plugin"))});
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

std::string overview_url(const std::string& url) {
    return url + "/api/overview";
}

base::Result<std::vector<std::string>> providers_in(const http::Response& overview) {
    const auto document = parse(overview);
    if (!document) return document.error();
    return other_providers_from(document->root);
}

std::string routers_path(RouterKind kind, std::string_view provider, int page) {
    return fmt::format("/api/{}/routers?search=%40{}&per_page={}&page={}",
                       kind == RouterKind::Http ? "http" : "tcp",
                       suffix_of(provider),
                       routers_of_a_page,
                       page);
}

base::Result<NeighbourPage>
neighbours_in(RouterKind kind, const http::Response& list, std::string_view provider) {
    if (list.status == 400) return NeighbourPage();
    const auto document = parse(list);
    if (!document) return document.error();
    NeighbourPage page;
    if (!document->root.is_list()) return page;
    page.full = document->root.items().size() >= routers_of_a_page;
    for (const tree::Node& item : document->root.items()) {
        const std::string_view owner = string_at(item, "provider");
        const std::string suffix(suffix_of(provider));
        const std::string lower = base::to_lower(owner);
        const bool is_its = lower == suffix || lower.starts_with(suffix + "-");
        if (!is_its || item.find("parentRefs") != nullptr) continue;
        auto neighbour = neighbour_from(kind, item, owner);
        // On TLS one without any host tells of the default options for all names.
        const bool tells_options = neighbour.tls && !neighbour.tcp;
        if (neighbour.hosts.empty() && neighbour.patterns.empty() && !tells_options) continue;
        page.neighbours.push_back(std::move(neighbour));
    }
    std::ranges::sort(page.neighbours, {}, &traefik::Neighbour::name);
    return page;
}

}  // namespace gatefile::probe
