// SPDX-License-Identifier: Apache-2.0
#include "attach.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "hostnames.hpp"
#include "listener_sets.hpp"
#include "namespaces.hpp"

namespace gatefile::graph {
namespace {

/// Whose listeners a parentRef means: those of the Gateway itself, or those of one ListenerSet.
struct Target {
    const Gateway& gateway;
    const ListenerSet* set = nullptr;
    std::size_t first = 0;
    std::size_t count = 0;

    std::span<const Listener> listeners() const {
        return std::span(gateway.listeners).subspan(first, count);
    }
    const api::Meta& meta() const { return set ? set->spec->meta : gateway.spec->meta; }
    /// "Gateway \"ns/name\""
    std::string text() const {
        return fmt::format(
            "{} {}", set ? "ListenerSet" : "Gateway", quoted_name(meta().ns, meta().name));
    }
};

Target target_of(const Gateway& gateway) {
    return {gateway, nullptr, 0, gateway.spec->listeners.size()};
}

Target target_of(const Gateway& gateway, const ListenerSet& set) {
    return {gateway, &set, set.first_listener, set.allowed ? set.spec->listeners.size() : 0};
}

/// Fills in what `parent` refers to. Nothing when it is none of ours.
std::optional<Target> find_target(const api::ParentRef& ref,
                                  std::string_view ns,
                                  const std::vector<Gateway>& gateways,
                                  const std::vector<ListenerSet>& sets,
                                  Parent& parent) {
    if (ref.kind == "Gateway") {
        const auto gateway = find_by_name(gateways, ns, ref.name);
        if (!gateway) return std::nullopt;
        parent.gateway = *gateway;
        return target_of(gateways[*gateway]);
    }
    parent.set = find_by_name(sets, ns, ref.name);
    if (!parent.set) return std::nullopt;
    const ListenerSet& set = sets[*parent.set];
    parent.gateway = set.gateway;
    return target_of(gateways[set.gateway], set);
}

bool is_named(const api::ParentRef& ref, const Listener& listener) {
    return (!ref.section_name || *ref.section_name == listener.spec->name) &&
           (!ref.port || *ref.port == listener.spec->port);
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
why_not_allowed(const Target& target, const Listener& listener, const api::Route& route) {
    const std::string name = base::quote_for_message(listener.spec->name);
    if (!allows_kind(listener, route)) {
        return fmt::format("listener {} takes no {}s", name, api::name_of(route.kind));
    }
    const std::string ns = base::quote_for_message(route.meta.ns);
    switch (listener.spec->allowed_routes.namespaces.from) {
    case api::FromNamespaces::Same:
        return fmt::format("listener {} takes routes of its own namespace {} only",
                           name,
                           base::quote_for_message(target.meta().ns));
    case api::FromNamespaces::Selector:
        return fmt::format("the namespace selector of listener {} does not match {}", name, ns);
    case api::FromNamespaces::All:
    case api::FromNamespaces::None:
        break;
    }
    return fmt::format("listener {} takes no routes", name);
}

diag::ObjectRef namespace_of(const api::Route& route) {
    return {"Namespace", {}, route.meta.ns};
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
                     base::quote_for_message(option, 200)),
         namespace_of(route)});
}

std::string which(const api::ParentRef& ref) {
    std::string text;
    if (ref.section_name) text += " named " + base::quote_for_message(*ref.section_name);
    if (ref.port) text += fmt::format(" on port {}", *ref.port);
    return text;
}

/// How far the route got with a listener; Labels: those of its namespace are not known.
enum class Reached : std::uint8_t { Nothing, Name, Labels, Permission, Hostname };

/// All listeners that got exactly as far, each described by `text`.
template <typename Text>
std::string list_reached(const Target& target,
                         const std::vector<Reached>& reached,
                         Reached wanted,
                         std::string_view separator,
                         Text text) {
    std::string list;
    for (std::size_t i = 0; i < reached.size(); ++i) {
        if (reached[i] != wanted) continue;
        if (!list.empty()) list += separator;
        list += text(target.listeners()[i]);
    }
    return list;
}

