// SPDX-License-Identifier: Apache-2.0
#include "services.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "backend_names.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/traefik/published_text.hpp"
#include "hop.hpp"
#include "middlewares.hpp"
#include "names.hpp"
#include "paths.hpp"
#include "transport_tls.hpp"
#include "unwritable.hpp"

namespace gatefile::traefik {
namespace {

using std::chrono::milliseconds;

/// Above this many endpoints a rule refers to its backend's load balancer instead of repeating it.
constexpr std::size_t repeated_endpoints = 8;

/// Where other clusters have the backend, too, one that is not there is given up after this time.
constexpr std::chrono::seconds dial_of_several{2};

int percent_of(const ir::Mirror& mirror) {
    const std::int64_t denominator = std::max(mirror.denominator, 1);
    const std::int64_t share =
        (std::int64_t{200} * mirror.numerator + denominator) / (2 * denominator);
    return static_cast<int>(std::clamp<std::int64_t>(share, 0, 100));
}

using Deadline = std::optional<milliseconds>;

class RuleServices {
public:
    explicit RuleServices(Draft& draft)
        : draft_(draft), backend_names_(backend_names(draft.config)),
          tls_names_(transport_tls_names(draft.config)) {}

    Target render(const ir::Rule& rule) {
        if (const std::string* path = unwritable_path(draft_, rule)) {
            report_unwritable(draft_, rule, *path);
            return {.service = status_service(draft_, 500)};
        }
        return std::visit(base::Overloaded{
                              [&](const ir::Fail& fail) {
                                  return Target{.service = status_service(draft_, fail.status)};
                              },
                              [&](const ir::Answer&) { return render_answer(rule); },
                              [&](const ir::Forward& forward) {
                                  return Target{.service = render_forward(rule, forward)};
                              },
                          },
                          rule.action);
    }

    std::vector<std::string> render_filters_of(const ir::Listener& listener) {
        if (listener.filters.empty()) return {};
        const std::string owner =
            shortened("listener_" + listener_label(draft_.config, listener));
        return render_filters(draft_, owner, listener.filters, service_of_).middlewares;
    }

private:
    /// The deadline on a single try.
    Deadline deadline_of(const ir::Rule& rule) const {
        Deadline deadline = rule.backend_timeout;
        if (rule.request_timeout && !needs_hop(rule)) {
            deadline =
                deadline ? std::min(*deadline, *rule.request_timeout) : *rule.request_timeout;
        }
        return deadline;
    }

    /// Over several tries a request's deadline is none of a single one.
    bool needs_hop(const ir::Rule& rule) const {
        return rule.request_timeout && (rule.retry || retries_between_clusters_of(rule));
    }

    bool retries_between_clusters_of(const ir::Rule& rule) const {
        const auto* forward = std::get_if<ir::Forward>(&rule.action);
        return forward != nullptr &&
               std::ranges::any_of(forward->members, [this](const ir::Member& member) {
                   return member.backend && is_in_clusters(*member.backend);
               });
    }

    bool is_in_clusters(std::size_t index) const {
        const ir::Backend& backend = draft_.config.backends[index];
        if (!backend.composite) return backend.in_clusters;
        return std::ranges::any_of(
            draft_.config.composites[*backend.composite].parts,
            [this](const ir::Composite::Part& part) { return is_in_clusters(part.backend); });
    }

    static std::string timeout_name(milliseconds deadline) {
        return make_name({"timeout", base::format_go_duration(deadline)});
    }

    std::string transport(std::size_t backend, const Deadline& deadline) {
        const ir::Backend& found = draft_.config.backends[backend];
        return transport_for(found.tls, deadline, found.in_clusters);
    }

