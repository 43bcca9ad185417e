// SPDX-License-Identifier: Apache-2.0
//
// TCP and UDP: routers, services, and the middlewares of TCP.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "check/routers.hpp"
#include "check/rule_syntax.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;

/// Go's net.SplitHostPort.
bool is_host_and_port(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view host = address.substr(0, colon);
    if (host.starts_with('[')) return host.find(']') == host.size() - 1;
    return host.find_first_of(":[]") == std::string_view::npos &&
           address.substr(colon + 1).find_first_of("[]") == std::string_view::npos;
}

/// Services of TCP or UDP, each built once.
class StreamServices {
public:
    StreamServices(const Context& context, const Protocol& protocol)
        : context_(context), protocol_(protocol) {}

    bool service(const Element& from, std::string_view field, std::string_view name) {
        const Found found = refer(context_, from, field, "service", protocol_.services, name);
        if (found.where == Where::Missing) return false;
        if (found.element == nullptr) return true;
        const auto known = built_.find(found.name);
        if (known != built_.end()) {
            if (known->second != State::Open) return known->second == State::Good;
            report_at(context_,
                      Code::TraefikLoop,
                      *found.element,
                      "",
                      "it leads back to itself; Traefik would not end building it");
            return false;
        }
        built_[found.name] = State::Open;
        const bool is_good = build(found.name, *found.element);
        built_[found.name] = is_good ? State::Good : State::Bad;
        return is_good;
    }

private:
    enum class State { Open, Good, Bad };

    bool build(const std::string& name, const Element& service) {
        const Raw* balancer = find(*service.value, "loadBalancer");
        const Raw* weighted = find(*service.value, "weighted");
        if ((balancer == nullptr) == (weighted == nullptr)) {
            report_at(context_,
                      Code::TraefikElement,
                      service,
                      balancer == nullptr ? "" : "weighted",
                      balancer == nullptr
                          ? fmt::format("the service {} has no type", base::quote_for_message(name))
                          : "a service is one thing, not loadBalancer and weighted",
                      balancer == nullptr ? "give it a loadBalancer or weighted"
                                          : "make two services of it");
            return false;
        }
        return balancer != nullptr ? build_balancer(service, *balancer)
                                   : build_weighted(service, *weighted);
    }

    bool build_balancer(const Element& service, const Raw& balancer) {
        std::size_t index = 0;
        bool has_server = false;
        for (const Raw* server : maps_of(balancer, "servers")) {
            const std::string_view address = text_of(*server, "address");
            const bool is_good = is_host_and_port(address);
            has_server = has_server || is_good;
            if (!is_good)
                report(context_.out,
                       Code::TraefikElement,
                       {service.file, server->at},
                       path_of(service, "loadBalancer.servers") / index / "address",
                       fmt::format("{} is no HOST:PORT; Traefik leaves the server out",
                                   base::quote_for_message(address)));
            ++index;
        }
        const std::string_view transport = text_of(balancer, "serversTransport");
        if (has_server && transport.empty() && !check_proxy_protocol(service, balancer))
            return false;
        if (!has_server || transport.empty() || transport == "default@internal") return true;
        return refer(context_,
                     service,
                     "loadBalancer.serversTransport",
                     "serversTransport",
                     protocol_.transports,
                     transport)
                   .where != Where::Missing;
    }

    /// With a transport Traefik looks at that one's setting alone.
    bool check_proxy_protocol(const Element& service, const Raw& balancer) {
        const Raw* settings = find(balancer, "proxyProtocol");
        if (settings == nullptr) return true;
        const auto version = base::parse_int(text_of(*settings, "version"));
        if (!version || (*version >= 1 && *version <= 2)) return true;
        report_at(context_,
                  Code::TraefikElement,
                  service,
                  "loadBalancer.proxyProtocol.version",
                  fmt::format("there is no version {} of the PROXY protocol", *version),
                  "write 1 or 2");
        return false;
    }

