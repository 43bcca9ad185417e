// SPDX-License-Identifier: Apache-2.0
//
// Time of what stands behind leaf certificates: intermediates in their chains, and the authorities
// that backends and clients are verified by.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "lint_parts.hpp"
#include "references.hpp"

namespace gatefile::analysis {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end_mark = "-----END CERTIFICATE-----";

std::vector<std::string_view> blocks_of(std::string_view pem) {
    std::vector<std::string_view> blocks;
    while (true) {
        const std::size_t begin = pem.find(begin_mark);
        if (begin == std::string_view::npos) return blocks;
        const std::size_t end = pem.find(end_mark, begin);
        if (end == std::string_view::npos) return blocks;
        blocks.push_back(pem.substr(begin, end + end_mark.size() - begin));
        pem.remove_prefix(end + end_mark.size());
    }
}

class Judge {
public:
    Judge(const graph::Graph& graph, base::Timestamp now, diag::Diagnostics& diagnostics)
        : graph_(graph), now_(now), diagnostics_(diagnostics) {}

    void look_at_chain(const graph::Gateway& gateway,
                       const graph::Listener& listener,
                       const api::Secret& secret) {
        const base::SecretBytes* bytes = secret.find("tls.crt");
        if (bytes == nullptr) return;
        const std::vector<std::string_view> blocks = blocks_of(bytes->reveal());
        for (std::size_t i = 1; i < blocks.size(); ++i) {
            const auto end = end_of(blocks[i]);
            if (!end || !(*end < now_)) continue;
            diag::Diagnostic found = certificate_place(gateway, listener);
            found.code = diag::Code::CertificateExpired;
            found.detail = fmt::format("number {} of the certificates in Secret {}/{}, that of an "
                                       "issuer, expired at {}",
                                       i + 1,
                                       secret.meta.ns,
                                       secret.meta.name,
                                       base::format_rfc3339(*end));
            found.hint = "put the issuer's present certificate into tls.crt";
            diagnostics_.add(std::move(found));
            return;
        }
    }

    /// Where old and new authorities stand together, only the last of them counts.
    void look_at_authorities(const std::vector<api::ObjectReference>& refs,
                             const diag::ObjectRef& owner,
                             const diag::Path& path,
                             std::string_view effect) {
        std::optional<base::Timestamp> last;
        for (const api::ObjectReference& ref : refs) {
            for (const std::string_view block : blocks_of(pem_of(ref, owner))) {
                const auto end = end_of(block);
                // Nothing is said of what cannot be read whole.
                if (!end) return;
                if (!last || *last < *end) last = end;
            }
        }
        if (!last || !(*last < now_)) return;
        diagnostics_.add({.code = diag::Code::CertificateExpired,
                          .object = owner,
                          .path = path,
                          .detail = fmt::format("the certificates of the authorities expired, the "
                                                "last at {}, so {}",
                                                base::format_rfc3339(*last),
                                                effect),
                          .hint = "refer to certificates that are valid"});
    }

private:
    /// Many chains have the same issuers.
    std::optional<base::Timestamp> end_of(std::string_view block) {
        const auto [at, is_new] = ends_.try_emplace(block);
        if (is_new) {
            if (const auto parsed = base::parse_certificate_chain(block))
                at->second = parsed->not_after;
        }
        return at->second;
    }

    std::string_view pem_of(const api::ObjectReference& ref, const diag::ObjectRef& owner) const {
        const api::Snapshot& snapshot = *graph_.snapshot;
        const std::string& ns = ref.ns ? *ref.ns : owner.ns;
        // What may not be read is not spoken of.
        const Reference reference{"gateway.networking.k8s.io",
                                  owner.kind,
                                  owner.ns,
                                  ref.group,
                                  ref.kind,
                                  ns,
                                  ref.name};
        const auto may_read = [&](const api::ReferenceGrant& grant) {
            return permits(grant, reference);
        };
        if (ns != owner.ns && std::ranges::none_of(snapshot.reference_grants, may_read)) return {};
        if (ref.kind == "ConfigMap") return bundle(snapshot.find_config_map(ns, ref.name));
        if (ref.kind == "Secret") return bundle(snapshot.find_secret(ns, ref.name));
        return bundle(snapshot.find_cluster_trust_bundle(ref.name));
    }

    template <typename Object>
    static std::string_view bundle(const Object* object) {
        return object == nullptr ? std::string_view() : object->ca_bundle().pem;
    }

    const graph::Graph& graph_;
    base::Timestamp now_;
    diag::Diagnostics& diagnostics_;
    std::map<std::string_view, std::optional<base::Timestamp>> ends_;
};

void look_at_clients(const graph::Gateway& gateway, Judge& judge) {
    if (!gateway.spec->tls) return;
    constexpr std::string_view effect = "no client is let in";
    const diag::ObjectRef owner = object_of("Gateway", gateway.spec->meta);
    const api::GatewayTls& tls = *gateway.spec->tls;
    const diag::Path frontend("spec.tls.frontend");
    const auto refs_at = [](const diag::Path& path) {
        return path / "validation" / "caCertificateRefs";
    };
    if (tls.frontend_default) {
        judge.look_at_authorities(tls.frontend_default->ca_certificate_refs,
                                  owner,
                                  refs_at(frontend / "default"),
                                  effect);
    }
    for (std::size_t i = 0; i < tls.frontend_per_port.size(); ++i) {
        const auto& validation = tls.frontend_per_port[i].validation;
        if (!validation) continue;
        judge.look_at_authorities(validation->ca_certificate_refs,
                                  owner,
                                  refs_at(frontend / "perPort" / i / "tls"),
                                  effect);
    }
}

}  // namespace

void lint_authorities(const graph::Graph& graph,
                      base::Timestamp now,
                      diag::Diagnostics& diagnostics) {
    Judge judge(graph, now, diagnostics);
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            for (const api::Secret* secret : listener.certificates)
                judge.look_at_chain(gateway, listener, *secret);
        }
        look_at_clients(gateway, judge);
    }
    for (const graph::BackendTlsPolicy& policy : graph.policies) {
        judge.look_at_authorities(policy.spec->ca_certificate_refs,
                                  object_of("BackendTLSPolicy", policy.spec->meta),
                                  diag::Path("spec.validation.caCertificateRefs"),
                                  "connections to the backends fail");
    }
}

}  // namespace gatefile::analysis
