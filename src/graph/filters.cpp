// SPDX-License-Identifier: Apache-2.0
#include "filters.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "external_auth.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/url_path.hpp"
#include "header_changes.hpp"

namespace gatefile::graph {
namespace {

/// In the order of api::HttpFilter.
constexpr std::array<const char*, std::variant_size_v<api::HttpFilter>> fields = {
    "requestHeaderModifier",
    "responseHeaderModifier",
    "requestRedirect",
    "urlRewrite",
    "requestMirror",
    "cors",
    "externalAuth",
    "extensionRef",
};

/// Empty ones between others, ".", "..", and what has a slash when its escapes are taken off.
bool has_odd_segments(std::string_view path) {
    const auto parts = base::split(path.starts_with('/') ? path.substr(1) : path, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string part = base::decode_path(parts[i]);
        if (part == "." || part == ".." || part.find('/') != std::string::npos ||
            (part.empty() && i + 1 < parts.size()))
            return true;
    }
    return false;
}

/// What a backendRef's filter needs besides what it needs on a rule.
std::optional<Ability> backend_ability(const api::HttpFilter& filter) {
    using Result = std::optional<Ability>;
    return std::visit(
        base::Overloaded{
            [](const api::RequestHeaderModifier&) -> Result {
                return Ability::BackendRequestHeaderModifier;
            },
            [](const api::ResponseHeaderModifier&) -> Result {
                return Ability::BackendResponseHeaderModifier;
            },
            [](const api::RequestRedirect&) -> Result { return Ability::BackendRequestRedirect; },
            [](const api::UrlRewrite&) -> Result { return Ability::BackendUrlRewrite; },
            [](const api::RequestMirror&) -> Result { return Ability::BackendMirror; },
            [](const api::Cors&) -> Result { return Ability::BackendCors; },
            [](const api::ExternalAuth&) -> Result { return std::nullopt; },
            [](const api::ExtensionRef&) -> Result { return std::nullopt; },
        },
        filter);
}

std::optional<Ability> redirect_ability(int status) {
    switch (status) {
    case 301:
        return Ability::Redirect301;
    case 302:
        return Ability::Redirect302;
    case 303:
        return Ability::Redirect303;
    case 307:
        return Ability::Redirect307;
    case 308:
        return Ability::Redirect308;
    default:
        return std::nullopt;
    }
}

bool is_whole_percent(const api::RequestMirror& mirror) {
    if (!mirror.fraction || mirror.fraction->denominator <= 0) return true;
    const auto& [numerator, denominator] = *mirror.fraction;
    return std::int64_t{numerator} * 100 % denominator == 0;
}

/// Checks one filter after the other; remembers what cannot be served.
class Checker {
public:
    Checker(const Context& context, const RulePlace& place, BackendResolver& backends)
        : context_(context), place_(place), backends_(backends) {}

    void check(const api::HttpFilter& filter, std::size_t index) {
        index_ = index;
        field_ = fields[filter.index()];
        Filter checked{.spec = &filter};
        if (const auto ability = backend_ability(filter); ability && place_.backend_ref) {
            need(*ability, [this] { return path(); });
        }
        std::visit(
            base::Overloaded{
                [&](const api::RequestMirror& mirror) { checked.mirror = check_mirror(mirror); },
                [&](const api::ExternalAuth& auth) { checked.authority = check_auth(auth); },
                [&](const api::ExtensionRef& ref) { checked.extensions = check_extension(ref); },
                [&](const auto& other) { check_one(other); },
            },
            filter);
        result_.filters.push_back(std::move(checked));
    }

    /// What filters exclude each other; the CRD has these as rules, but older ones did not.
    void check_combination(const std::vector<api::HttpFilter>& filters) {
        std::array<std::size_t, fields.size()> seen{};
        for (std::size_t i = 0; i < filters.size(); ++i) {
            index_ = i;
            field_ = fields[filters[i].index()];
            const bool repeatable = std::holds_alternative<api::RequestMirror>(filters[i]) ||
                                    std::holds_alternative<api::ExtensionRef>(filters[i]);
            if (seen[filters[i].index()]++ > 0 && !repeatable) {
                refuse(diag::Code::FiltersIncompatible, path(), "the filter is repeated");
            }
            if (std::holds_alternative<api::UrlRewrite>(filters[i]) && has_redirect(filters)) {
                refuse(diag::Code::FiltersIncompatible,
                       path(),
                       "a rewrite and a redirect exclude each other");
            }
        }
    }

    CheckedFilters take() { return std::move(result_); }

private:
    diag::Path path() const { return place_.path() / "filters" / index_ / field_; }

    template <typename MakePath>
    void need(Ability ability, MakePath make_path) {
        if (!can_serve(context_, place_, ability, make_path)) result_.refused = true;
    }

    void refuse(diag::Code code, const diag::Path& at, std::string detail) {
        result_.refused = true;
        report(context_, place_.route, at, {code, std::move(detail), {}});
    }

    static bool has_redirect(const std::vector<api::HttpFilter>& filters) {
        return std::any_of(filters.begin(), filters.end(), [](const api::HttpFilter& filter) {
            return std::holds_alternative<api::RequestRedirect>(filter);
        });
    }

    void check_one(const api::RequestHeaderModifier& filter) {
        check_headers(
            filter,
            {Ability::RequestHeaderSet, Ability::RequestHeaderAdd, Ability::RequestHeaderRemove});
    }

