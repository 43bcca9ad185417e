// SPDX-License-Identifier: Apache-2.0
//
// What a rule does with its requests.
#include <algorithm>
#include <utility>

#include "words.hpp"

namespace gatefile::properties {
namespace {

constexpr std::array<std::string_view, 5> changed_names{"X-A", "X-B", "Version", "X-New", "Accept"};
constexpr std::array<std::string_view, 6> new_values{
    "1", "a, b", "`$1\"\\", "{{ env \"HOME\" }}", "100%", "${x}"};
constexpr std::array<std::string_view, 16> new_paths{
    "/", "/new", "/new/", "/a%20b", "/$1", "/a//", "/{{.}}", "/%C3%A9", "/a?b=c",
    "", "new", "/a b", "/\xC3\xA9", "/a%2Fb", "/%zz", "/a#b"};
constexpr std::array<std::string_view, 4> new_hosts{"new.x", "a.b.x", "x", "new.example"};
constexpr std::array<int, 5> statuses{301, 302, 303, 307, 308};

void change_headers(Random& random, api::HeaderModifier& change) {
    for (const std::string_view name : changed_names) {
        switch (random.below(8)) {
        case 0:
            change.set.push_back({std::string(name), std::string(random.pick(new_values))});
            break;
        case 1:
            change.add.push_back({std::string(name), std::string(random.pick(new_values))});
            break;
        case 2:
            change.remove.emplace_back(name);
            break;
        default:
            break;
        }
    }
    if (change.set.empty() && change.add.empty() && change.remove.empty())
        change.set.push_back({"x-a", "set"});
    // Of equivalent names in one list the first counts; in two lists they are refused.
    if (random.one_in(12)) change.set.push_back({"X-a", "again"});
    if (random.one_in(20)) change.set.push_back({"Host", "set.x"});
}

/// Prefixes can be replaced only where the rule has exactly one match, and that of a prefix.
std::optional<api::PathModifier> new_path(Random& random, bool has_prefix) {
    if (random.one_in(3)) return std::nullopt;
    const bool prefix = has_prefix && !random.one_in(3);
    return api::PathModifier{prefix ? api::PathModifierType::ReplacePrefixMatch
                                    : api::PathModifierType::ReplaceFullPath,
                             std::string(random.pick(new_paths))};
}

api::RequestRedirect redirect(Random& random, bool has_prefix) {
    api::RequestRedirect out;
    if (random.one_in(3)) out.scheme = random.one_in(2) ? "https" : "http";
    if (random.one_in(2)) out.hostname = random.pick(new_hosts);
    out.path = new_path(random, has_prefix);
    if (random.one_in(4)) out.port = random.one_in(2) ? 443 : 8080;
    out.status_code = random.pick(statuses);
    return out;
}

api::Cors cors(Random& random) {
    constexpr std::array<std::string_view, 5> origins{
        "http://a.x", "https://*.b.x", "*", "http://a.x:8080", "https://*"};
    api::Cors out;
    out.allow_origins.emplace_back(random.pick(origins));
    if (out.allow_origins.front() != "*" && random.one_in(2))
        out.allow_origins.emplace_back("http://other.x");
    if (random.one_in(2)) out.allow_credentials = random.one_in(2);
    if (random.one_in(2)) out.allow_methods = {"GET", "PUT"};
    if (random.one_in(2)) out.allow_headers = {"X-A", "x-b"};
    if (random.one_in(2)) out.expose_headers = {"X-New", "X-B"};
    if (random.one_in(2)) out.max_age = 600;
    return out;
}

}  // namespace

std::vector<api::HttpFilter> changes(Random& random, std::size_t rarity, bool has_prefix) {
    std::vector<api::HttpFilter> out;
    if (random.one_in(rarity)) {
        api::RequestHeaderModifier filter;
        change_headers(random, filter);
        out.emplace_back(std::move(filter));
    }
    if (random.one_in(rarity)) {
        api::ResponseHeaderModifier filter;
        change_headers(random, filter);
        out.emplace_back(std::move(filter));
    }
    if (random.one_in(rarity)) {
        api::UrlRewrite filter;
        if (random.one_in(3)) filter.hostname = random.pick(new_hosts);
        filter.path = new_path(random, has_prefix);
        if (filter.hostname || filter.path) out.emplace_back(std::move(filter));
    }
    if (random.one_in(rarity * 2)) out.emplace_back(cors(random));
    return out;
}

void add_backend(Random& random,
                 std::string_view ns,
                 std::size_t number,
                 std::size_t place,
                 std::vector<api::HttpBackendRef>& refs,
                 Cluster& cluster) {
    api::HttpBackendRef& ref = refs.emplace_back();
    ref.ref.kind = "Service";
    ref.ref.name = "b" + std::to_string(number) + "-" + std::to_string(place);
    ref.ref.port = 80;
    ref.weight = random.one_in(4) ? static_cast<int>(random.below(3)) : 1;
    ref.filters = changes(random, 10, false);
    if (random.one_in(30)) ref.filters = {redirect(random, false)};
    if (random.one_in(12)) return;
    Service service{std::string(ns), ref.ref.name, "", random.one_in(8)};
    if (service.h2c) service.port = 13001;
    if (!random.one_in(12)) {
        service.address = "10." + std::to_string(1 + number / 200) + "." +
                          std::to_string(number % 200) + "." + std::to_string(1 + place);
    }
    cluster.services.push_back(std::move(service));
}
void fill_rule(Random& random,
               std::string_view ns,
               std::size_t number,
               api::HttpRouteRule& rule,
               Cluster& cluster) {
    if (random.one_in(4)) rule.matches.resize(1);
    const bool has_prefix = rule.matches.size() == 1 &&
                            rule.matches.front().path.type == api::PathMatchType::PathPrefix;
    rule.filters = changes(random, 4, has_prefix);
    const auto rewrites = [](const api::HttpFilter& filter) {
        return std::holds_alternative<api::UrlRewrite>(filter);
    };
    if (random.one_in(5) && std::ranges::none_of(rule.filters, rewrites)) {
        rule.filters.emplace_back(redirect(random, has_prefix));
        return;
    }
    const std::size_t count = random.one_in(3) ? random.below(4) : 1;
    for (std::size_t i = 0; i < count; ++i)
        add_backend(random, ns, number, i, rule.backend_refs, cluster);
    if (random.one_in(12)) {
        for (api::HttpBackendRef& ref : rule.backend_refs)
            ref.weight = 0;
    }
}

}  // namespace gatefile::properties
