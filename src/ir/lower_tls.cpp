// SPDX-License-Identifier: Apache-2.0
#include "lower_tls.hpp"

#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::ir {
namespace {

constexpr std::string_view own_option_prefix = "gatefile.dev/";

/// A listener or stream of the config that terminates TLS.
struct Holder {
    bool is_stream = false;
    std::size_t index = 0;
    auto operator<=>(const Holder&) const = default;
};

/// Where a certificate is asked for; listeners in the order of their claims: the oldest Gateway's
/// first, within a Gateway as written.
struct Claim {
    Source source;
    Holder holder;
};

std::vector<Claim> claims_in_order(const graph::Graph& graph,
                                   const MergedListeners& merged,
                                   const MergedStreams& streams) {
    std::vector<Claim> claims;
    const auto add = [&](const std::vector<Source>& sources, Holder holder) {
        for (const Source& source : sources)
            claims.push_back({source, holder});
    };
    for (std::size_t i = 0; i < merged.all().size(); ++i) {
        if (merged.all()[i].door.tls) add(merged.all()[i].sources, {false, i});
    }
    for (std::size_t i = 0; i < streams.all().size(); ++i) {
        const MergedStream& stream = streams.all()[i];
        if (stream.kind == StreamKind::TlsTerminate) add(stream.sources, {true, i});
    }
    const auto key = [&](const Claim& claim) {
        const api::Meta& meta = graph.gateways[claim.source.gateway].spec->meta;
        return std::pair(seniority(meta.created, meta.ns, meta.name), claim.source.listener);
    };
    std::ranges::sort(claims, {}, key);
    return claims;
}

Tls& tls_of(Config& config, const Holder& holder) {
    return holder.is_stream ? *config.streams[holder.index].tls
                            : *config.listeners[holder.index].tls;
}

const std::vector<ListenerId>& sources_of(const Config& config, const Holder& holder) {
    return holder.is_stream ? config.streams[holder.index].sources
                            : config.listeners[holder.index].sources;
}

const std::string& hostname_of(const Config& config, const Holder& holder) {
    return holder.is_stream ? config.streams[holder.index].hostname
                            : config.listeners[holder.index].hostname;
}

/// The graph has checked the Secrets that it hands on; what cannot be read all the same is left
/// out.
std::optional<Certificate> lower_certificate(const api::Secret& secret) {
    const base::Certificate& leaf = secret.key_pair().certificate;
    const base::SecretBytes* key = secret.find("tls.key");
    if (leaf.fingerprint.empty() || key == nullptr) return std::nullopt;
    Certificate certificate{
        .id = secret.meta.ns + "/" + secret.meta.name,
        .chain_pem = std::string(secret.find("tls.crt")->reveal()),
        .key_pem = *key,
        .names = leaf.dns_names,
        .fingerprint = leaf.fingerprint,
    };
    if (certificate.names.empty() && !leaf.common_name.empty()) {
        certificate.names.push_back(base::to_lower(leaf.common_name));
    }
    return certificate;
}

class CertificateStore {
public:
    CertificateStore(Config& config, diag::Diagnostics& diagnostics)
        : config_(config), diagnostics_(diagnostics) {}

    /// The certificate's place in Config::certificates; nothing when another one owns its names.
    std::optional<std::size_t> add(const api::Secret& secret,
                                   const diag::ObjectRef& object,
                                   const api::Listener& listener,
                                   std::size_t listener_index) {
        const auto known = places_.find(&secret);
        const std::optional<std::size_t> place =
            known != places_.end() ? known->second : places_[&secret] = find_place(secret);
        if (!place) return std::nullopt;
        const Certificate& owner = config_.certificates[*place];
        const Certificate& wanted = parsed_.at(&secret);
        if (owner.fingerprint == wanted.fingerprint) return place;
        diagnostics_.add({
            .code = diag::Code::CertificateOverlap,
            .object = object,
            .path = diag::Path("spec.listeners") / listener_index / "tls" / "certificateRefs",
            .detail =
                fmt::format("Secret {} is not served: the certificate of Secret {}, which goes "
                            "first, covers {} too",
                            wanted.id,
                            owner.id,
                            base::quote_for_message(shared_name(owner, wanted))),
            .hint = "use one certificate per DNS name",
            .listener = listener.name,
        });
        return std::nullopt;
    }

private:
    /// Where the certificate itself is, or the one that owns one of its names.
    std::optional<std::size_t> find_place(const api::Secret& secret) {
        std::optional<Certificate> certificate = lower_certificate(secret);
        if (!certificate) return std::nullopt;
        const Certificate& wanted = parsed_.emplace(&secret, *certificate).first->second;
        const auto same = by_fingerprint_.find(wanted.fingerprint);
        if (same != by_fingerprint_.end()) return same->second;
        for (const std::string& name : wanted.names) {
            const auto owner = by_name_.find(name);
            if (owner != by_name_.end()) return owner->second;
        }
        const std::size_t place = config_.certificates.size();
        for (const std::string& name : wanted.names)
            by_name_.emplace(name, place);
        by_fingerprint_.emplace(wanted.fingerprint, place);
        config_.certificates.push_back(std::move(*certificate));
        return place;
    }

    static std::string_view shared_name(const Certificate& owner, const Certificate& wanted) {
        for (const std::string& name : wanted.names) {
            if (std::ranges::find(owner.names, name) != owner.names.end()) return name;
        }
        return "";
    }

