// SPDX-License-Identifier: Apache-2.0
#include "classes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/graph/build.hpp"
#include "namespaces.hpp"
#include "parameters.hpp"

namespace gatefile::graph {
namespace {

const GatewayClass* find_class(const std::vector<GatewayClass>& classes, std::string_view name) {
    const auto found = std::lower_bound(
        classes.begin(), classes.end(), name, [](const GatewayClass& item, std::string_view key) {
            return item.spec->meta.name < key;
        });
    return found != classes.end() && found->spec->meta.name == name ? &*found : nullptr;
}

bool selected(const Selection& selection, std::string_view class_name) {
    const std::vector<std::string>& wanted = selection.gateway_classes;
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), class_name) != wanted.end();
}

bool fulfils(const api::LabelSelector& selector, const api::StringMap& labels) {
    const auto value_of = [&labels](const std::string& key) -> std::optional<std::string_view> {
        const std::string* value = api::find(labels, key);
        return value ? std::optional<std::string_view>(*value) : std::nullopt;
    };
    return std::ranges::all_of(
               selector.match_labels,
               [&](const auto& label) { return value_of(label.first) == label.second; }) &&
           std::ranges::all_of(selector.match_expressions, [&](const auto& expression) {
               return holds(expression, value_of(expression.key));
           });
}

bool check_parameters(const Context& context, const api::Gateway& spec, Parameters& parameters) {
    if (!spec.infrastructure || !spec.infrastructure->parameters_ref) return true;
    const api::ObjectReference& ref = *spec.infrastructure->parameters_ref;
    std::optional<Finding> fault = read_parameters(context,
                                                   {ref.group, ref.kind, spec.meta.ns, ref.name},
                                                   false,
                                                   diag::Code::GatewayParameters,
                                                   parameters);
    if (!fault) return true;
    report(context, spec, diag::Path("spec.infrastructure.parametersRef"), std::move(*fault));
    return false;
}

bool check_parameters(const Context& context, const api::GatewayClass& spec, GatewayClass& found) {
    if (!spec.parameters_ref) return true;
    const api::GatewayClass::ParametersRef& ref = *spec.parameters_ref;
    std::optional<Finding> fault =
        read_parameters(context,
                        {ref.group, ref.kind, ref.ns ? std::string_view(*ref.ns) : "", ref.name},
                        true,
                        diag::Code::ClassUnsupportedParams,
                        found.parameters);
    if (!fault) return true;
    found.absent = fault->absent;
    report(context, spec, diag::Path("spec.parametersRef"), std::move(*fault));
    return false;
}

void report_unserved_settings(const Context& context, const api::Gateway& gateway) {
    if (gateway.infrastructure && !context.capabilities.gateway_services &&
        !(gateway.infrastructure->labels.empty() && gateway.infrastructure->annotations.empty())) {
        report(context,
               gateway,
               diag::Path("spec.infrastructure"),
               {diag::Code::GatewayInfrastructure,
                "no object is made for this Gateway that could have these labels and annotations",
                "`gatefile agent --gateway-services` makes a Service for each Gateway"});
    }
    if (gateway.default_scope && *gateway.default_scope != "None") {
        report(context,
               gateway,
               diag::Path("spec.defaultScope"),
               {diag::Code::GatewayDefaultScope,
                "routes are attached through their parentRefs only",
                "name this Gateway in the parentRefs of its routes"});
    }
}

Gateway
make_gateway(const Context& context, const GatewayClass& gateway_class, const api::Gateway& spec) {
    Gateway gateway;
    gateway.spec = &spec;
    gateway.parameters = gateway_class.parameters;
    gateway.slot_is_of_class = gateway.parameters.slot.has_value();
    gateway.accepted = check_parameters(context, spec, gateway.parameters);
    if (!gateway_class.accepted) {
        gateway.accepted = false;
        report(context,
               spec,
               diag::Path("spec.gatewayClassName"),
               {diag::Code::GatewayClassRefused,
                fmt::format("GatewayClass {} is not accepted",
                            base::quote_for_message(spec.gateway_class_name)),
                {},
                gateway_class.absent});
    }
    report_unserved_settings(context, spec);
    gateway.listeners.resize(spec.listeners.size());
    for (std::size_t i = 0; i < spec.listeners.size(); ++i) {
        gateway.listeners[i].spec = &spec.listeners[i];
        gateway.listeners[i].index = i;
        gateway.listeners[i].spec_index = i;
    }
    return gateway;
}

}  // namespace

bool is_selected(const Selection& selection, const api::GatewayClass& gateway_class) {
    return gateway_class.controller_name == selection.controller_name &&
           selected(selection, gateway_class.meta.name);
}

bool is_selected(const api::Snapshot& snapshot,
                 const Selection& selection,
                 const api::Gateway& gateway) {
    const api::GatewayClass* found = snapshot.find_gateway_class(gateway.gateway_class_name);
    return found != nullptr && is_selected(selection, *found) &&
           fulfils(selection.gateway_selector, gateway.meta.labels);
}

std::vector<GatewayClass> find_classes(const Context& context) {
    std::vector<GatewayClass> classes;
    for (const api::GatewayClass& spec : context.snapshot.gateway_classes) {
        if (!is_selected(context.settings.selection, spec)) continue;
        GatewayClass found{.spec = &spec, .accepted = true, .absent = {}, .parameters = {}};
        found.accepted = check_parameters(context, spec, found);
        classes.push_back(std::move(found));
    }
    return classes;
}

std::vector<Gateway> find_gateways(const Context& context,
                                   const std::vector<GatewayClass>& classes) {
    std::vector<Gateway> gateways;
    for (const api::Gateway& spec : context.snapshot.gateways) {
        if (!fulfils(context.settings.selection.gateway_selector, spec.meta.labels)) continue;
        if (const GatewayClass* own = find_class(classes, spec.gateway_class_name)) {
            gateways.push_back(make_gateway(context, *own, spec));
            continue;
        }
        if (!selected(context.settings.selection, spec.gateway_class_name)) continue;
        if (context.snapshot.find_gateway_class(spec.gateway_class_name)) continue;
        const diag::ObjectRef absent{"GatewayClass", {}, spec.gateway_class_name};
        report(context,
               spec,
               diag::Path("spec.gatewayClassName"),
               {diag::Code::GatewayClassMissing,
                fmt::format("GatewayClass {} {}, so nothing serves this Gateway",
                            base::quote_for_message(spec.gateway_class_name),
                            why_absent(context, absent)),
                context.refused.contains(absent)
                    ? "mend it"
                    : fmt::format("add a GatewayClass with controllerName {}",
                                  context.settings.selection.controller_name),
                absent});
    }
    return gateways;
}

}  // namespace gatefile::graph
