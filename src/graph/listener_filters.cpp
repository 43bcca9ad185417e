// SPDX-License-Identifier: Apache-2.0
#include "listener_filters.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "external_auth.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "rule_place.hpp"

namespace gatefile::graph {
namespace {

/// The listener was chosen by the Host, so that no filter may change it.
bool sets_host(const Extension& extension) {
    if (extension.spec->type != "headers") return false;
    const tree::Value* set = tree::find(extension.settings, "customRequestHeaders");
    if (set == nullptr) return false;
    const auto* headers = std::get_if<tree::Value::Map>(&set->data);
    return headers != nullptr &&
           std::ranges::any_of(*headers, [](const tree::Value::Field& header) {
               return base::equals_ignoring_case(header.key, "Host");
           });
}

class Checker {
public:
    Checker(const Context& context,
            const Gateway& gateway,
            BackendResolver& backends,
            Listener& listener)
        : context_(context), gateway_(gateway), backends_(backends), listener_(listener),
          ns_(owner_meta(gateway, listener).ns) {}

    void check(const api::HttpFilter& filter, std::size_t index) {
        path_ = diag::Path("filters.requests") / index;
        Filter checked{.spec = &filter, .mirror = {}, .authority = {}, .extensions = {}};
        std::visit(base::Overloaded{
                       [&](const api::ExternalAuth& auth) {
                           path_ = path_ / "externalAuth";
                           checked.authority = check_auth(auth);
                       },
                       [&](const api::ExtensionRef& ref) {
                           path_ = path_ / "extensionRef";
                           checked.extensions = check_extension(ref);
                       },
                       [&](const auto&) {
                           refuse(diag::Code::ListenerFilters,
                                  path_ / "type",
                                  "listeners have filters of type ExternalAuth and ExtensionRef");
                       },
                   },
                   filter);
        listener_.filters.push_back(std::move(checked));
    }

private:
    void tell(const diag::Path& at, Finding finding) {
        report(context_, *gateway_.spec, listener_, at, std::move(finding));
    }
    void refuse(diag::Code code, const diag::Path& at, std::string detail, std::string hint = {}) {
        listener_.accepted = false;
        listener_.filters_fail = true;
        tell(at, {code, std::move(detail) + ", so requests get 500", std::move(hint)});
    }

    /// As the condition of a listener has it, which knows one reason for all that is not found.
    void fail(Finding finding) {
        listener_.resolved_refs = false;
        listener_.filters_fail = true;
        finding.code = finding.code == diag::Code::BackendDenied
                           ? diag::Code::ListenerFilterDenied
                           : diag::Code::ListenerFilterRef;
        constexpr std::string_view said = ", so requests get an error";
        if (finding.detail.ends_with(said)) finding.detail.resize(finding.detail.size() - said.size());
        finding.detail += ", so requests get 500";
        tell(path_, std::move(finding));
    }

    void tell_all(const std::vector<Finding>& findings, bool fails) {
        for (const Finding& finding : findings) {
            if (fails) {
                fail(finding);
            } else {
                tell(path_, finding);
            }
        }
    }

    /// Whether a way of asking is known; says so when it is an approximation.
    void need(Ability ability, const diag::Path& at) {
        const Answer& answer = context_.capabilities.answer(ability);
        if (answer.support == Support::Yes) return;
        if (answer.support == Support::Approximate && context_.capabilities.approximate) {
            tell(at,
                 {diag::Code::RuleApproximated,
                  fmt::format("served approximately: {}", answer.approximation),
                  std::string(answer.remedy)});
            return;
        }
        refuse(diag::Code::ListenerFilters, at, refusal(answer), remedy(answer));
    }

    std::optional<Backend> check_auth(const api::ExternalAuth& auth) {
        for (AuthFault& fault : find_auth_faults(path_, auth)) {
            const bool speaks = auth.protocol == "HTTP";
            refuse(speaks ? diag::Code::ListenerFilterInvalid : diag::Code::ListenerFilters,
                   fault.path,
                   std::move(fault.detail));
            if (!speaks) return std::nullopt;
        }
        need(Ability::ExternalAuth, path_);
        if (auth.allowed_response_headers.empty()) {
            need(Ability::ExternalAuthAllHeaders, path_ / "http" / "allowedResponseHeaders");
        }
        const std::string_view kind = listener_.set == nullptr ? "Gateway" : "ListenerSet";
        const Resolution& found =
            backends_.look_up({kind, ns_, BackendUse::Requests}, auth.backend);
        tell_all(found.findings, found.backend.fails);
        if (found.backend.fails) return std::nullopt;
        return found.backend;
    }

    std::vector<std::shared_ptr<const Extension>> check_extension(const api::ExtensionRef& ref) {
        if (ref.group != api::traefik_group || ref.kind != "Middleware") {
            fail({diag::Code::ExtensionUnknown,
                  fmt::format("filters of kind {} are not known",
                              quoted_kind(ref.group, ref.kind)),
                  "refer to a Middleware of group traefik.io"});
            return {};
        }
        const ResolvedExtension& found = backends_.extensions().resolve(ns_, ref.name);
        tell_all(found.findings, found.fails);
        for (const auto& extension : found.chain) {
            if (!sets_host(*extension)) continue;
            refuse(diag::Code::ListenerFilterInvalid,
                   path_,
                   fmt::format("Middleware {} sets the Host header, by which the listener was "
                               "chosen",
                               quoted_name(extension->spec->meta.ns, extension->spec->meta.name)),
                   "take Host out of its customRequestHeaders; a URLRewrite filter of a route's "
                   "rule can set it");
        }
        return found.chain;
    }

    const Context& context_;
    const Gateway& gateway_;
    BackendResolver& backends_;
    Listener& listener_;
    const std::string& ns_;
    diag::Path path_{"filters"};
};

}  // namespace

void check_listener_filters(const Context& context,
                            const Gateway& gateway,
                            BackendResolver& backends,
                            Listener& listener) {
    const std::vector<api::HttpFilter>& filters = listener.spec->filters;
    if (filters.empty()) return;
    if (listener.protocol != Protocol::Http && listener.protocol != Protocol::Https) {
        // A rule of the Gateway's CRD, but of no ListenerSet's.
        listener.accepted = false;
        listener.serves = false;
        report(context,
               *gateway.spec,
               listener,
               diag::Path("filters"),
               {diag::Code::ListenerFilterInvalid,
                fmt::format("a listener of protocol {} has no requests that filters could run on",
                            listener.spec->protocol),
                "remove filters, or use protocol HTTP or HTTPS"});
        return;
    }
    listener.filters.reserve(filters.size());
    Checker checker(context, gateway, backends, listener);
    for (std::size_t i = 0; i < filters.size(); ++i)
        checker.check(filters[i], i);
}

}  // namespace gatefile::graph
