// SPDX-License-Identifier: Apache-2.0
//
// Ingress and IngressRoute: another provider of the same Traefik serves them. They are read for
// what they share with ours, leniently, and never become a route.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/meta.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api {

/// A host and a path of an Ingress, or a whole rule of an IngressRoute.
struct ForeignRule {
    std::vector<std::string> hosts;  ///< lower case; empty: every host
    std::string path;
    std::string path_type;  ///< of an Ingress: "Prefix", "Exact", "ImplementationSpecific"
    std::string match;      ///< of an IngressRoute: Traefik's rule
    std::string service;
    std::vector<std::string> middlewares;  ///< of an IngressRoute: "NS/NAME"
};

struct ForeignRoute {
    diag::ObjectRef object;
    StringMap annotations;
    StringMap labels;
    std::string ingress_class;              ///< spec.ingressClassName, or the annotation
    std::vector<std::string> entry_points;  ///< empty: Traefik's default ones
    bool tls = false;  ///< what Traefik takes for it: not spec.tls of an Ingress
    /// As Traefik calls them: "NS-NAME@kubernetescrd"; empty: the default ones.
    std::string tls_options;
    std::vector<std::string> tls_secrets;
    std::string cert_resolver;
    std::vector<ForeignRule> rules;
    bool has_default_backend = false;
};

/// Whether such an object is read.
bool is_foreign(std::string_view group, std::string_view kind);

/// Whether Traefik serves the object where its provider's ingressClass is `configured` (empty: not
/// set). IngressClass objects are not read: a class of Traefik's controller by another name than
/// these two counts as another controller's.
bool is_of_class(const ForeignRoute& route, std::string_view configured);

/// `object` is one of these kinds, `ns` the namespace that it is in.
ForeignRoute decode_foreign(const tree::Node& object, const diag::ObjectRef& ref);

}  // namespace gatefile::api
