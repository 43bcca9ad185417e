// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/snapshot.hpp"

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gatefile::api {

namespace {

template <typename Object>
const Object*
find_object(const Objects<Object>& objects, std::string_view ns, std::string_view name) {
    const auto key = std::make_pair(ns, name);
    const auto found = std::lower_bound(
        objects.begin(), objects.end(), key, [](const Object& object, const auto& wanted) {
            return std::pair<std::string_view, std::string_view>(object.meta.ns, object.meta.name) <
                   wanted;
        });
    const bool hit = found != objects.end() && found->meta.ns == ns && found->meta.name == name;
    return hit ? &*found : nullptr;
}

template <typename Object>
void sort_by_name(Objects<Object>& objects) {
    const auto before = [](const auto& a, const auto& b) {
        return std::tie(a->meta.ns, a->meta.name) < std::tie(b->meta.ns, b->meta.name);
    };
    if (std::ranges::is_sorted(objects.pointers(), before)) return;
    std::ranges::sort(objects.pointers(), before);
}

/// With what is known of them, and nothing of other clusters.
void copy_objects(const Snapshot& from, Snapshot& into) {
    for_each_kind(from, [&into](std::string_view kind, const auto& objects) {
        for_each_kind(into, [&](std::string_view other, auto& copy) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(objects)>,
                                         std::remove_cvref_t<decltype(copy)>>) {
                if (kind == other) copy = objects;
            }
        });
    });
    into.origins = from.origins;
    into.first_context_origin = from.first_context_origin;
    into.complete = from.complete;
    into.foreign = from.foreign;
    into.ingress_classes = from.ingress_classes;
    into.from_cluster = from.from_cluster;
}

}  // namespace

const GatewayClass* Snapshot::find_gateway_class(std::string_view name) const {
    return find_object(gateway_classes, {}, name);
}

const Gateway* Snapshot::find_gateway(std::string_view ns, std::string_view name) const {
    return find_object(gateways, ns, name);
}

const ListenerSet* Snapshot::find_listener_set(std::string_view ns, std::string_view name) const {
    return find_object(listener_sets, ns, name);
}

const Namespace* Snapshot::find_namespace(std::string_view name) const {
    return find_object(namespaces, {}, name);
}

const Service* Snapshot::find_service(std::string_view ns, std::string_view name) const {
    return find_object(services, ns, name);
}

const Secret* Snapshot::find_secret(std::string_view ns, std::string_view name) const {
    return find_object(secrets, ns, name);
}

const ConfigMap* Snapshot::find_config_map(std::string_view ns, std::string_view name) const {
    return find_object(config_maps, ns, name);
}

const ClusterTrustBundle* Snapshot::find_cluster_trust_bundle(std::string_view name) const {
    return find_object(cluster_trust_bundles, {}, name);
}

const Middleware* Snapshot::find_middleware(std::string_view ns, std::string_view name) const {
    return find_object(middlewares, ns, name);
}

const TraefikService* Snapshot::find_traefik_service(std::string_view ns,
                                                     std::string_view name) const {
    return find_object(traefik_services, ns, name);
}

const Meta* Snapshot::find_meta(const diag::ObjectRef& object) const {
    const Meta* found = nullptr;
    for_each_kind(*this, [&object, &found](std::string_view kind, const auto& objects) {
        if (kind != object.kind) return;
        const auto* hit = find_object(objects, object.ns, object.name);
        if (hit != nullptr) found = &hit->meta;
    });
    return found;
}

std::span<const EndpointSlice* const> Snapshot::slices_of(std::string_view ns,
                                                          std::string_view service) const {
    const auto [first, last] = std::equal_range(
        slice_keys_.begin(), slice_keys_.end(), SliceKey{.ns = ns, .service = service});
    const auto offset = static_cast<std::size_t>(first - slice_keys_.begin());
    return std::span(slices_by_service_).subspan(offset, static_cast<std::size_t>(last - first));
}

void Snapshot::index() {
    for_each_kind(*this, [](std::string_view, auto& objects) { sort_by_name(objects); });

    std::vector<std::pair<SliceKey, const EndpointSlice*>> slices;
    slices.reserve(endpoint_slices.size());
    for (const EndpointSlice& slice : endpoint_slices) {
        const std::string* service = find(slice.meta.labels, service_name_label);
        if (service != nullptr) {
            slices.emplace_back(SliceKey{.ns = slice.meta.ns, .service = *service}, &slice);
        }
    }
    // Stable: the slices of one Service stay in order of their names.
    std::stable_sort(slices.begin(), slices.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
    });
    slice_keys_.reserve(slices.size());
    slices_by_service_.reserve(slices.size());
    for (const auto& [key, slice] : slices) {
        slice_keys_.push_back(key);
        slices_by_service_.push_back(slice);
    }
}

std::shared_ptr<const Snapshot> join(const Snapshot& home, Home as) {
    auto made = std::make_unique<Snapshot>();
    copy_objects(home, *made);
    made->cluster = std::move(as.name);
    made->cluster_weight = as.weight;
    made->cluster_is_lost = as.is_lost;
    made->members = std::move(as.members);
    made->index();
    return made;
}

std::shared_ptr<const Snapshot>
with_secrets(const Snapshot& from, const std::vector<std::shared_ptr<const Secret>>& secrets) {
    auto made = std::make_unique<Snapshot>();
    copy_objects(from, *made);
    made->cluster = from.cluster;
    made->cluster_weight = from.cluster_weight;
    made->cluster_is_lost = from.cluster_is_lost;
    made->members = from.members;
    for (const auto& secret : secrets) {
        const auto is_same = [&secret](const auto& other) {
            return other->meta.ns == secret->meta.ns && other->meta.name == secret->meta.name;
        };
        std::ranges::replace_if(made->secrets.pointers(), is_same, secret);
    }
    made->index();
    return made;
}

}  // namespace gatefile::api
