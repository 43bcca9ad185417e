// SPDX-License-Identifier: Apache-2.0
#include "policies.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "backend_tls.hpp"
#include "gatefile/base/strings.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

diag::Path target_path(std::size_t index) {
    return diag::Path("spec.targetRefs") / index;
}

/// The older one first; what has no timestamp is not created yet.
auto seniority(const api::Meta& meta) {
    return std::tuple(!meta.created.has_value(),
                      meta.created.value_or(base::Timestamp{}),
                      std::string_view(meta.ns),
                      std::string_view(meta.name));
}

}  // namespace

BackendTlsPolicies::BackendTlsPolicies(const Context& context) : context_(context) {
    for (const api::BackendTlsPolicy& spec : context.snapshot.backend_tls_policies) {
        for (std::size_t i = 0; i < spec.targets.size(); ++i) {
            const api::BackendTlsPolicy::Target& target = spec.targets[i];
            if (!target.group.empty() || target.kind != "Service") continue;
            const std::string_view section =
                target.section_name ? std::string_view(*target.section_name) : std::string_view();
            services_[{spec.meta.ns, target.name}].targets.push_back(
                {policies_.size(), i, section});
        }
        policies_.push_back(
            {.spec = &spec, .judged = false, .tls = {}, .absent = {}, .gateways = {}});
    }
    const auto age = [&](const Target& target) {
        return seniority(policies_[target.policy].spec->meta);
    };
    for (auto& [key, service] : services_)
        std::ranges::stable_sort(service.targets, {}, age);
}

std::optional<BackendTlsPolicies::Hold>
BackendTlsPolicies::find(std::string_view ns, std::string_view service, std::string_view port) {
    const auto known = services_.find({ns, service});
    if (known == services_.end()) return std::nullopt;
    judge(known->first, known->second);
    const Target* found = nullptr;
    for (const Target& target : known->second.targets) {
        const bool is_better = found == nullptr || (found->section.empty() && !port.empty());
        if (target.section == port && !port.empty() && is_better) found = &target;
        if (target.section.empty() && found == nullptr) found = &target;
    }
    if (found == nullptr) return std::nullopt;
    const Policy& policy = policies_[found->policy];
    return Hold{policy.spec, policy.tls, policy.absent};
}

bool BackendTlsPolicies::has_section(std::string_view ns,
                                     std::string_view service,
                                     std::string_view port) const {
    const auto known = services_.find({ns, service});
    return known != services_.end() && !port.empty() &&
           std::ranges::count(known->second.targets, port, &Target::section) > 0;
}

bool BackendTlsPolicies::has_sections(std::string_view ns, std::string_view service) const {
    const auto known = services_.find({ns, service});
    return known != services_.end() &&
           std::ranges::any_of(known->second.targets, [](const Target& target) {
               return !target.section.empty();
           });
}

void BackendTlsPolicies::note_use(std::string_view ns, std::string_view service) {
    if (services_.empty()) return;
    const auto known = services_.find({ns, service});
    if (known == services_.end()) return;
    judge(known->first, known->second);
    used_.push_back(&known->second);
}

void BackendTlsPolicies::end_route(const std::vector<Parent>& parents) {
    for (const Service* service : used_) {
        for (const Target& target : service->targets) {
            for (const Parent& parent : parents) {
                if (parent.accepted) policies_[target.policy].gateways.insert(parent.gateway);
            }
        }
    }
    used_.clear();
}

void BackendTlsPolicies::end_uses(std::size_t gateway) {
    for (const Service* service : used_) {
        for (const Target& target : service->targets)
            policies_[target.policy].gateways.insert(gateway);
    }
    used_.clear();
}

std::vector<BackendTlsPolicy> BackendTlsPolicies::finish() {
    std::vector<BackendTlsPolicy> used;
    for (const Policy& policy : policies_) {
        if (!policy.gateways.empty()) {
            used.push_back({policy.spec, {policy.gateways.begin(), policy.gateways.end()}});
        } else if (!policy.judged) {
            report(context_,
                   *policy.spec,
                   diag::Path("spec.targetRefs"),
                   {diag::Code::PolicyDetached,
                    "no route that is served here leads to a Service that it is for"});
        }
    }
    return used;
}

void BackendTlsPolicies::judge(const Key& key, Service& service) {
    if (service.judged) return;
    service.judged = true;
    std::map<std::string_view, const Policy*> first;
    for (const Target& target : service.targets) {
        Policy& policy = policies_[target.policy];
        judge_policy(policy);
        judge_target(key, target);
        const auto [at, is_first] = first.emplace(target.section, &policy);
        if (is_first) continue;
        report(context_,
               *policy.spec,
               target_path(target.index),
               {diag::Code::PolicyConflict,
                fmt::format("BackendTLSPolicy {} is for the same target and goes first",
                            base::quote_for_message(at->second->spec->meta.name)),
                "remove one of them, or name different ports in sectionName"});
    }
}

/// Policies hold for TCP only; `sectionName` is the name of a port.
void BackendTlsPolicies::judge_target(const Key& key, const Target& target) {
    const auto services = services_of(context_.snapshot, key.first, key.second);
    if (services.empty()) return;  // told where it is referred to
    const auto is_meant = [&](const api::ServicePort& port) {
        return target.section.empty() || port.name == target.section;
    };
    const auto is_tcp = [&](const api::ServicePort& port) {
        return is_meant(port) && port.protocol == "TCP";
    };
    const auto any_port = [&services](const auto& is_so) {
        return std::ranges::any_of(services, [&](const api::Service* service) {
            return std::ranges::any_of(service->ports, is_so);
        });
    };
    if (any_port(is_tcp)) return;
    const api::BackendTlsPolicy& policy = *policies_[target.policy].spec;
    if (any_port(is_meant)) {
        report(context_,
               policy,
               target_path(target.index),
               {diag::Code::PolicyUnsupported,
                "there is no TLS over UDP: no port that is meant is "
                "a TCP port"});
    } else if (!target.section.empty()) {
        report(context_,
               policy,
               target_path(target.index) / "sectionName",
               {diag::Code::PolicyTargetMissing,
                fmt::format("Service {} has no port named {}",
                            quoted_name(key.first, key.second),
                            base::quote_for_message(target.section))});
    }
}

void BackendTlsPolicies::judge_policy(Policy& policy) {
    if (policy.judged) return;
    policy.judged = true;
    JudgedBackendTls judged = judge_backend_tls(context_, *policy.spec);
    policy.absent = std::move(judged.absent);
    if (judged.tls) policy.tls = std::make_shared<const BackendTls>(std::move(*judged.tls));
}

}  // namespace gatefile::graph
