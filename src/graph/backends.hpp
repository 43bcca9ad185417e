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

class BackendResolver {
public:
    BackendResolver(const Context& context, BackendTlsPolicies& policies)
        : context_(context), policies_(policies), extensions_(context, policies),
          composites_(context, policies, extensions_) {}

    /// Reports faults at the path that `make_path` gives.
    template <typename MakePath>
    Backend
    resolve(const api::Route& route, const api::BackendObjectReference& ref, MakePath make_path) {
        const Resolution& found = look_up(route, ref);
        for (const Finding& finding : found.findings) {
            report(context_, route, make_path(), finding);
        }
        return found.backend;
    }

    ExtensionResolver& extensions() { return extensions_; }

private:
    using Key = std::tuple<std::string_view, std::string_view, std::uint16_t, BackendUse>;

    const Resolution& look_up(const api::Route& route, const api::BackendObjectReference& ref);
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
