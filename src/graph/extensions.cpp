// SPDX-License-Identifier: Apache-2.0
#include "extensions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "middleware_secrets.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

/// Chains of chains grow fast.
constexpr std::size_t most_steps = 200;

std::string quoted(const api::Middleware& middleware) {
    return quoted_name(middleware.meta.ns, middleware.meta.name);
}

Finding unusable(std::string detail) {
    return {diag::Code::ExtensionUnusable, std::move(detail) + ", so requests get an error", {}};
}

/// Null with a finding, or where it cannot be reached.
std::optional<Backend> resolve_pages(const Context& context,
                                     BackendTlsPolicies& policies,
                                     const api::Middleware& middleware,
                                     std::vector<Finding>& findings) {
    const api::Middleware::ServiceRef& ref = *middleware.service;
    const std::string_view ns = middleware.meta.ns;
    const std::uint16_t port = port_in_clusters(services_of(context.snapshot, ns, ref.name),
                                                context.snapshot,
                                                ref.port_name,
                                                ref.port);
    Resolution resolution =
        resolve_service(context, policies, ns, ref.name, port, BackendUse::Requests);
    std::move(resolution.findings.begin(), resolution.findings.end(), std::back_inserter(findings));
    if (resolution.backend.fails) return std::nullopt;
    return std::move(resolution.backend);
}

}  // namespace

const ResolvedExtension& ExtensionResolver::resolve(std::string_view ns, std::string_view name) {
    const auto [entry, is_new] =
        resolved_.try_emplace(std::pair<std::string, std::string>(ns, name));
    if (is_new) {
        Walk walk;
        expand(ns, name, walk, entry->second);
        entry->second.fails = entry->second.fails || entry->second.chain.empty();
    }
    return entry->second;
}

void ExtensionResolver::expand(std::string_view ns,
                               std::string_view name,
                               Walk& walk,
                               ResolvedExtension& into) {
    const auto fail = [&into](Finding finding) {
        into.fails = true;
        into.findings.push_back(std::move(finding));
    };
    if (into.fails) return;
    if (++walk.steps > most_steps) {
        return fail(unusable(fmt::format("the chain runs more than {} Middlewares", most_steps)));
    }
    const api::Middleware* middleware = context_.snapshot.find_middleware(ns, name);
    if (middleware == nullptr) {
        const diag::ObjectRef absent{"Middleware", std::string(ns), std::string(name)};
        return fail({diag::Code::ExtensionNotFound,
                     fmt::format("Middleware {} {}, so requests get an error",
                                 quoted_name(ns, name),
                                 why_absent(context_, absent)),
                     {},
                     absent});
    }
    if (middleware->type == "chain") {
        if (std::ranges::find(walk.open, name) != walk.open.end()) {
            return fail(
                unusable(fmt::format("Middleware {} is in its own chain", quoted(*middleware))));
        }
        walk.open.push_back(middleware->meta.name);
        for (const std::string& member : middleware->chain)
            expand(ns, member, walk, into);
        walk.open.pop_back();
        return;
    }
    const Single& found = single(*middleware);
    into.findings.insert(into.findings.end(), found.findings.begin(), found.findings.end());
    if (found.extension == nullptr) {
        into.fails = true;
    } else {
        into.chain.push_back(found.extension);
    }
}

const ExtensionResolver::Single& ExtensionResolver::single(const api::Middleware& middleware) {
    const auto [entry, is_new] =
        singles_.try_emplace(Key(middleware.meta.ns, middleware.meta.name));
    if (is_new) entry->second = fill_in(middleware);
    return entry->second;
}

ExtensionResolver::Single ExtensionResolver::fill_in(const api::Middleware& middleware) {
    Single made;
    Extension extension{.spec = &middleware, .settings = middleware.settings, .service = {}};
    for (const api::Middleware::SecretRef& ref : middleware.secrets) {
        const api::Secret* secret = context_.snapshot.find_secret(middleware.meta.ns, ref.name);
        const std::string of = fmt::format("Secret {}, which Middleware {} names at {},",
                                           quoted_name(middleware.meta.ns, ref.name),
                                           quoted(middleware),
                                           ref.path);
        if (secret == nullptr) {
            const diag::ObjectRef absent{"Secret", middleware.meta.ns, ref.name};
            made.findings.push_back(
                unusable(fmt::format("{} {}", of, why_absent(context_, absent))));
            made.findings.back().absent = absent;
            return made;
        }
        if (secret->is_redacted()) {
            if (!context_.capabilities.without_keys) {
                made.findings.push_back(unusable(
                    fmt::format("{} has lost its values ({})", of, api::redacted_annotation)));
                return made;
            }
            put_placeholders(ref, extension.settings);
            continue;
        }
        if (auto fault = put_secret(ref, *secret, extension.settings)) {
            made.findings.push_back(unusable(of + " cannot be used: " + *fault));
            return made;
        }
    }
    if (middleware.service) {
        extension.service = resolve_pages(context_, policies_, middleware, made.findings);
        if (!extension.service) return made;
    }
    made.extension = std::make_shared<const Extension>(std::move(extension));
    return made;
}

}  // namespace gatefile::graph