    Config& config_;
    diag::Diagnostics& diagnostics_;
    std::map<const api::Secret*, std::optional<std::size_t>> places_;
    std::map<const api::Secret*, Certificate> parsed_;
    std::map<std::string, std::size_t, std::less<>> by_fingerprint_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
};

std::vector<std::pair<std::string, std::string>> own_options(const api::Listener& listener) {
    std::vector<std::pair<std::string, std::string>> options;
    if (!listener.tls) return options;
    for (const auto& [key, value] : listener.tls->options) {
        if (key.starts_with(own_option_prefix)) options.emplace_back(key, value);
    }
    std::ranges::sort(options);
    return options;
}

std::optional<ClientValidation>
lower_validation(const std::optional<graph::ClientValidation>& from) {
    if (!from) return std::nullopt;
    return ClientValidation{from->ca_pem, from->insecure_fallback};
}

void report_other_options(const ListenerId& first,
                          const diag::ObjectRef& owner,
                          const api::Listener& spec,
                          std::size_t index,
                          diag::Diagnostics& diagnostics) {
    diagnostics.add({
        .code = diag::Code::ListenerOverlap,
        .object = owner,
        .path = diag::Path("spec.listeners") / index / "tls" / "options",
        .detail = fmt::format("the TLS options of listener {} of {} hold, which has the same entry "
                              "point and hostname",
                              base::quote_for_message(first.name),
                              object_of(first).text()),
        .hint = "give both listeners the same options",
        .listener = spec.name,
    });
}

bool covers(std::string_view name, std::string_view hostname) {
    if (name == hostname) return true;
    const std::size_t dot = hostname.find('.');
    return name.starts_with("*.") && dot != std::string_view::npos &&
           hostname.substr(dot) == name.substr(1);
}

/// Whether Traefik, which looks in one store for all, has a certificate for the hostname.
bool has_certificate(const Config& config, const Tls& tls, std::string_view hostname) {
    if (!tls.certificates.empty()) return true;
    for (const auto& [key, value] : tls.options) {
        if (key == "gatefile.dev/cert-resolver") return true;
    }
    return std::ranges::any_of(config.certificates, [&](const Certificate& certificate) {
        return std::ranges::any_of(certificate.names,
                                   [&](const std::string& name) { return covers(name, hostname); });
    });
}

void report_uncertified(const std::vector<ListenerId>& sources, diag::Diagnostics& diagnostics) {
    for (const ListenerId& source : sources) {
        diagnostics.add({.code = diag::Code::CertificateMissing,
                         .object = object_of(source),
                         .path = diag::Path("spec.listeners"),
                         .detail = "not served: none of its certificates is published, because "
                                   "another listener's have the same names",
                         .hint = "use one certificate per DNS name",
                         .listener = source.name});
    }
}

}  // namespace

void refuse(const Uncertified& uncertified, Config& config, diag::Diagnostics& diagnostics) {
    for (const std::size_t index : uncertified.listeners) {
        config.listeners[index].hosts.clear();
        report_uncertified(config.listeners[index].sources, diagnostics);
    }
    for (const std::size_t index : uncertified.streams) {
        config.streams[index].hosts.clear();
        report_uncertified(config.streams[index].sources, diagnostics);
    }
}

std::vector<TlsClient> lower_clients(const graph::Graph& graph, Config& config) {
    std::vector<TlsClient> clients;
    std::map<const api::Secret*, std::optional<std::size_t>> places;
    for (const graph::Gateway& gateway : graph.gateways) {
        TlsClient& client = clients.emplace_back();
        client.fails = gateway.lacks_client_certificate;
        if (gateway.client_certificate == nullptr) continue;
        const auto [at, is_new] = places.try_emplace(gateway.client_certificate);
        if (is_new) {
            if (auto certificate = lower_certificate(*gateway.client_certificate)) {
                at->second = config.client_certificates.size();
                config.client_certificates.push_back(std::move(*certificate));
            }
        }
        client.fails = client.fails || !at->second;
        client.certificate = at->second;
    }
    return clients;
}

Uncertified lower_tls(const graph::Graph& graph,
                      const MergedListeners& merged,
                      const MergedStreams& streams,
                      Config& config,
                      diag::Diagnostics& diagnostics) {
    CertificateStore store(config, diagnostics);
    std::set<Holder> has_options;
    std::set<Holder> wanting;
    for (const Claim& claim : claims_in_order(graph, merged, streams)) {
        const graph::Gateway& gateway = graph.gateways[claim.source.gateway];
        const graph::Listener& from = gateway.listeners[claim.source.listener];
        const diag::ObjectRef object = graph::owner_of(gateway, from);
        Tls& tls = tls_of(config, claim.holder);
        if (!from.certificates.empty()) wanting.insert(claim.holder);
        for (const api::Secret* secret : from.certificates) {
            const auto place = store.add(*secret, object, *from.spec, from.spec_index);
            if (place && std::ranges::find(tls.certificates, *place) == tls.certificates.end()) {
                tls.certificates.push_back(*place);
            }
        }
        std::vector<std::pair<std::string, std::string>> options = own_options(*from.spec);
        if (has_options.insert(claim.holder).second) {
            tls.options = std::move(options);
            tls.client_validation = lower_validation(from.client_validation);
        } else if (options != tls.options) {
            report_other_options(sources_of(config, claim.holder).front(),
                                 object,
                                 *from.spec,
                                 from.spec_index,
                                 diagnostics);
        }
    }
    Uncertified uncertified;
    for (const Holder& holder : wanting) {
        if (has_certificate(config, tls_of(config, holder), hostname_of(config, holder))) continue;
        (holder.is_stream ? uncertified.streams : uncertified.listeners).push_back(holder.index);
    }
    return uncertified;
}

}  // namespace gatefile::ir
