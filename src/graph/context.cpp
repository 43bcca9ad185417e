// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <utility>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

diag::Diagnostic make(diag::ObjectRef object, diag::Path path, Finding finding) {
    diag::Diagnostic made;
    made.code = finding.code;
    made.object = std::move(object);
    made.path = std::move(path);
    made.detail = std::move(finding.detail);
    made.hint = std::move(finding.hint);
    made.absent = std::move(finding.absent);
    return made;
}

diag::ObjectRef ref(std::string_view kind, const api::Meta& meta) {
    return {std::string(kind), meta.ns, meta.name};
}

}  // namespace

std::string_view why_absent(const Context& context, const diag::ObjectRef& object) {
    return context.refused.contains(object) ? "was refused" : "does not exist";
}

diag::ObjectRef grants_of(std::string_view ns) {
    return {"ReferenceGrant", std::string(ns), {}};
}

const api::Meta& owner_meta(const Gateway& gateway, const Listener& listener) {
    return listener.set ? listener.set->meta : gateway.spec->meta;
}

diag::ObjectRef owner_of(const Gateway& gateway, const Listener& listener) {
    return ref(listener.set ? "ListenerSet" : "Gateway", owner_meta(gateway, listener));
}

void report(const Context& context,
            const api::GatewayClass& gateway_class,
            const diag::Path& path,
            Finding finding) {
    context.diagnostics.add(
        make(ref("GatewayClass", gateway_class.meta), path, std::move(finding)));
}

void report(const Context& context,
            const api::Gateway& gateway,
            const diag::Path& path,
            Finding finding) {
    context.diagnostics.add(make(ref("Gateway", gateway.meta), path, std::move(finding)));
}

void report(const Context& context,
            const api::ListenerSet& set,
            const diag::Path& path,
            Finding finding) {
    context.diagnostics.add(make(ref("ListenerSet", set.meta), path, std::move(finding)));
}

void report(const Context& context,
            const api::BackendTlsPolicy& policy,
            const diag::Path& path,
            Finding finding) {
    context.diagnostics.add(make(ref("BackendTLSPolicy", policy.meta), path, std::move(finding)));
}

void report(const Context& context,
            const api::Gateway& gateway,
            const Listener& listener,
            const diag::Path& below,
            Finding finding) {
    diag::Path path = diag::Path("spec.listeners") / listener.spec_index;
    for (const diag::Path::Segment& segment : below.segments()) {
        if (const auto* field = std::get_if<std::string>(&segment)) {
            path = path / std::string_view(*field);
        } else {
            path = path / std::get<std::size_t>(segment);
        }
    }
    report_for_listener(context, gateway, listener, path, std::move(finding));
}

void report_for_listener(const Context& context,
                         const api::Gateway& gateway,
                         const Listener& listener,
                         const diag::Path& path,
                         Finding finding) {
    diag::Diagnostic made =
        make(listener.set ? ref("ListenerSet", listener.set->meta) : ref("Gateway", gateway.meta),
             path,
             std::move(finding));
    made.listener = listener.spec->name;
    context.diagnostics.add(std::move(made));
}

void report(const Context& context,
            const api::Route& route,
            const diag::Path& path,
            Finding finding) {
    context.diagnostics.add(
        make(ref(api::name_of(route.kind), route.meta), path, std::move(finding)));
}

void report_parent(const Context& context,
                   const api::Route& route,
                   std::size_t parent,
                   Finding finding) {
    diag::Diagnostic made = make(ref(api::name_of(route.kind), route.meta),
                                 diag::Path("spec.parentRefs") / parent,
                                 std::move(finding));
    made.parent = parent;
    context.diagnostics.add(std::move(made));
}

std::string quoted_kind(std::string_view group, std::string_view kind) {
    return group.empty() ? base::quote_for_message(kind) : quoted_name(group, kind);
}

std::string quoted_name(std::string_view ns, std::string_view name) {
    std::string full(ns);
    full += '/';
    full += name;
    return base::quote_for_message(full);
}

}  // namespace gatefile::graph
