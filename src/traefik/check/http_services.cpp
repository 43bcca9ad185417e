// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "check/http_builder.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;

constexpr auto kinds = std::to_array<std::string_view>(
    {"loadBalancer", "highestRandomWeight", "weighted", "mirroring", "failover"});

std::vector<std::string_view> kinds_of(const Raw& service) {
    std::vector<std::string_view> found;
    for (const std::string_view kind : kinds) {
        if (find(service, kind) != nullptr) found.push_back(kind);
    }
    return found;
}

}  // namespace

bool HttpBuilder::service(const Element& from, std::string_view field, std::string_view name) {
    const Found found =
        refer(context_, from, field, "service", context_.elements.http.services, name);
    if (found.where == Where::Missing) return false;
    if (found.element == nullptr) return true;
    if (const auto known = services_.find(found.name); known != services_.end())
        return known->second;
    if (is_in_loop(service_stack_, found.name, *found.element)) return false;
    service_stack_.push_back(found.name);
    const bool is_good = build_service(found.name, *found.element);
    service_stack_.pop_back();
    services_.insert_or_assign(found.name, is_good);
    return is_good;
}

bool HttpBuilder::is_in_loop(const std::vector<std::string>& stack,
                             const std::string& name,
                             const Element& element) {
    const auto start = std::ranges::find(stack, name);
    if (start == stack.end()) return false;
    std::string way;
    for (auto at = start; at != stack.end(); ++at)
        way += base::quote_for_message(*at) + " -> ";
    report_at(context_,
              Code::TraefikLoop,
              element,
              "",
              "it leads back to itself: " + way + base::quote_for_message(name));
    return true;
}

bool HttpBuilder::build_service(const std::string& name, const Element& service) {
    const std::vector<std::string_view> found = kinds_of(*service.value);
    if (found.size() != 1) {
        report_at(context_,
                  Code::TraefikElement,
                  service,
                  found.empty() ? "" : found[1],
                  found.empty()
                      ? fmt::format("the service {} has no type", base::quote_for_message(name))
                      : fmt::format("a service is one thing, not {} and {}", found[0], found[1]),
                  found.empty() ? "give it a loadBalancer, weighted, mirroring or failover"
                                : "make two services of it");
        return false;
    }
    bool is_good = true;
    if (found[0] == "loadBalancer") is_good = build_load_balancer(service);
    if (found[0] == "weighted" || found[0] == "highestRandomWeight")
        is_good = build_weighted(service, found[0]);
    if (found[0] == "mirroring") is_good = build_mirroring(service);
    if (found[0] == "failover") is_good = build_failover(service);
    return middlewares(service, "middlewares") && is_good;
}

bool HttpBuilder::build_load_balancer(const Element& service) {
    const Raw& balancer = *find(*service.value, "loadBalancer");
    bool is_good = true;
    const std::string_view strategy = text_of(balancer, "strategy");
    constexpr auto known = std::to_array<std::string_view>({"", "wrr", "p2c", "hrw", "leasttime"});
    if (std::ranges::find(known, strategy) == known.end()) {
        report_at(context_,
                  Code::TraefikElement,
                  service,
                  "loadBalancer.strategy",
                  fmt::format("there is no strategy {}", base::quote_for_message(strategy)),
                  "one of wrr, p2c, hrw, leasttime");
        is_good = false;
    }
    check_intervals(service, balancer);
    const bool uses_transport =
        !maps_of(balancer, "servers").empty() || find(balancer, "healthCheck") != nullptr;
    const std::string_view transport = text_of(balancer, "serversTransport");
    if (uses_transport && !transport.empty() && transport != "default@internal") {
        is_good = refer(context_,
                        service,
                        "loadBalancer.serversTransport",
                        "serversTransport",
                        context_.elements.http.transports,
                        transport)
                          .where != Where::Missing &&
                  is_good;
    }
    return check_servers(service) && is_good;
}

