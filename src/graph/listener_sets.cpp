// SPDX-License-Identifier: Apache-2.0
#include "listener_sets.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/graph/build.hpp"
#include "listeners.hpp"
#include "namespaces.hpp"

namespace gatefile::graph {
namespace {

bool names_gateway(const api::ListenerSet& set) {
    return set.parent_ref.group == gateway_api_group && set.parent_ref.kind == "Gateway";
}

const std::string& parent_namespace(const api::ListenerSet& set) {
    return set.parent_ref.ns ? *set.parent_ref.ns : set.meta.ns;
}

Judgement judge(const api::Snapshot& snapshot,
                const Selection& selection,
                const api::Gateway& gateway,
                const api::ListenerSet& set) {
    if (!gateway.allowed_listeners) return Judgement::No;
    return takes(snapshot, selection, *gateway.allowed_listeners, gateway.meta.ns, set.meta.ns);
}

Finding refusal(const api::Gateway& gateway, const api::ListenerSet& set, Judgement judgement) {
    const std::string name = quoted_name(gateway.meta.ns, gateway.meta.name);
    const std::string ns = base::quote_for_message(set.meta.ns);
    const auto not_allowed = [](std::string detail, std::string hint) {
        return Finding{diag::Code::ListenerSetNotAllowed, std::move(detail), std::move(hint)};
    };
    if (judgement == Judgement::Unknown) {
        const std::string option = label_to_give(*gateway.allowed_listeners->selector, set.meta.ns);
        Finding finding = not_allowed(
            fmt::format("Gateway {} selects namespaces by label, and Namespace {} is not among the "
                        "objects read",
                        name,
                        ns),
            fmt::format("add the Namespace, or say --namespace-label {} if it has that label",
                        base::quote_for_message(option, 200)));
        finding.absent = diag::ObjectRef{"Namespace", {}, set.meta.ns};
        return finding;
    }
    const char* const hint =
        "spec.allowedListeners of the Gateway says which ListenerSets it takes";
    if (!gateway.allowed_listeners ||
        gateway.allowed_listeners->from == api::FromNamespaces::None) {
        return not_allowed(fmt::format("Gateway {} takes no ListenerSets", name), hint);
    }
    return not_allowed(fmt::format("Gateway {} takes no ListenerSets of namespace {}", name, ns),
                       hint);
}

/// A set whose Gateway is not among ours.
void report_detached(const Context& context, const api::ListenerSet& set) {
    const diag::Path path("spec.parentRef");
    if (names_gateway(set) &&
        context.snapshot.find_gateway(parent_namespace(set), set.parent_ref.name) == nullptr) {
        const diag::ObjectRef absent{"Gateway", parent_namespace(set), set.parent_ref.name};
        report(context,
               set,
               path,
               {diag::Code::ListenerSetParentMissing,
                fmt::format("Gateway {} {}",
                            quoted_name(absent.ns, absent.name),
                            why_absent(context, absent)),
                {},
                absent});
        return;
    }
    report(context,
           set,
           path,
           {diag::Code::ListenerSetDetached, "the parentRef names no Gateway that is served here"});
}

/// Who comes first; one without a timestamp is not created yet.
auto seniority(const ListenerSet& set) {
    const api::Meta& meta = set.spec->meta;
    return std::tuple(!meta.created.has_value(),
                      meta.created.value_or(base::Timestamp{}),
                      std::string_view(meta.ns),
                      std::string_view(meta.name));
}

void add_listeners(ListenerSet& set, Gateway& gateway) {
    set.first_listener = gateway.listeners.size();
    for (std::size_t i = 0; i < set.spec->listeners.size(); ++i) {
        Listener& listener = gateway.listeners.emplace_back();
        listener.spec = &set.spec->listeners[i];
        listener.index = gateway.listeners.size() - 1;
        listener.set = set.spec;
        listener.spec_index = i;
    }
}

}  // namespace

bool allows(const api::Snapshot& snapshot,
            const Selection& selection,
            const api::Gateway& gateway,
            const api::ListenerSet& set) {
    return names_gateway(set) && set.parent_ref.name == gateway.meta.name &&
           parent_namespace(set) == gateway.meta.ns &&
           judge(snapshot, selection, gateway, set) == Judgement::Yes;
}

std::vector<ListenerSet> add_listener_sets(const Context& context, std::vector<Gateway>& gateways) {
    std::vector<ListenerSet> sets;
    for (const api::ListenerSet& spec : context.snapshot.listener_sets) {
        const auto gateway =
            names_gateway(spec)
                ? find_by_name(gateways, parent_namespace(spec), spec.parent_ref.name)
                : std::nullopt;
        if (!gateway) {
            report_detached(context, spec);
            continue;
        }
        const api::Gateway& parent = *gateways[*gateway].spec;
        const Judgement judgement =
            judge(context.snapshot, context.settings.selection, parent, spec);
        sets.push_back(
            {.spec = &spec, .gateway = *gateway, .allowed = judgement == Judgement::Yes});
        if (judgement != Judgement::Yes) {
            report(context, spec, diag::Path("spec.parentRef"), refusal(parent, spec, judgement));
        }
    }
    std::vector<ListenerSet*> in_order;
    for (ListenerSet& set : sets) {
        if (set.allowed) in_order.push_back(&set);
    }
    std::ranges::sort(in_order, {}, [](const ListenerSet* set) { return seniority(*set); });
    for (ListenerSet* set : in_order)
        add_listeners(*set, gateways[set->gateway]);
    return sets;
}

void accept_listener_sets(std::vector<ListenerSet>& sets, std::vector<Gateway>& gateways) {
    for (ListenerSet& set : sets) {
        Gateway& gateway = gateways[set.gateway];
        if (!set.allowed || !gateway.accepted) continue;
        const auto first =
            gateway.listeners.begin() + static_cast<std::ptrdiff_t>(set.first_listener);
        const auto count = static_cast<std::ptrdiff_t>(set.spec->listeners.size());
        set.accepted = std::any_of(first, first + count, is_good);
        if (set.accepted) ++gateway.attached_listener_sets;
    }
}

}  // namespace gatefile::graph