    /// Empty: Traefik's default one.
    std::string transport_for(const std::optional<std::size_t>& tls,
                              const Deadline& deadline,
                              bool in_clusters = false) {
        if (!tls && !deadline && !in_clusters) return "";
        std::string name = tls        ? tls_names_[*tls]
                           : deadline ? timeout_name(*deadline)
                                      : make_name({"transport"});
        if (tls && deadline) {
            name = with_part(with_part(name, "timeout"), base::format_go_duration(*deadline));
        }
        if (in_clusters) name = with_part(name, "clusters");
        if (!transports_.insert(name).second) return name;
        ServersTransport made{.name = name};
        if (deadline) {
            made.response_header_timeout = *deadline;
            made.dial_timeout = std::min<milliseconds>(*deadline, std::chrono::seconds(30));
        }
        if (in_clusters) {
            made.dial_timeout =
                std::min<milliseconds>(deadline.value_or(dial_of_several), dial_of_several);
        }
        if (tls) made.tls = render_transport_tls(draft_.config, draft_.config.backend_tls[*tls]);
        draft_.dynamic.transports.push_back(std::move(made));
        return name;
    }

    LoadBalancer load_balancer(std::size_t index, const Deadline& deadline) {
        const ir::Backend& backend = draft_.config.backends[index];
        LoadBalancer out{.transport = transport(index, deadline), .backend = backend_names_[index]};
        out.urls.reserve(backend.endpoints.size());
        for (const ir::Endpoint& endpoint : backend.endpoints) {
            out.urls.push_back(url_of(scheme_of(backend.protocol), endpoint));
        }
        if (has_weights(backend)) {
            for (const ir::Endpoint& endpoint : backend.endpoints)
                out.weights.push_back(endpoint.weight);
        }
        return out;
    }

    /// The load balancer of a backend that all rules share which need nothing else of it.
    std::string shared(std::size_t index, const Deadline& deadline) {
        std::string name = backend_names_[index];
        if (deadline) name = with_part(name, timeout_name(*deadline));
        if (!shared_.emplace(index, deadline).second) return name;
        const ir::Backend& backend = draft_.config.backends[index];
        if (backend.composite) {
            const ir::Composite& composite = draft_.config.composites[*backend.composite];
            add(name, {}, render_composite(composite, name, deadline));
            return name;
        }
        add(name, retry_between_clusters(name, backend), load_balancer(index, deadline));
        return name;
    }

    /// The middleware of the service `name` that looks for the next cluster; none for one cluster.
    std::vector<std::string> retry_between_clusters(const std::string& name,
                                                    const ir::Backend& backend) {
        if (!backend.in_clusters) return {};
        return {render_retry(draft_, name, {.attempts = retries_between_clusters})};
    }

    CompositeService render_composite(const ir::Composite& composite,
                                      const std::string& name,
                                      const Deadline& deadline) {
        CompositeService out{.kind = composite.kind, .settings = composite.settings, .parts = {}};
        const bool shares = composite.kind == ir::CompositeKind::Weighted ||
                            composite.kind == ir::CompositeKind::HighestRandomWeight;
        for (std::size_t i = 0; i < composite.parts.size(); ++i) {
            const ir::Composite::Part& part = composite.parts[i];
            std::string service = part_service(part, name, i, deadline);
            const auto same = std::ranges::find(out.parts, service, &WeightedMember::service);
            if (shares && same != out.parts.end()) {
                same->weight += part.share;
            } else {
                out.parts.push_back({std::move(service), part.share});
            }
        }
        return out;
    }

    std::string part_service(const ir::Composite::Part& part,
                             const std::string& owner,
                             std::size_t index,
                             const Deadline& deadline) {
        const auto& settings = std::get<tree::Value::Map>(part.settings->data);
        if (part.filters.empty() && settings.empty()) return shared(part.backend, deadline);
        std::string name = with_part(owner, "p" + std::to_string(index));
        FilterChain chain = render_filters(draft_, name, part.filters, service_of_);
        LoadBalancer own = load_balancer(part.backend, deadline);
        own.settings = part.settings;
        // A cookie would lead each try to the same server.
        if (tree::find(*part.settings, "sticky") == nullptr)
            std::ranges::move(retry_between_clusters(name, draft_.config.backends[part.backend]),
                              std::back_inserter(chain.middlewares));
        add(name, std::move(chain.middlewares), std::move(own));
        return name;
    }

