// SPDX-License-Identifier: Apache-2.0
#include "streams.hpp"

#include "rule_place.hpp"

namespace gatefile::graph {

void judge_stream(const Context& context, StreamRoute& route, BackendResolver& backends) {
    const std::vector<api::StreamRule>& rules = route.spec->rules;
    // CRDs before v1 take more than one, without a word on which connections are whose.
    for (std::size_t i = 1; i < rules.size(); ++i) {
        route.standing = Standing::Partial;
        report(context,
               *route.spec,
               RulePlace{*route.spec, i}.path(),
               {diag::Code::RuleUnsupported,
                "nothing tells its connections from those of the first rule",
                "put its backendRefs into the first rule, or make it a route of its own"});
    }
    if (rules.empty()) return;
    const std::vector<api::StreamBackendRef>& refs = rules.front().backend_refs;
    route.backends.reserve(refs.size());
    for (std::size_t i = 0; i < refs.size(); ++i) {
        const RulePlace place{*route.spec, 0, i};
        route.backends.push_back(
            {&refs[i], backends.resolve(*route.spec, refs[i].ref, [&] { return place.path(); })});
    }
}

}  // namespace gatefile::graph
