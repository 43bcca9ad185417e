// SPDX-License-Identifier: Apache-2.0
#include "trust.hpp"

#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

Trust unusable(std::string detail) {
    return {.result = Trust::Result::Unusable, .pem = {}, .detail = std::move(detail), .hint = {}};
}

Trust judge(const Context& context,
            const api::CaBundle* bundle,
            const std::string& what,
            diag::ObjectRef object) {
    if (bundle == nullptr) {
        Trust trust = unusable(fmt::format("{} {}", what, why_absent(context, object)));
        trust.absent = std::move(object);
        return trust;
    }
    if (bundle->fault) return unusable(fmt::format("{} cannot be used: {}", what, *bundle->fault));
    return {.result = Trust::Result::Good, .pem = bundle->pem, .detail = {}, .hint = {}};
}

/// What the API server has no more is trusted no more.
template <typename Object>
const api::CaBundle* bundle_of(const Object* object) {
    return object == nullptr || object->meta.gone ? nullptr : &object->ca_bundle();
}

}  // namespace

Trust resolve_trust(const Context& context, const api::ObjectReference& ref, std::string_view ns) {
    const auto object = [&](std::string_view space) {
        return diag::ObjectRef{ref.kind, std::string(space), ref.name};
    };
    if (ref.group.empty() && ref.kind == "ConfigMap") {
        return judge(context,
                     bundle_of(context.snapshot.find_config_map(ns, ref.name)),
                     "ConfigMap " + quoted_name(ns, ref.name),
                     object(ns));
    }
    if (ref.group.empty() && ref.kind == "Secret") {
        return judge(context,
                     bundle_of(context.snapshot.find_secret(ns, ref.name)),
                     "Secret " + quoted_name(ns, ref.name),
                     object(ns));
    }
    if (ref.group == "certificates.k8s.io" && ref.kind == "ClusterTrustBundle") {
        if (ref.ns) return unusable("a ClusterTrustBundle is in no namespace");
        return judge(context,
                     bundle_of(context.snapshot.find_cluster_trust_bundle(ref.name)),
                     "ClusterTrustBundle " + base::quote_for_message(ref.name),
                     object({}));
    }
    return {.result = Trust::Result::UnknownKind,
            .pem = {},
            .detail = fmt::format("objects of kind {} hold no certificates of authorities",
                                  quoted_kind(ref.group, ref.kind)),
            .hint = "refer to a ConfigMap with the certificates in ca.crt"};
}

}  // namespace gatefile::graph