void HttpBuilder::check_intervals(const Element& service, const Raw& balancer) {
    const Raw* health = find(balancer, "healthCheck");
    if (health == nullptr) return;
    for (const std::string_view field : {"interval", "unhealthyInterval"}) {
        const std::string_view value = text_of(*health, field);
        const bool is_zero = value.find_first_of("123456789") == std::string_view::npos;
        if (value.empty() || (!value.starts_with('-') && !is_zero)) continue;
        report_at(context_,
                  Code::TraefikElement,
                  service,
                  fmt::format("loadBalancer.healthCheck.{}", field),
                  fmt::format("{} is not above zero; Traefik takes its default",
                              base::quote_for_message(value)),
                  "write a duration such as 10s");
    }
}

bool HttpBuilder::check_servers(const Element& service) {
    const Raw& balancer = *find(*service.value, "loadBalancer");
    bool is_good = true;
    std::size_t index = 0;
    for (const Raw* server : maps_of(balancer, "servers")) {
        const Raw* url = find(*server, "url");
        const std::string why = url == nullptr ? "" : url_fault(url->text);
        if (!why.empty()) {
            report(context_.out,
                   Code::TraefikElement,
                   {service.file, url->at},
                   path_of(service, "loadBalancer.servers") / index / "url",
                   fmt::format("{} is no URL: {}", base::quote_for_message(url->text), why),
                   "write http://HOST:PORT");
            is_good = false;
        }
        ++index;
    }
    return is_good;
}

bool HttpBuilder::build_weighted(const Element& service, std::string_view kind) {
    const Raw& weighted = *find(*service.value, kind);
    const std::string field = std::string(kind) + ".services";
    bool is_good = true;
    for (const Raw* child : maps_of(weighted, "services")) {
        const std::string_view name = text_of(*child, "name");
        is_good = this->service(service, field, name) && is_good;
        if (find(weighted, "healthCheck") != nullptr)
            is_good = tells_health(service, field, name) && is_good;
    }
    return is_good;
}

bool HttpBuilder::build_mirroring(const Element& service) {
    const Raw& mirroring = *find(*service.value, "mirroring");
    bool is_good = this->service(service, "mirroring.service", text_of(mirroring, "service"));
    for (const Raw* mirror : maps_of(mirroring, "mirrors")) {
        is_good = this->service(service, "mirroring.mirrors", text_of(*mirror, "name")) && is_good;
        const auto percent = base::parse_int(text_of(*mirror, "percent"));
        if (!percent || (*percent >= 0 && *percent <= 100)) continue;
        report_at(context_,
                  Code::TraefikElement,
                  service,
                  "mirroring.mirrors",
                  "the percent of a mirror is not between 0 and 100");
        is_good = false;
    }
    return is_good;
}

bool HttpBuilder::build_failover(const Element& service) {
    const Raw& failover = *find(*service.value, "failover");
    const std::string_view first = text_of(failover, "service");
    const std::string_view second = text_of(failover, "fallback");
    const Raw* errors = find(failover, "errors");
    const bool sees_errors = errors != nullptr && !list_of(*errors, "status").empty();
    bool is_good = this->service(service, "failover.service", first);
    if (is_good && !sees_errors) is_good = tells_health(service, "failover.service", first);
    is_good = this->service(service, "failover.fallback", second) && is_good;
    if (find(failover, "healthCheck") != nullptr)
        is_good = tells_health(service, "failover.fallback", second) && is_good;
    return is_good;
}

bool HttpBuilder::tells_health(const Element& from, std::string_view field, std::string_view name) {
    const auto& services = context_.elements.http.services;
    const auto found = services.find(name.substr(0, name.find('@')));
    if (found == services.end()) return true;
    for (const std::string_view kind : kinds_of(*found->second.value)) {
        if (find(*find(*found->second.value, kind), "healthCheck") != nullptr) return true;
    }
    report_at(context_,
              Code::TraefikElement,
              from,
              field,
              fmt::format("the service {} has no healthCheck, so nothing tells when it is down",
                          base::quote_for_message(name)),
              "give it a healthCheck");
    return false;
}

}  // namespace gatefile::traefik::check