    void add(std::string name, std::vector<std::string> middlewares, ServiceSettings settings) {
        draft_.dynamic.services.push_back(
            {std::move(name), std::move(middlewares), std::move(settings)});
    }

    /// A service `name` that runs `chain` and then serves `settings`, copied to the chain's
    /// mirrors.
    void add_filtered(const std::string& name,
                      FilterChain chain,
                      std::optional<std::string> retry,
                      ServiceSettings settings) {
        if (chain.mirrors.empty()) {
            if (retry) chain.middlewares.push_back(std::move(*retry));
            add(name, std::move(chain.middlewares), std::move(settings));
            return;
        }
        Mirroring mirroring{.service = with_part(name, "main")};
        for (const ir::Mirror* mirror : chain.mirrors) {
            mirroring.mirrors.push_back(
                {shared(mirror->backend, std::nullopt), percent_of(*mirror)});
        }
        std::vector<std::string> inner;
        if (retry) inner.push_back(std::move(*retry));
        add(mirroring.service, std::move(inner), std::move(settings));
        add(name, std::move(chain.middlewares), std::move(mirroring));
    }

    std::optional<StickyCookie> cookie(const ir::Rule& rule, std::string_view name) const {
        if (!rule.stickiness) return std::nullopt;
        const ir::Stickiness& wanted = *rule.stickiness;
        StickyCookie out;
        out.name = wanted.cookie.value_or("gatefile-" + base::sha256_hex(name).substr(0, 12));
        out.path = wanted.path.value_or("/");
        if (wanted.max_age) {
            // A negative or zero age would mean something else to Traefik.
            out.max_age = std::max<std::int64_t>(
                1, std::chrono::ceil<std::chrono::seconds>(*wanted.max_age).count());
        }
        return out;
    }

    /// A backend as the only thing behind some middlewares.
    ServiceSettings
    single(std::size_t backend, const Deadline& deadline, std::optional<StickyCookie> sticky) {
        const ir::Backend& found = draft_.config.backends[backend];
        const bool is_shared = found.in_clusters || found.endpoints.size() > repeated_endpoints;
        if (found.composite || (!sticky && is_shared)) {
            return Weighted{.members = {{shared(backend, deadline), 1}}};
        }
        LoadBalancer own = load_balancer(backend, deadline);
        own.sticky = std::move(sticky);
        return own;
    }

    std::string member_service(const ir::Member& member,
                               const std::string& rule_name,
                               const Deadline& deadline,
                               const std::optional<StickyCookie>& sticky) {
        if (!member.backend) return status_service(draft_, member.fail.status);
        if (member.filters.empty() && !sticky) return shared(*member.backend, deadline);
        std::string name = with_part(rule_name, "b" + std::to_string(member.ref));
        std::optional<StickyCookie> own = sticky;
        // One cookie chooses the member, another one the endpoint behind it.
        if (own) own->name += "-endpoint";
        add_filtered(name,
                     render_filters(draft_, name, member.filters, service_of_),
                     std::nullopt,
                     single(*member.backend, deadline, std::move(own)));
        return name;
    }

    Weighted weighted(const ir::Rule& rule,
                      const ir::Forward& forward,
                      const std::string& name,
                      const Deadline& deadline) {
        Weighted out{.sticky = cookie(rule, name)};
        for (const ir::Member& member : forward.members) {
            std::string service = member_service(member, name, deadline, out.sticky);
            const auto same =
                std::find_if(out.members.begin(),
                             out.members.end(),
                             [&](const WeightedMember& other) { return other.service == service; });
            if (same != out.members.end()) {
                same->weight += member.weight;
            } else {
                out.members.push_back({std::move(service), member.weight});
            }
        }
        return out;
    }

