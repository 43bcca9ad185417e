// SPDX-License-Identifier: Apache-2.0
#include "backend_tls.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "tls_options.hpp"
#include "trust.hpp"

namespace gatefile::graph {
namespace {

class Judge {
public:
    Judge(const Context& context, const api::BackendTlsPolicy& policy)
        : context_(context), policy_(policy) {
        tls_.policy = policy.meta.ns + "/" + policy.meta.name;
        tls_.server_name = base::to_lower(policy.hostname);
    }

    JudgedBackendTls run() {
        judge_authorities();
        judge_names();
        judge_options();
        if (!good_) return {std::nullopt, std::move(absent_)};
        return {std::move(tls_), std::nullopt};
    }

private:
    void refuse(const diag::Path& path, Finding finding) {
        good_ = false;
        report(context_, policy_, path, std::move(finding));
    }

    void judge_authorities() {
        const diag::Path path("spec.validation");
        if (policy_.ca_certificate_refs.empty()) {
            const std::string known = policy_.well_known_ca_certificates.value_or("");
            if (known == "System") return;
            refuse(
                path / "wellKnownCACertificates",
                {diag::Code::PolicyUnsupported,
                 fmt::format("the certificates {} are not known", base::quote_for_message(known)),
                 "use System, or refer to certificates in caCertificateRefs"});
            return;
        }
        for (std::size_t i = 0; i < policy_.ca_certificate_refs.size(); ++i) {
            Trust trust = resolve_trust(context_, policy_.ca_certificate_refs[i], policy_.meta.ns);
            tls_.ca_pem += trust.pem;
            if (trust.result == Trust::Result::Good) continue;
            if (trust.absent) absent_ = trust.absent;
            // One that is left may still verify what comes from it.
            report(context_,
                   policy_,
                   path / "caCertificateRefs" / i,
                   {trust.result == Trust::Result::UnknownKind ? diag::Code::PolicyAuthorityKind
                                                               : diag::Code::PolicyAuthority,
                    std::move(trust.detail),
                    std::move(trust.hint),
                    std::move(trust.absent)});
        }
        if (tls_.ca_pem.empty()) {
            refuse(path / "caCertificateRefs",
                   {diag::Code::PolicyNoAuthority,
                    "no certificate is left to verify backends with, so they are not asked",
                    {},
                    absent_});
        }
    }

    /// One name can be checked: a DNS name, which is the server name that is sent as well, or a
    /// URI, whatever is sent.
    void judge_names() {
        std::vector<std::string> hosts;
        std::vector<std::string> uris;
        for (const auto& name : policy_.subject_alt_names) {
            if (name.type == "URI") {
                add(uris, name.value);
            } else {
                add(hosts, base::to_lower(name.value));
            }
        }
        const bool has_own = std::ranges::find(hosts, tls_.server_name) != hosts.end();
        const std::size_t count = hosts.size() + uris.size();
        if (count == 0 || (count == 1 && has_own)) return;
        if (!has_own && !uris.empty()) {
            tls_.uri = uris.front();
            if (count > 1) need(Ability::BackendTlsSeveralNames);
            return;
        }
        need(has_own ? Ability::BackendTlsSeveralNames : Ability::BackendTlsOtherName);
        if (has_own || !good_) return;
        tls_.server_name = hosts.front();
        if (hosts.front().starts_with("*.")) {
            refuse(names_path(),
                   {diag::Code::PolicyUnsupported, "a wildcard cannot be sent as server name", {}});
        }
        if (good_ && count > 1) need(Ability::BackendTlsSeveralNames);
    }

    static void add(std::vector<std::string>& names, std::string name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }

    static diag::Path names_path() { return diag::Path("spec.validation.subjectAltNames"); }

    void need(Ability ability) {
        const Answer& answer = context_.capabilities.answer(ability);
        if (answer.support == Support::Yes) return;
        if (answer.support == Support::Approximate && context_.capabilities.approximate) {
            report(context_,
                   policy_,
                   names_path(),
                   {diag::Code::RuleApproximated,
                    fmt::format("served approximately: {}", answer.approximation),
                    std::string(answer.remedy)});
            return;
        }
        refuse(names_path(),
               {diag::Code::PolicyUnsupported,
                fmt::format("not served: {}", answer.reason),
                std::string(answer.remedy)});
    }

    void judge_options() {
        for (const auto& [key, value] : policy_.options) {
            std::optional<std::string> fault = option_fault(key, value, OptionsOf::Backend);
            if (!fault) continue;
            refuse(diag::Path("spec.options") / std::string_view(key),
                   {diag::Code::PolicyUnsupported, std::move(*fault), {}});
        }
        if (!good_) return;
        if (std::optional<std::string> fault = options_fault(policy_.options)) {
            refuse(diag::Path("spec.options"),
                   {diag::Code::PolicyUnsupported, std::move(*fault), {}});
        }
        tls_.options = policy_.options;
    }

    const Context& context_;
    const api::BackendTlsPolicy& policy_;
    BackendTls tls_;
    std::optional<diag::ObjectRef> absent_;
    bool good_ = true;
};

}  // namespace

JudgedBackendTls judge_backend_tls(const Context& context, const api::BackendTlsPolicy& policy) {
    return Judge(context, policy).run();
}

}  // namespace gatefile::graph