Reached reach(const Context& context,
              const api::Route& route,
              const Target& target,
              const Listener& listener,
              Parent& parent) {
    if (!is_named(route.parent_refs[parent.index], listener)) return Reached::Nothing;
    if (!allows_kind(listener, route)) return Reached::Name;
    const Judgement allowed = takes(context.snapshot,
                                    context.settings.selection,
                                    listener.spec->allowed_routes.namespaces,
                                    target.meta().ns,
                                    route.meta.ns);
    if (allowed == Judgement::Unknown) {
        report_unknown_labels(context, listener, route, parent.index);
        return Reached::Labels;
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
                const Target& target,
                const Parent& parent,
                const std::vector<Reached>& reached) {
    const auto furthest = std::max_element(reached.begin(), reached.end());
    switch (furthest == reached.end() ? Reached::Nothing : *furthest) {
    case Reached::Nothing:
        break;
    case Reached::Name:
    case Reached::Labels:
        return {diag::Code::RouteNotAllowed,
                list_reached(target,
                             reached,
                             Reached::Name,
                             "; ",
                             [&](const Listener& listener) {
                                 return why_not_allowed(target, listener, route);
                             }),
                "allowedRoutes of the listener says which routes it takes"};
    case Reached::Permission:
    case Reached::Hostname:
        return {diag::Code::RouteNoHostname,
                fmt::format("no hostname of the route is covered by {} of {}",
                            list_reached(target,
                                         reached,
                                         Reached::Permission,
                                         ", ",
                                         [](const Listener& listener) {
                                             return base::quote_for_message(listener.hostname);
                                         }),
                            target.text()),
                {}};
    }
    if (target.set && !target.set->allowed) {
        return {diag::Code::RouteNoParent,
                fmt::format("the Gateway of {} does not take its listeners", target.text()),
                {}};
    }
    return {
        diag::Code::RouteNoParent,
        fmt::format("{} has no listener{}", target.text(), which(route.parent_refs[parent.index])),
        {}};
}

void attach_to(const Context& context,
               const api::Route& route,
               const Target& target,
               Parent& parent) {
    std::vector<Reached> reached;
    reached.reserve(target.count);
    for (const Listener& listener : target.listeners()) {
        reached.push_back(reach(context, route, target, listener, parent));
    }
    parent.accepted = !parent.attachments.empty();
    if (parent.accepted) return;
    const bool is_unknown = std::ranges::find(reached, Reached::Labels) != reached.end();
    std::ranges::replace(reached, Reached::Labels, Reached::Name);
    Finding finding = refusal(route, target, parent, reached);
    if (is_unknown) finding.absent = namespace_of(route);
    report_parent(context, route, parent.index, std::move(finding));
}

/// Whether there is such an object, ours or not.
bool exists(const Context& context, const api::ParentRef& ref, std::string_view ns) {
    return ref.kind == "Gateway" ? context.snapshot.find_gateway(ns, ref.name) != nullptr
                                 : context.snapshot.find_listener_set(ns, ref.name) != nullptr;
}

void report_missing(const Context& context,
                    const api::Route& route,
                    std::size_t index,
                    std::string_view ns) {
    const api::ParentRef& ref = route.parent_refs[index];
    const diag::ObjectRef absent{ref.kind, std::string(ns), ref.name};
    report_parent(context,
                  route,
                  index,
                  {diag::Code::RouteParentMissing,
                   fmt::format("{} {} {}",
                               ref.kind,
                               quoted_name(ns, ref.name),
                               why_absent(context, absent)),
                   {},
                   absent});
}

void report_default_gateways(const Context& context, const api::Route& route) {
    if (!route.use_default_gateways || *route.use_default_gateways == "None") return;
    report(context,
           route,
           diag::Path("spec.useDefaultGateways"),
           {diag::Code::GatewayDefaultScope,
            "the route is attached through its parentRefs only",
            "name the Gateway in parentRefs"});
}

}  // namespace

std::vector<Parent> attach(const Context& context,
                           const api::Route& route,
                           const std::vector<Gateway>& gateways,
                           const std::vector<ListenerSet>& sets) {
    std::vector<Parent> parents;
    bool is_missing = false;
    for (std::size_t i = 0; i < route.parent_refs.size(); ++i) {
        const api::ParentRef& ref = route.parent_refs[i];
        if (ref.group != gateway_api_group) continue;
        if (ref.kind != "Gateway" && ref.kind != "ListenerSet") continue;
        const std::string& ns = ref.ns ? *ref.ns : route.meta.ns;
        Parent parent{.index = i, .set = {}, .attachments = {}};
        if (const auto target = find_target(ref, ns, gateways, sets, parent)) {
            attach_to(context, route, *target, parent);
            parents.push_back(std::move(parent));
            continue;
        }
        if (exists(context, ref, ns)) continue;
        is_missing = true;
        report_missing(context, route, i, ns);
    }
    report_default_gateways(context, route);
    if (parents.empty() && !is_missing) {
        report(context,
               route,
               diag::Path("spec.parentRefs"),
               {diag::Code::RouteDetached, "no parentRef names a Gateway that is served here", {}});
    }
    return parents;
}

}  // namespace gatefile::graph
