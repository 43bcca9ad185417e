// SPDX-License-Identifier: Apache-2.0
//
// Ingress and IngressRoute: another provider of the same Traefik serves them. They are read for
// what they share with ours, leniently, and never become a route. IngressClass tells which of them
// are Traefik's.
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
    bool names_class_object = false;        ///< the former: the name of an IngressClass
    std::vector<std::string> entry_points;  ///< empty: Traefik's default ones
    bool tls = false;  ///< what Traefik takes for it: not spec.tls of an Ingress
    /// As Traefik calls them: "NS-NAME@kubernetescrd"; empty: the default ones.
    std::string tls_options;
    std::vector<std::string> tls_secrets;
    std::string cert_resolver;
    std::vector<ForeignRule> rules;
    bool has_default_backend = false;
};

struct IngressClass {
    std::string name;
    std::string controller;
    bool is_default = false;
};

struct IngressClasses {
    std::vector<IngressClass> all;  ///< sorted by name
    bool complete = false;          ///< a class that is not here does not exist

    const IngressClass* find(std::string_view name) const;
};

/// What a provider of Traefik is confined to.
struct IngressSelection {
    std::string_view ingress_class;  ///< its ingressClass; empty: not set
    bool looks_up_classes = true;    ///< it reads IngressClass objects
};

/// Whether such an object is read as a ForeignRoute.
bool is_foreign(std::string_view group, std::string_view kind);
bool is_ingress_class(std::string_view group, std::string_view kind);

/// Whether Traefik serves the object. Where nothing is known of the class that it names, as in
/// manifests of an application alone, one that is called as Traefik's usually is counts as Traefik's.
bool is_of_class(const ForeignRoute& route,
                 const IngressSelection& selection,
                 const IngressClasses& classes);

/// What the API server does to a new Ingress that tells no class.
void give_default_class(std::vector<ForeignRoute>& routes, const IngressClasses& classes);

/// `object` is one of these kinds, `ns` the namespace that it is in.
ForeignRoute decode_foreign(const tree::Node& object, const diag::ObjectRef& ref);
IngressClass decode_ingress_class(const tree::Node& object, std::string_view name);

}  // namespace gatefile::api
