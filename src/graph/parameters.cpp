// SPDX-License-Identifier: Apache-2.0
#include "parameters.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

constexpr std::string_view service_types[] = {"ClusterIP", "LoadBalancer", "NodePort"};

struct Key {
    std::string_view name;
    std::optional<std::string> Parameters::*field;
    std::span<const std::string_view> values;  ///< none: any
    bool of_class = false;                     ///< a tenant's Gateway must not choose it
};
const Key keys[] = {
    {"slot", &Parameters::slot, {}},
    {"service-type", &Parameters::service_type, service_types, true},
};

std::string known_keys() {
    std::string text;
    for (const Key& key : keys)
        text += (text.empty() ? "" : ", ") + std::string(key.name);
    return text;
}

std::string list(std::span<const std::string_view> values) {
    std::string text;
    for (const std::string_view value : values)
        text += (text.empty() ? "" : " or ") + std::string(value);
    return text;
}

std::string known_slots(const Context& context) {
    std::string text;
    for (const Slot& slot : context.capabilities.slots)
        text += (text.empty() ? "" : ", ") + base::quote_for_message(slot.name);
    return text.empty() ? "none" : text;
}

}  // namespace

std::optional<Finding> read_parameters(const Context& context,
                                       const ParametersRef& ref,
                                       bool of_class,
                                       diag::Code code,
                                       Parameters& into) {
    const auto fault = [code](std::string detail, std::string hint) {
        return Finding{.code = code, .detail = std::move(detail), .hint = std::move(hint)};
    };
    if (!ref.group.empty() || ref.kind != "ConfigMap") {
        return fault(
            fmt::format("parameters of kind {} are not known", quoted_kind(ref.group, ref.kind)),
            "refer to a ConfigMap, or remove parametersRef");
    }
    const std::string name = quoted_name(ref.ns, ref.name);
    const api::ConfigMap* map = context.snapshot.find_config_map(ref.ns, ref.name);
    if (map == nullptr) {
        diag::ObjectRef absent{"ConfigMap", std::string(ref.ns), std::string(ref.name)};
        Finding missing = fault(fmt::format("ConfigMap {} {}", name, why_absent(context, absent)),
                                "add it, in a namespace that is watched, or remove parametersRef");
        missing.absent = std::move(absent);
        return missing;
    }
    Parameters read = into;
    for (const auto& [key, value] : map->data) {
        const auto* known = std::ranges::find(keys, key, &Key::name);
        if (known == std::end(keys)) {
            return fault(fmt::format("ConfigMap {} has the key {}, which is not known",
                                     name,
                                     base::quote_for_message(key)),
                         "keys: " + known_keys());
        }
        if (known->of_class && !of_class) {
            return fault(fmt::format("{} of ConfigMap {} is for a GatewayClass to say", key, name),
                         "set it in the parameters of the GatewayClass");
        }
        if (!known->values.empty() && std::ranges::find(known->values, value) == known->values.end()) {
            return fault(fmt::format("{} of ConfigMap {} is {}",
                                     key,
                                     name,
                                     base::quote_for_message(value)),
                         list(known->values) + " is wanted");
        }
        std::optional<std::string>& field = read.*(known->field);
        if (field && *field != value) {
            return fault(fmt::format("{} of ConfigMap {} is not what the GatewayClass has chosen, {}",
                                     key,
                                     name,
                                     base::quote_for_message(*field)),
                         "leave it out");
        }
        field = value;
    }
    const auto is_it = [&](const Slot& slot) { return slot.name == *read.slot; };
    if (read.slot && std::ranges::none_of(context.capabilities.slots, is_it)) {
        return fault(fmt::format("ConfigMap {} asks for the slot {}, which does not exist",
                                 name,
                                 base::quote_for_message(*read.slot)),
                     "slots: " + known_slots(context));
    }
    into = std::move(read);
    return std::nullopt;
}

}  // namespace gatefile::graph
