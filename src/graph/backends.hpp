// SPDX-License-Identifier: Apache-2.0
//
// Where backendRefs lead. Each (namespace, Service, port) is looked up once for each way to use it.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "backend_use.hpp"
#include "composites.hpp"
#include "context.hpp"
#include "extensions.hpp"
#include "policies.hpp"

namespace gatefile::graph {

/// Who refers to a backend, and for what.
struct Referrer {
    std::string_view kind;  ///< of the Gateway API group
    std::string_view ns;
    BackendUse use = BackendUse::Requests;
};

class BackendResolver {
public:
    BackendResolver(const Context& context, BackendTlsPolicies& policies)
        : context_(context), policies_(policies), extensions_(context, policies),
          composites_(context, policies, extensions_) {}

    /// Reports faults at the path that `make_path` gives.
    template <typename MakePath>
    Backend
    resolve(const api::Route& route, const api::BackendObjectReference& ref, MakePath make_path) {
        const Resolution& found = look_up(referrer(route), ref);
        for (const Finding& finding : found.findings) {
            report(context_, route, make_path(), finding);
        }
        return found.backend;
    }

    /// Without reporting; the result holds until the next call.
    const Resolution& look_up(const Referrer& from, const api::BackendObjectReference& ref);

    ExtensionResolver& extensions() { return extensions_; }

private:
    using Key = std::tuple<std::string_view, std::string_view, std::uint16_t, BackendUse>;

    static Referrer referrer(const api::Route& route);
    const Resolution&
    refuse(const api::BackendObjectReference& ref, std::string_view ns, Finding finding);

    const Context& context_;
    BackendTlsPolicies& policies_;
    ExtensionResolver extensions_;
    CompositeResolver composites_;
    std::map<Key, Resolution> known_;
    std::map<Key, Resolution>::const_iterator latest_ = known_.end();  // rules like to repeat it
    Resolution refused_;  // the latest one that depends on who refers
};

}  // namespace gatefile::graph