    bool build_weighted(const Element& service, const Raw& weighted) {
        bool is_good = true;
        for (const Raw* child : maps_of(weighted, "services"))
            is_good =
                this->service(service, "weighted.services", text_of(*child, "name")) && is_good;
        return is_good;
    }

    const Context& context_;
    const Protocol& protocol_;
    std::map<std::string, State, std::less<>> built_;
};

class TcpRouters {
public:
    TcpRouters(const Context& context, TlsOptions& options)
        : context_(context), options_(options), services_(context, context.elements.tcp) {}

    void run() {
        for (const auto& [name, router] : context_.elements.tcp.routers)
            check(router);
    }

private:
    void check(const Element& router) {
        check_entry_points(context_, router, graph::Transport::Tcp);
        check_priority(context_, router);
        const std::string service(text_of(*router.value, "service"));
        if (service.empty())
            report_at(context_, Code::TraefikElement, router, "", "the router has no service");
        else
            services_.service(router, "service", service);
        check_middlewares(router);
        const Raw* tls = find(*router.value, "tls");
        if (tls != nullptr && !is_true(*tls, "passthrough"))
            options_.use(router, text_of(*tls, "options"));
        check_rule_of(router, tls != nullptr);
    }

    void check_rule_of(const Element& router, bool has_tls) {
        const auto parsed = check_rule(
            text_of(*router.value, "rule"), RuleKind::Tcp, text_of(*router.value, "ruleSyntax"));
        if (const auto* fault = std::get_if<RuleFault>(&parsed)) {
            report_at(context_, Code::TraefikRule, router, "rule", fault->text, fault->hint);
            return;
        }
        const std::vector<std::string> hosts =
            values_of(std::get<std::vector<Matcher>>(parsed), "HostSNI");
        if (has_tls || hosts.empty() || hosts.front() == "*") return;
        report_at(context_,
                  Code::TraefikRule,
                  router,
                  "rule",
                  "HostSNI sees a name only in TLS, and the router has no tls",
                  "add tls: {passthrough: true} or tls: {}, or match HostSNI(`*`)");
    }

    void check_middlewares(const Element& router) {
        const Table& table = context_.elements.tcp.middlewares;
        for (const std::string& name : list_of(*router.value, "middlewares")) {
            const Found found = refer(context_, router, "middlewares", "middleware", table, name);
            if (found.element == nullptr || !seen_.emplace(found.name, true).second) continue;
            check_middleware(*found.element);
        }
    }

    void check_middleware(const Element& middleware) {
        bool has_type = find(*middleware.value, "inFlightConn") != nullptr;
        for (const std::string_view kind : {"ipAllowList", "ipWhiteList"}) {
            const Raw* settings = find(*middleware.value, kind);
            if (settings == nullptr) continue;
            has_type = true;
            const std::vector<std::string> ranges = list_of(*settings, "sourceRange");
            const auto bad = std::ranges::find_if_not(ranges, is_ip_or_range);
            if (!ranges.empty() && bad == ranges.end()) continue;
            report_at(context_,
                      Code::TraefikElement,
                      middleware,
                      kind,
                      ranges.empty()
                          ? "sourceRange is empty"
                          : base::quote_for_message(*bad) + " is no IP address or range");
        }
        if (!has_type)
            report_at(context_, Code::TraefikElement, middleware, "", "the middleware has no type");
    }

    const Context& context_;
    TlsOptions& options_;
    StreamServices services_;
    std::map<std::string, bool> seen_;
};

}  // namespace

void check_tcp_routers(const Context& context, TlsOptions& options) {
    TcpRouters(context, options).run();
}

void check_udp_routers(const Context& context) {
    StreamServices services(context, context.elements.udp);
    for (const auto& [name, router] : context.elements.udp.routers) {
        check_entry_points(context, router, graph::Transport::Udp);
        const std::string service(text_of(*router.value, "service"));
        if (service.empty())
            report_at(context, Code::TraefikElement, router, "", "the router has no service");
        else
            services.service(router, "service", service);
    }
}

}  // namespace gatefile::traefik::check
