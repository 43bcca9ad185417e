// SPDX-License-Identifier: Apache-2.0
#include "attach.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "hostnames.hpp"
#include "namespaces.hpp"

namespace gatefile::graph {
namespace {

/// The index of a Gateway of ours.
std::optional<std::size_t>
find_gateway(const std::vector<Gateway>& gateways, std::string_view ns, std::string_view name) {
    const auto wanted = std::tie(ns, name);
    const auto key = [](const Gateway& gateway) {
        return std::tuple<std::string_view, std::string_view>(gateway.spec->meta.ns,
                                                              gateway.spec->meta.name);
    };
    const auto found = std::lower_bound(
        gateways.begin(), gateways.end(), wanted, [&](const Gateway& gateway, const auto& value) {
            return key(gateway) < value;
        });
    if (found == gateways.end() || key(*found) != wanted) return std::nullopt;
    return static_cast<std::size_t>(found - gateways.begin());
}

bool is_named(const api::ParentRef& ref, const Listener& listener) {
    return (!ref.section_name || *ref.section_name == listener.spec->name) &&
           (!ref.port || *ref.port == listener.spec->port);
}

Judgement allows_namespace(const Context& context,
                           const Gateway& gateway,
                           const Listener& listener,
                           const api::Route& route) {
    const api::RouteNamespaces& namespaces = listener.spec->allowed_routes.namespaces;
    const auto yes_if = [](bool yes) { return yes ? Judgement::Yes : Judgement::No; };
    switch (namespaces.from) {
    case api::FromNamespaces::All:
        return Judgement::Yes;
    case api::FromNamespaces::Same:
        return yes_if(route.meta.ns == gateway.spec->meta.ns);
    case api::FromNamespaces::Selector:
        return namespaces.selector ? selects(context, *namespaces.selector, route.meta.ns)
                                   : Judgement::No;
    case api::FromNamespaces::None:
        return Judgement::No;
    }
    return Judgement::No;
}

bool allows_kind(const Listener& listener, const api::Route& route) {
    const std::string_view kind = api::name_of(route.kind);
    return std::any_of(listener.supported_kinds.begin(),
                       listener.supported_kinds.end(),
                       [&](const api::RouteGroupKind& supported) {
                           return supported.kind == kind && supported.group == gateway_api_group;
                       });
}

std::string
why_not_allowed(const Gateway& gateway, const Listener& listener, const api::Route& route) {
    const std::string name = base::quote_for_message(listener.spec->name);
    if (!allows_kind(listener, route)) {
        return fmt::format("listener {} takes no {}s", name, api::name_of(route.kind));
    }
    const std::string ns = base::quote_for_message(route.meta.ns);
    switch (listener.spec->allowed_routes.namespaces.from) {
    case api::FromNamespaces::Same:
        return fmt::format("listener {} takes routes of its own namespace {} only",
                           name,
                           base::quote_for_message(gateway.spec->meta.ns));
    case api::FromNamespaces::Selector:
        return fmt::format("the namespace selector of listener {} does not match {}", name, ns);
    case api::FromNamespaces::All:
    case api::FromNamespaces::None:
        break;
    }
    return fmt::format("listener {} takes no routes", name);
}

/// "NS=KEY=VALUE", from the labels that the selector asks for.
std::string label_to_give(const api::LabelSelector& selector, std::string_view ns) {
    if (selector.match_labels.empty()) return fmt::format("{}=KEY=VALUE", ns);
    const auto& [key, value] = selector.match_labels.front();
    return fmt::format("{}={}={}", ns, key, value);
}

void report_unknown_labels(const Context& context,
                           const Listener& listener,
                           const api::Route& route,
                           std::size_t parent) {
    const std::string& ns = route.meta.ns;
    const std::string option =
        label_to_give(*listener.spec->allowed_routes.namespaces.selector, ns);
    report_parent(
        context,
        route,
        parent,
        {diag::Code::SelectorUnmatched,
         fmt::format("listener {} selects namespaces by label, and Namespace {} is not "
                     "among the objects read",
                     base::quote_for_message(listener.spec->name),
                     base::quote_for_message(ns)),
         fmt::format("add the Namespace, or say --namespace-label {} if it has that label",
                     base::quote_for_message(option, 200))});
}

std::string target(const api::ParentRef& ref) {
    std::string text;
    if (ref.section_name) text += " named " + base::quote_for_message(*ref.section_name);
    if (ref.port) text += fmt::format(" on port {}", *ref.port);
    return text;
}

std::string name_of(const Gateway& gateway) {
    return quoted_name(gateway.spec->meta.ns, gateway.spec->meta.name);
}

/// How far the route got with a listener.
enum class Reached : std::uint8_t { Nothing, Name, Permission, Hostname };

/// All listeners that got exactly as far, each described by `text`.
template <typename Text>
std::string list_reached(const Gateway& gateway,
                         const std::vector<Reached>& reached,
                         Reached wanted,
                         std::string_view separator,
                         Text text) {
    std::string list;
    for (const Listener& listener : gateway.listeners) {
        if (reached[listener.index] != wanted) continue;
        if (!list.empty()) list += separator;
        list += text(listener);
    }
    return list;
}

Reached reach(const Context& context,
              const api::Route& route,
              const Gateway& gateway,
              const Listener& listener,
              Parent& parent) {
    if (!is_named(route.parent_refs[parent.index], listener)) return Reached::Nothing;
    if (!allows_kind(listener, route)) return Reached::Name;
    const Judgement allowed = allows_namespace(context, gateway, listener, route);
    if (allowed == Judgement::Unknown) {
        report_unknown_labels(context, listener, route, parent.index);
    }
    if (allowed != Judgement::Yes) return Reached::Name;
    std::vector<EffectiveHostname> hostnames =
        effective_hostnames(listener.hostname, route.hostnames);
    if (hostnames.empty()) return Reached::Permission;
    parent.attachments.push_back({parent.gateway, listener.index, std::move(hostnames)});
    return Reached::Hostname;
}

/// The reason is the furthest point that was reached with any listener.
Finding refusal(const api::Route& route,
                const Gateway& gateway,
                const Parent& parent,
                const std::vector<Reached>& reached) {
    const auto furthest = std::max_element(reached.begin(), reached.end());
    switch (furthest == reached.end() ? Reached::Nothing : *furthest) {
    case Reached::Nothing:
        break;
    case Reached::Name:
        return {diag::Code::RouteNotAllowed,
                list_reached(gateway,
                             reached,
                             Reached::Name,
                             "; ",
                             [&](const Listener& listener) {
                                 return why_not_allowed(gateway, listener, route);
                             }),
                "allowedRoutes of the listener says which routes it takes"};
    case Reached::Permission:
    case Reached::Hostname:
        return {diag::Code::RouteNoHostname,
                fmt::format("no hostname of the route is covered by {} of Gateway {}",
                            list_reached(gateway,
                                         reached,
                                         Reached::Permission,
                                         ", ",
                                         [](const Listener& listener) {
                                             return base::quote_for_message(listener.hostname);
                                         }),
                            name_of(gateway)),
                {}};
    }
    return {diag::Code::RouteNoParent,
            fmt::format("Gateway {} has no listener{}",
                        name_of(gateway),
                        target(route.parent_refs[parent.index])),
            {}};
}

void attach_to(const Context& context,
               const api::Route& route,
               const Gateway& gateway,
               Parent& parent) {
    std::vector<Reached> reached;
    reached.reserve(gateway.listeners.size());
    for (const Listener& listener : gateway.listeners) {
        reached.push_back(reach(context, route, gateway, listener, parent));
    }
    parent.accepted = !parent.attachments.empty();
    if (!parent.accepted) {
        report_parent(context, route, parent.index, refusal(route, gateway, parent, reached));
    }
}

}  // namespace

std::vector<Parent>
attach(const Context& context, const api::Route& route, const std::vector<Gateway>& gateways) {
    std::vector<Parent> parents;
    bool is_missing = false;
    for (std::size_t i = 0; i < route.parent_refs.size(); ++i) {
        const api::ParentRef& ref = route.parent_refs[i];
        if (ref.group != gateway_api_group || ref.kind != "Gateway") continue;
        const std::string& ns = ref.ns ? *ref.ns : route.meta.ns;
        if (const auto index = find_gateway(gateways, ns, ref.name)) {
            Parent parent{.index = i, .gateway = *index, .attachments = {}};
            attach_to(context, route, gateways[*index], parent);
            parents.push_back(std::move(parent));
        } else if (!context.snapshot.find_gateway(ns, ref.name)) {
            is_missing = true;
            report_parent(context,
                          route,
                          i,
                          {diag::Code::RouteParentMissing,
                           fmt::format("Gateway {} does not exist", quoted_name(ns, ref.name)),
                           {}});
        }
    }
    if (route.use_default_gateways && *route.use_default_gateways != "None") {
        report(context,
               route,
               diag::Path("spec.useDefaultGateways"),
               {diag::Code::GatewayDefaultScope,
                "the route is attached through its parentRefs only",
                "name the Gateway in parentRefs"});
    }
    if (parents.empty() && !is_missing) {
        report(context,
               route,
               diag::Path("spec.parentRefs"),
               {diag::Code::RouteDetached, "no parentRef names a Gateway that is served here", {}});
    }
    return parents;
}

}  // namespace gatefile::graph
