// SPDX-License-Identifier: Apache-2.0
//
// Where ExtensionRefs lead: Middlewares of the route's namespace, with the Secrets and Services
// that they name filled in. Each is looked up once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "context.hpp"
#include "policies.hpp"

namespace gatefile::graph {

/// What runs for an ExtensionRef, and what is to be said wherever it is referred to.
struct ResolvedExtension {
    std::vector<std::shared_ptr<const Extension>> chain;  ///< in the order in which they run
    bool fails = false;
    std::vector<Finding> findings;
};

class ExtensionResolver {
public:
    ExtensionResolver(const Context& context, BackendTlsPolicies& policies)
        : context_(context), policies_(policies) {}

    const ResolvedExtension& resolve(std::string_view ns, std::string_view name);

private:
    struct Single {
        std::shared_ptr<const Extension> extension;  ///< null: see finding
        std::vector<Finding> findings;
    };
    using Key = std::pair<std::string_view, std::string_view>;
    struct Walk {
        std::vector<std::string_view> open;  ///< chains around the one that is looked at
        std::size_t steps = 0;
    };

    void expand(std::string_view ns, std::string_view name, Walk& walk, ResolvedExtension& into);
    const Single& single(const api::Middleware& middleware);
    Single fill_in(const api::Middleware& middleware);

    const Context& context_;
    BackendTlsPolicies& policies_;
    std::map<std::pair<std::string, std::string>, ResolvedExtension> resolved_;
    std::map<Key, Single> singles_;  ///< keys go into the snapshot
};

}  // namespace gatefile::graph
