// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "check/http_builder.hpp"
#include "check/router_tree.hpp"
#include "check/routers.hpp"
#include "check/rule_syntax.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;

/// Traefik keeps the last thousand for itself.
constexpr std::int64_t highest_priority = std::numeric_limits<std::int64_t>::max() - 1000;

/// A router that ends TLS on one entry point.
struct TlsRouter {
    const Element* router;
    std::string options;
};

class HttpRouters {
public:
    HttpRouters(const Context& context, TlsOptions& options)
        : context_(context), options_(options), builder_(context) {}

    void run() {
        check_router_tree(context_);
        for (const auto& [name, router] : context_.elements.http.routers)
            check(router);
        for (const auto& [place, routers] : hosts_)
            check_conflict(place.second, routers);
    }

private:
    void check(const Element& router) {
        const bool is_root = list_of(*router.value, "parentRefs").empty();
        if (is_root) check_entry_points(context_, router, graph::Transport::Tcp);
        check_priority(context_, router);
        const Raw* tls = find(*router.value, "tls");
        const bool ends_tls = is_root && tls != nullptr && is_present(*tls);
        if (ends_tls) options_.use(router, text_of(*tls, "options"));
        if (tls != nullptr && is_present(*tls))
            check_resolver(context_, router, "tls.certResolver");
        const std::string service(text_of(*router.value, "service"));
        if (!service.empty()) builder_.service(router, "service", service);
        builder_.middlewares(router, "middlewares");
        const auto parsed = check_rule(
            text_of(*router.value, "rule"), RuleKind::Http, text_of(*router.value, "ruleSyntax"));
        if (const auto* fault = std::get_if<RuleFault>(&parsed)) {
            report_at(context_, Code::TraefikRule, router, "rule", fault->text, fault->hint);
            return;
        }
        if (ends_tls)
            note_hosts(router, text_of(*tls, "options"), std::get<std::vector<Matcher>>(parsed));
    }

    /// `tls: {}` and `tls: true` are present, any other word is not.
    static bool is_present(const Raw& tls) {
        return tls.text.empty() || base::equals_ignoring_case(tls.text, "true");
    }

    void note_hosts(const Element& router,
                    std::string_view options,
                    const std::vector<Matcher>& matchers) {
        const bool is_default = options.empty() || options == "default";
        const std::vector<std::string> hosts = values_of(matchers, "Host");
        if (hosts.empty() && !is_default)
            report_at(context_,
                      Code::TraefikTlsOptions,
                      router,
                      "tls.options",
                      "the rule has no Host, by which alone Traefik can choose TLS options; it "
                      "uses the default ones");
        std::string qualified = is_default ? "default" : std::string(options);
        if (!is_default && qualified.find('@') == std::string::npos) qualified += "@file";
        for (const std::string& entry_point : entry_points_of(router)) {
            for (const std::string& host : hosts)
                hosts_[{entry_point, host}].push_back({&router, qualified});
        }
    }

    std::vector<std::string> entry_points_of(const Element& router) const {
        const std::vector<std::string> own = list_of(*router.value, "entryPoints");
        if (!own.empty()) return own;
        // Without any, a router is on all of them.
        std::set<std::string> all = {""};
        if (context_.around.static_config) {
            for (const EntryPoint& entry_point : context_.around.static_config->entry_points)
                all.insert(entry_point.name);
        }
        for (const auto& [name, other] : context_.elements.http.routers) {
            for (const std::string& entry_point : list_of(*other.value, "entryPoints"))
                all.insert(entry_point);
        }
        return {all.begin(), all.end()};
    }

    void check_conflict(const std::string& host, const std::vector<TlsRouter>& routers) {
        const auto differs = std::ranges::find_if(routers, [&](const TlsRouter& other) {
            return other.options != routers.front().options;
        });
        if (differs == routers.end()) return;
        for (const TlsRouter& one : routers) {
            if (!reported_.emplace(one.router, host).second) continue;
            const TlsRouter& other =
                one.options == routers.front().options ? *differs : routers.front();
            report_at(context_,
                      Code::TraefikTlsOptions,
                      *one.router,
                      "tls",
                      fmt::format("another router for the host {} has the TLS options {}, this one "
                                  "{}; Traefik uses its default ones for both",
                                  base::quote_for_message(host),
                                  base::quote_for_message(other.options),
                                  base::quote_for_message(one.options)),
                      fmt::format("see {}:{}", other.router->file, other.router->at.line));
        }
    }

    const Context& context_;
    TlsOptions& options_;
    HttpBuilder builder_;
    std::map<std::pair<std::string, std::string>, std::vector<TlsRouter>> hosts_;
    std::set<std::pair<const Element*, std::string>> reported_;
};

}  // namespace

void check_http_routers(const Context& context, TlsOptions& options) {
    HttpRouters(context, options).run();
}

void check_entry_points(const Context& context, const Element& router, graph::Transport transport) {
    if (!context.around.static_config) return;
    std::vector<std::string_view> names;
    for (const EntryPoint& entry_point : context.around.static_config->entry_points) {
        if (entry_point.transport == transport) names.push_back(entry_point.name);
    }
    for (const std::string& name : list_of(*router.value, "entryPoints")) {
        if (std::ranges::find(names, name) != names.end()) continue;
        const std::string_view near = base::nearest(name, names);
        report_at(context,
                  Code::TraefikEntryPoint,
                  router,
                  "entryPoints",
                  fmt::format("Traefik has no {} entry point {}",
                              transport == graph::Transport::Udp ? "UDP" : "TCP",
                              base::quote_for_message(name)),
                  near.empty() ? ""
                               : fmt::format("did you mean {}?", base::quote_for_message(near)));
    }
}

void check_priority(const Context& context, const Element& router) {
    const auto priority = base::parse_int(text_of(*router.value, "priority"));
    if (!priority || *priority <= highest_priority) return;
    report_at(context,
              Code::TraefikPriority,
              router,
              "priority",
              fmt::format("a priority may be {} at most; those above are Traefik's own",
                          highest_priority));
}

}  // namespace gatefile::traefik::check
