// SPDX-License-Identifier: Apache-2.0
#include "policy.hpp"

#include "fold.hpp"

namespace gatefile::status {

ObjectStatus policy_status(const graph::Graph& graph,
                           const graph::BackendTlsPolicy& policy,
                           const Faults& faults,
                           const std::string& controller_name) {
    const api::Meta& meta = policy.spec->meta;
    ObjectStatus status;
    status.object = {"BackendTLSPolicy", meta.ns, meta.name};
    status.api_version = "gateway.networking.k8s.io/v1";
    const auto any = [](const diag::Diagnostic&) { return true; };
    const auto own = faults.of(status.object);
    const std::vector<Condition> conditions{
        fold({"Accepted", "Accepted", "The policy is accepted"},
             select(own, diag::Condition::Accepted, any),
             meta.generation),
        fold({"ResolvedRefs", "ResolvedRefs", "All references are resolved"},
             select(own, diag::Condition::ResolvedRefs, any),
             meta.generation)};
    for (const std::size_t index : policy.gateways) {
        const api::Meta& gateway = graph.gateways[index].spec->meta;
        status.parents.push_back({{.group = "gateway.networking.k8s.io",
                                   .kind = "Gateway",
                                   .ns = gateway.ns,
                                   .name = gateway.name,
                                   .section_name = {},
                                   .port = {}},
                                  controller_name,
                                  conditions});
    }
    return status;
}

}  // namespace gatefile::status
