// SPDX-License-Identifier: Apache-2.0
//
// HTTP services and middlewares as Traefik builds them for a router: only what a router leads to,
// each once, and what cannot be built takes along whoever needs it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "check/elements.hpp"

namespace gatefile::traefik::check {

class HttpBuilder {
public:
    explicit HttpBuilder(const Context& context) : context_(context) {}

    /// Whether what `from` names at `field` can be built; the cause of a failure is reported once.
    bool service(const Element& from, std::string_view field, std::string_view name);
    bool middlewares(const Element& from, std::string_view field);

private:
    bool build_service(const std::string& name, const Element& service);
    bool build_load_balancer(const Element& service);
    bool build_weighted(const Element& service, std::string_view kind);
    bool build_mirroring(const Element& service);
    bool build_failover(const Element& service);
    bool check_servers(const Element& service);
    /// Of health checks; what is wrong with them is logged, and the service is built.
    void check_intervals(const Element& service, const Raw& balancer);
    /// Whether the service that is named tells of its health, which `from` counts on.
    bool tells_health(const Element& from, std::string_view field, std::string_view name);

    bool build_middleware(const std::string& name, const Element& middleware);
    bool build_plugin(const Element& middleware);
    bool is_in_loop(const std::vector<std::string>& stack,
                    const std::string& name,
                    const Element& element);

    const Context& context_;
    std::map<std::string, bool, std::less<>> services_;
    std::map<std::string, bool, std::less<>> middlewares_;
    std::vector<std::string> service_stack_;
    std::vector<std::string> middleware_stack_;
};

/// Why a middleware of this kind ("addPrefix") cannot be made; "" when it can.
std::string
middleware_fault(std::string_view kind, const Raw& settings, const Surroundings& surroundings);

/// Go's url.Parse; "" when it takes the text.
std::string url_fault(std::string_view url);

}  // namespace gatefile::traefik::check