    std::string render_forward(const ir::Rule& rule, const ir::Forward& forward) {
        const Deadline deadline = deadline_of(rule);
        const ir::Member& first = forward.members.front();
        const bool one = forward.members.size() == 1;
        const bool plain =
            rule.filters.empty() && !rule.retry && !rule.stickiness && !needs_hop(rule);
        if (one && plain && first.filters.empty()) {
            return first.backend ? shared(*first.backend, deadline)
                                 : status_service(draft_, first.fail.status);
        }
        std::string name = rule_name(draft_.config.routes[rule.route], rule);
        FilterChain chain = render_filters(draft_, name, rule.filters, service_of_);
        std::optional<std::string> retry;
        if (rule.retry) retry = render_retry(draft_, name, *rule.retry);
        ServiceSettings settings = one && first.backend && first.filters.empty()
                                       ? single(*first.backend, deadline, cookie(rule, name))
                                       : ServiceSettings(weighted(rule, forward, name, deadline));
        if (needs_hop(rule)) {
            const std::string inner = with_part(name, "inner");
            const Hop hop = render_hop(draft_, name, inner);
            std::vector<std::string> behind{hop.strip_mark};
            if (retry) behind.push_back(std::move(*retry));
            add(inner, std::move(behind), std::move(settings));
            // Behind the mirrors, so that these see the request as it came.
            retry = hop.mark;
            settings = LoadBalancer{.urls = {hop.url},
                                    .transport = transport_for(std::nullopt, rule.request_timeout),
                                    .backend = std::string(inner_backend)};
        }
        add_filtered(name, std::move(chain), std::move(retry), std::move(settings));
        return name;
    }

    Target render_answer(const ir::Rule& rule) {
        Target target{.service = rule_name(draft_.config.routes[rule.route], rule)};
        FilterChain chain = render_filters(draft_, target.service, rule.filters, service_of_);
        target.get_only = draft_.is_file() && chain.redirects && !draft_.settings.approximate;
        // Nothing is behind the redirect: what it lets pass would get 503.
        add(target.service, std::move(chain.middlewares), LoadBalancer{});
        return target;
    }

    Draft& draft_;
    const ServiceOf service_of_ = [this](std::size_t backend) { return shared(backend, {}); };
    std::vector<std::string> backend_names_;
    std::vector<std::string> tls_names_;
    std::set<std::pair<std::size_t, Deadline>> shared_;
    std::set<std::string> transports_;
};

void report_get_only(Draft& draft, const ir::Rule& rule) {
    const ir::RouteId& route = draft.config.routes[rule.route];
    draft.diagnostics.add(
        {.code = diag::Code::RedirectMethods,
         .object = {route.kind, route.ns, route.name},
         .path = diag::Path("spec.rules") / rule.index / "filters",
         .detail =
             "Traefik's redirectRegex answers this status to GET only; in format file HEAD is "
             "answered 307 or 308, and requests with other methods get 500",
         .hint = "use --to plugin, or --approximate to redirect every method with 307 or 308"});
}

}  // namespace

std::string status_service_name(int status) {
    return make_name({"gatefile", "status", std::to_string(status)});
}

std::string status_service(Draft& draft, int status) {
    const std::string name = status_service_name(status);
    const bool known = std::any_of(draft.status_services.begin(),
                                   draft.status_services.end(),
                                   [&](int s) { return s == status; });
    if (known) return name;
    draft.status_services.push_back(status);
    draft.dynamic.middlewares.push_back({name, StatusMiddleware{.status = status}});
    draft.dynamic.services.push_back({name, {name}, LoadBalancer{}});
    return name;
}

RenderedRules render_rules(Draft& draft) {
    RuleServices services(draft);
    RenderedRules rendered;
    std::vector<Target>& targets = rendered.targets;
    targets.reserve(draft.config.rules.size());
    for (const ir::Rule& rule : draft.config.rules) {
        targets.push_back(services.render(rule));
        if (!targets.back().get_only) continue;
        status_service(draft, 500);  // for the other methods
        report_get_only(draft, rule);
    }
    rendered.listeners.reserve(draft.config.listeners.size());
    for (const ir::Listener& listener : draft.config.listeners)
        rendered.listeners.push_back(services.render_filters_of(listener));
    return rendered;
}

}  // namespace gatefile::traefik
