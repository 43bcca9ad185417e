// SPDX-License-Identifier: Apache-2.0
//
// Where backendRefs to TraefikServices lead: objects of the route's namespace, with the Services,
// TraefikServices and Middlewares that they name filled in. What cannot be served in one of them
// makes the whole fail.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "backend_use.hpp"
#include "context.hpp"
#include "extensions.hpp"
#include "policies.hpp"

namespace gatefile::graph {

class CompositeResolver {
public:
    CompositeResolver(const Context& context,
                      BackendTlsPolicies& policies,
                      ExtensionResolver& extensions)
        : context_(context), policies_(policies), extensions_(extensions) {}

    /// For requests or gRPC. Notes the use of every Service behind it.
    const Resolution& resolve(std::string_view ns, std::string_view name, BackendUse use);

private:
    using Key = std::tuple<std::string, std::string, BackendUse>;
    struct Known {
        Resolution resolution;
        std::vector<std::string> services;  ///< behind it, of its namespace
    };
    struct Walk {
        BackendUse use{};
        std::vector<std::string_view> open;  ///< those around the one that is looked at
        bool too_deep = false;
    };

    /// Null when it is not to be kept, in `failed_` then.
    const Known& look_up(std::string_view ns, std::string_view name, Walk& walk);
    Known expand(std::string_view ns, std::string_view name, Walk& walk);
    bool add_part(const api::TraefikService& service,
                  const api::TraefikService::Ref& ref,
                  Walk& walk,
                  Composite& composite,
                  Known& into);
    Resolution resolve_part(const api::TraefikService& service,
                            const api::TraefikService::Ref& ref,
                            Walk& walk,
                            Known& into);

    const Context& context_;
    BackendTlsPolicies& policies_;
    ExtensionResolver& extensions_;
    std::map<Key, Known> known_;
    Known failed_;  ///< the latest one that depends on where the walk began
};

}  // namespace gatefile::graph
