// SPDX-License-Identifier: Apache-2.0
//
// BackendTLSPolicies: which one holds for a Service's port, and what it demands. Only those are
// judged whose Service a route of ours leads to: the others may be another controller's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "context.hpp"

namespace gatefile::graph {

class BackendTlsPolicies {
public:
    explicit BackendTlsPolicies(const Context& context);

    /// A policy that holds for a port of a Service.
    struct Hold {
        const api::BackendTlsPolicy* policy = nullptr;
        std::shared_ptr<const BackendTls> tls;  ///< null: the policy is invalid, so requests fail
        std::optional<diag::ObjectRef> absent;  ///< what it is invalid without
    };
    /// The one for the port before the one for the whole Service; of several the oldest.
    std::optional<Hold> find(std::string_view ns, std::string_view service, std::string_view port);

    /// Whether one is for a port of this name, or of any name.
    bool has_section(std::string_view ns, std::string_view service, std::string_view port) const;
    bool has_sections(std::string_view ns, std::string_view service) const;

    /// A route or listener that is being judged leads to the Service, and may.
    void note_use(std::string_view ns, std::string_view service);
    /// All uses since the last call are by a route with these parents.
    void end_route(const std::vector<Parent>& parents);
    /// All uses since the last call are by a Gateway itself.
    void end_uses(std::size_t gateway);

    /// Those with a Gateway that uses them, by namespace and name.
    std::vector<BackendTlsPolicy> finish();

private:
    struct Target {
        std::size_t policy = 0;  ///< in policies_
        std::size_t index = 0;   ///< in its targetRefs
        std::string_view section;
    };
    struct Service {
        std::vector<Target> targets;  ///< oldest policy first
        bool judged = false;
    };
    struct Policy {
        const api::BackendTlsPolicy* spec = nullptr;
        bool judged = false;
        std::shared_ptr<const BackendTls> tls;
        std::optional<diag::ObjectRef> absent;
        std::set<std::size_t> gateways;
    };
    using Key = std::pair<std::string_view, std::string_view>;

    void judge(const Key& key, Service& service);
    void judge_target(const Key& key, const Target& target);
    void judge_policy(Policy& policy);

    const Context& context_;
    std::vector<Policy> policies_;
    std::map<Key, Service> services_;
    std::vector<Service*> used_;  ///< by the present route
};

}  // namespace gatefile::graph
