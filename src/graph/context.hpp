// SPDX-License-Identifier: Apache-2.0
//
// What every step of the build reads, and the one place it writes to besides its result.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/graph/capabilities.hpp"
#include "gatefile/graph/graph.hpp"
#include "grants.hpp"

namespace gatefile::graph {

inline constexpr std::string_view gateway_api_group = "gateway.networking.k8s.io";

struct Context {
    const api::Snapshot& snapshot;
    const Capabilities& capabilities;
    const BuildSettings& settings;
    const GrantIndex& grants;
    diag::Diagnostics& diagnostics;
    /// What was read and left out for a fault of its own.
    const std::set<diag::ObjectRef>& refused;
};

/// What was found and what to do about it; see diag::Diagnostic.
struct Finding {
    diag::Code code{};
    std::string detail;
    std::string hint = {};
    std::optional<diag::ObjectRef> absent = {};
};

/// Why an object is not in the snapshot: "does not exist" or "was refused".
std::string_view why_absent(const Context& context, const diag::ObjectRef& object);

/// The ReferenceGrants of a namespace.
diag::ObjectRef grants_of(std::string_view ns);

void report(const Context& context,
            const api::GatewayClass& gateway_class,
            const diag::Path& path,
            Finding finding);
void report(const Context& context,
            const api::Gateway& gateway,
            const diag::Path& path,
            Finding finding);
void report(const Context& context,
            const api::BackendTlsPolicy& policy,
            const diag::Path& path,
            Finding finding);
/// At the object that the listener is of; `below` is relative to the listener.
void report(const Context& context,
            const api::Gateway& gateway,
            const Listener& listener,
            const diag::Path& below,
            Finding finding);
void report(const Context& context,
            const api::ListenerSet& set,
            const diag::Path& path,
            Finding finding);
void report(const Context& context,
            const api::Route& route,
            const diag::Path& path,
            Finding finding);
/// For a fault that holds for one parentRef only.
void report_parent(const Context& context,
                   const api::Route& route,
                   std::size_t parent,
                   Finding finding);

/// For a fault of the Gateway that strikes one listener; `path` is the Gateway's.
void report_for_listener(const Context& context,
                         const api::Gateway& gateway,
                         const Listener& listener,
                         const diag::Path& path,
                         Finding finding);

/// "group/Kind", or "Kind" of the core group, quoted for a message.
std::string quoted_kind(std::string_view group, std::string_view kind);

/// "ns/name" quoted for a message.
std::string quoted_name(std::string_view ns, std::string_view name);

}  // namespace gatefile::graph