    void check_one(const api::ResponseHeaderModifier& filter) {
        check_headers(filter,
                      {Ability::ResponseHeaderSet,
                       Ability::ResponseHeaderAdd,
                       Ability::ResponseHeaderRemove});
    }

    void check_headers(const api::HeaderModifier& filter, std::array<Ability, 3> abilities) {
        const auto field = [this](const char* name) {
            return [this, name] { return path() / name; };
        };
        if (!filter.set.empty()) need(abilities[0], field("set"));
        if (!filter.add.empty()) need(abilities[1], field("add"));
        if (!filter.remove.empty()) need(abilities[2], field("remove"));
        for (const HeaderFault& fault : find_header_faults(filter)) {
            const diag::Path at = path() / fault.field / fault.index;
            if (fault.code == diag::Code::HeaderRepeated) {
                report(context_, place_.route, at, {fault.code, fault.detail, {}});
            } else {
                refuse(fault.code, at, fault.detail);
            }
        }
    }

    void check_one(const api::RequestRedirect& redirect) {
        if (const auto ability = redirect_ability(redirect.status_code)) {
            need(*ability, [this] { return path() / "statusCode"; });
        } else {
            refuse(diag::Code::RuleUnsupported,
                   path() / "statusCode",
                   fmt::format("status code {} is no redirect", redirect.status_code));
        }
        if (!redirect.path) return;
        need(Ability::RedirectPath, [this] { return path() / "path"; });
        check_path_text(*redirect.path);
    }

    void check_one(const api::UrlRewrite& rewrite) {
        if (rewrite.hostname) {
            need(Ability::RewriteHostname, [this] { return path() / "hostname"; });
        }
        if (!rewrite.path) return;
        const bool full = rewrite.path->type == api::PathModifierType::ReplaceFullPath;
        need(full ? Ability::RewriteFullPath : Ability::RewritePrefix,
             [this] { return path() / "path"; });
        check_path_text(*rewrite.path);
    }

    /// The CRD puts no limit on these.
    void check_path_text(const api::PathModifier& modifier) {
        std::string_view fault;
        if (has_control_characters(modifier.value)) {
            fault = "control characters, which cannot be sent";
        } else if (has_odd_segments(modifier.value)) {
            fault = "an empty segment, \".\", \"..\" or \"%2F\", which cannot be sent";
        } else {
            return;
        }
        refuse(diag::Code::RuleUnsupported,
               path() / "path",
               fmt::format("path {} has {}", base::quote_for_message(modifier.value), fault));
    }

    Backend check_mirror(const api::RequestMirror& mirror) {
        need(Ability::Mirror, [this] { return path(); });
        if (!is_whole_percent(mirror)) {
            need(Ability::MirrorFraction, [this] { return path() / "fraction"; });
        }
        return backends_.resolve(
            place_.route, mirror.backend, [this] { return path() / "backendRef"; });
    }

    void check_one(const api::Cors&) {
        need(Ability::Cors, [this] { return path(); });
    }

    std::optional<Backend> check_auth(const api::ExternalAuth& auth) {
        const std::vector<AuthFault> faults = find_auth_faults(path(), auth);
        for (const AuthFault& fault : faults)
            refuse(diag::Code::RuleUnsupported, fault.path, fault.detail);
        if (auth.protocol != "HTTP") return std::nullopt;
        need(Ability::ExternalAuth, [this] { return path(); });
        if (auth.allowed_response_headers.empty()) {
            need(Ability::ExternalAuthAllHeaders,
                 [this] { return path() / "http" / "allowedResponseHeaders"; });
        }
        Backend backend =
            backends_.resolve(place_.route, auth.backend, [this] { return path() / "backendRef"; });
        if (backend.fails) {
            result_.unresolved = true;
            return std::nullopt;
        }
        return backend;
    }

    /// Never skipped: what is not resolved makes the rule answer an error.
    std::vector<std::shared_ptr<const Extension>> check_extension(const api::ExtensionRef& ref) {
        if (ref.group != api::traefik_group || ref.kind != "Middleware") {
            result_.unresolved = true;
            report(context_,
                   place_.route,
                   path(),
                   {diag::Code::ExtensionUnknown,
                    fmt::format("filters of kind {} are not known, so requests get {}",
                                quoted_kind(ref.group, ref.kind),
                                place_.route.kind == api::RouteKind::Grpc ? 503 : 500),
                    {}});
            return {};
        }
        const ResolvedExtension& found =
            backends_.extensions().resolve(place_.route.meta.ns, ref.name);
        for (const Finding& finding : found.findings)
            report(context_, place_.route, path(), finding);
        if (found.fails) result_.unresolved = true;
        return found.chain;
    }

    void check_one(const api::ExternalAuth&) = delete;   // see check_auth
    void check_one(const api::ExtensionRef&) = delete;   // see check_extension
    void check_one(const api::RequestMirror&) = delete;  // see check_mirror

    const Context& context_;
    const RulePlace& place_;
    BackendResolver& backends_;
    CheckedFilters result_;
    std::size_t index_ = 0;
    const char* field_ = "";
};

}  // namespace

CheckedFilters check_filters(const Context& context,
                             const RulePlace& place,
                             const std::vector<api::HttpFilter>& filters,
                             BackendResolver& backends) {
    if (filters.empty()) return {};
    Checker checker(context, place, backends);
    for (std::size_t i = 0; i < filters.size(); ++i) {
        checker.check(filters[i], i);
    }
    checker.check_combination(filters);
    return checker.take();
}

}  // namespace gatefile::graph
