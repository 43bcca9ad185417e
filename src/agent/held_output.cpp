// SPDX-License-Identifier: Apache-2.0
#include "held_output.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "gatefile/traefik/dynamic_diff.hpp"
#include "gatefile/traefik/origin.hpp"
#include "gatefile/traefik/published_text.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::agent {

namespace {

using traefik::PartChange;
using traefik::PartFate;

constexpr std::string_view certificate_part = "tls.certificates.sha256:";
/// Routers that only lead on differ with the routes that they lead to.
constexpr std::string_view index_prefix = "gf-index";

bool is_route(const diag::ObjectRef& object) {
    return object.kind.ends_with("Route");
}

/// Behind "http.routers.".
std::string_view name_in(std::string_view part) {
    for (int i = 0; i < 2; ++i) {
        const std::size_t dot = part.find('.');
        if (dot == std::string_view::npos) return part;
        part.remove_prefix(dot + 1);
    }
    return part;
}

/// Gateways and ListenerSets that show a certificate, by the beginning of its fingerprint.
std::multimap<std::string, diag::ObjectRef> owners_of_certificates(const graph::Graph& graph) {
    constexpr std::size_t shown = 16;
    std::multimap<std::string, diag::ObjectRef> owners;
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            for (const api::Secret* secret : listener.certificates)
                owners.emplace(secret->key_pair().certificate.fingerprint.substr(0, shown),
                               graph::owner_of(gateway, listener));
        }
    }
    return owners;
}

/// Places among routers shift with routers that come and go, which differ themselves.
bool is_only_shifted(const PartChange& change) {
    return change.fate == PartFate::Changed &&
           std::ranges::all_of(change.fields, [](const std::string& field) {
               return field.starts_with("priority ");
           });
}

Differing
differing_of(const std::vector<PartChange>& changes, const graph::Graph& graph) {
    const auto owners = owners_of_certificates(graph);
    Differing found;
    for (const PartChange& change : changes) {
        const std::string_view part = change.part;
        if (part.starts_with(certificate_part)) {
            // The one that it takes the place of goes along with it.
            if (change.fate == PartFate::Removed) continue;
            const std::string_view rest = part.substr(certificate_part.size());
            const auto [first, last] = owners.equal_range(std::string(rest.substr(0, 16)));
            found.all = found.all || first == last;
            for (auto owner = first; owner != last; ++owner)
                found.objects.insert(owner->second);
            continue;
        }
        const std::string_view name = name_in(part);
        if (name.starts_with(index_prefix) || is_only_shifted(change)) continue;
        const auto origin = traefik::origin_of(name);
        if (origin && is_route(origin->object)) {
            found.objects.insert(origin->object);
        } else if (change.fate == PartFate::Changed) {
            found.all = true;
        }
        // What routes share comes and goes with routes, which differ then as well.
    }
    return found;
}

void find_chains(const tree::Node& node, std::map<std::string, base::Certificate>& found) {
    if (node.is_list()) {
        for (const tree::Node& item : node.items())
            find_chains(item, found);
    }
    if (!node.is_map()) return;
    for (const tree::Entry& entry : node.entries()) {
        // The default certificate is no Secret's.
        if (entry.key == "stores") continue;
        if (entry.key != "certFile" || !entry.value.is_string()) {
            find_chains(entry.value, found);
            continue;
        }
        auto chain = base::parse_certificate_chain(entry.value.as_string());
        if (!chain) continue;
        std::string fingerprint = chain->fingerprint;
        found.emplace(std::move(fingerprint), std::move(*chain));
    }
}

/// By their Secrets where these still hold them, else by what they are for.
std::vector<CertificateTime> certificates_in(const tree::Node& root, const graph::Graph& graph) {
    std::map<std::string, base::Certificate> chains;
    find_chains(root, chains);
    std::map<std::string, const api::Secret*> secrets;
    const auto know = [&secrets](const api::Secret& secret) {
        secrets.emplace(secret.key_pair().certificate.fingerprint, &secret);
    };
    for (const graph::Gateway& gateway : graph.gateways) {
        if (gateway.client_certificate != nullptr) know(*gateway.client_certificate);
        for (const graph::Listener& listener : gateway.listeners) {
            for (const api::Secret* secret : listener.certificates)
                know(*secret);
        }
    }
    std::vector<CertificateTime> times;
    for (const auto& [fingerprint, chain] : chains) {
        if (const auto known = secrets.find(fingerprint); known != secrets.end()) {
            times.push_back(
                {known->second->meta.ns, known->second->meta.name, chain.not_after});
            continue;
        }
        const std::string name =
            chain.dns_names.empty() ? chain.common_name : chain.dns_names.front();
        times.push_back({"", name, chain.not_after});
    }
    return times;
}

}  // namespace

base::Result<HeldOutput> compare_held(const publish::FileSet& held,
                                      const publish::FileSet& wanted,
                                      traefik::Format format,
                                      const graph::Graph& graph) {
    if (held.files.size() != 1 || wanted.files.size() != 1 ||
        held.files.front().name != wanted.files.front().name)
        return base::Error{base::ErrorKind::Refused, "what is served is of another format"};
    const publish::File& then = held.files.front();
    const publish::File& now = wanted.files.front();
    auto fresh = traefik::refresh_servers(
        {then.bytes, held.backends}, {now.bytes, wanted.backends}, format);
    if (!fresh) return fresh.error();
    HeldOutput result;
    result.stale = std::move(fresh->unknown);
    if (!fresh->bytes.empty()) {
        result.refreshed = publish::FileSet{.files = {{then.name, std::move(fresh->bytes)}},
                                            .keys = held.keys,
                                            .weight = held.weight,
                                            .generation = fresh->generation,
                                            .pairs = {},
                                            .refused = {},
                                            .backends = held.backends};
    }
    const publish::File& served = result.refreshed ? result.refreshed->files.front() : then;
    const auto changes =
        traefik::diff_dynamic({{served.name, served.bytes}}, {{now.name, now.bytes}});
    if (!changes) return changes.error();
    result.differing = differing_of(*changes, graph);
    const auto document = format == traefik::Format::Plugin ? tree::read_json(served.bytes)
                                                            : tree::read_yaml(served.bytes);
    if (!document) return document.error();
    result.certificates = certificates_in(document->root, graph);
    return result;
}

Differing gateways_of(const Differing& differing,
                      const std::vector<const status::Report*>& reports) {
    Differing found{.all = differing.all, .objects = {}};
    for (const diag::ObjectRef& object : differing.objects) {
        if (!is_route(object)) {
            found.objects.insert(object);
            continue;
        }
        bool known = false;
        for (const status::Report* report : reports) {
            for (const status::ObjectStatus& one : report->objects) {
                if (one.object != object) continue;
                known = true;
                for (const status::RouteParentStatus& parent : one.parents)
                    found.objects.insert({parent.parent_ref.kind,
                                          parent.parent_ref.ns.value_or(object.ns),
                                          parent.parent_ref.name});
            }
        }
        found.all = found.all || !known;
    }
    return found;
}

}  // namespace gatefile::agent
