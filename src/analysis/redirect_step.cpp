// SPDX-License-Identifier: Apache-2.0
#include "redirect_step.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

#include <fmt/format.h>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::analysis {
namespace {

std::string setting(const ir::ExtensionFilter& filter, std::string_view key) {
    const tree::Value* value = filter.settings ? tree::find(*filter.settings, key) : nullptr;
    const auto* found = value ? std::get_if<std::string>(&value->data) : nullptr;
    return found ? *found : std::string();
}

/// Traefik's redirectScheme lets pass what has the scheme and port already.
std::optional<RedirectStep> scheme_redirected(const RedirectStep& from, const ir::ExtensionFilter& filter) {
    RedirectStep next = from;
    const std::string scheme = setting(filter, "scheme");
    if (scheme != "http" && scheme != "https") return std::nullopt;
    next.tls = scheme == "https";
    next.port = next.tls ? 443 : 80;
    if (const std::string port = setting(filter, "port"); !port.empty()) {
        const auto number = base::parse_int(port);
        if (!number || *number < 1 || *number > 65535) return std::nullopt;
        next.port = static_cast<std::uint16_t>(*number);
    }
    return next == from ? std::nullopt : std::optional(next);
}

/// "http://host:port/path" without a query; nothing for what else may be written there.
std::optional<RedirectStep> step_of(std::string_view url) {
    RedirectStep step;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!url.starts_with(scheme)) continue;
        step.tls = scheme.size() == 8;
        step.port = step.tls ? 443 : 80;
        url.remove_prefix(scheme.size());
        const std::size_t slash = std::min(url.find('/'), url.size());
        std::string_view host = url.substr(0, slash);
        step.path = slash == url.size() ? "/" : std::string(url.substr(slash));
        if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos) {
            const auto port = base::parse_int(host.substr(colon + 1));
            if (!port || *port < 1 || *port > 65535) return std::nullopt;
            step.port = static_cast<std::uint16_t>(*port);
            host = host.substr(0, colon);
        }
        step.host = base::to_lower(host);
        return step.host.empty() ? std::nullopt : std::optional(step);
    }
    return std::nullopt;
}

/// Traefik's redirectRegex lets pass what does not match, and what stays the same.
std::optional<RedirectStep> regex_redirected(const RedirectStep& from, const ir::ExtensionFilter& filter) {
    const auto regex = base::Regex::compile(setting(filter, "regex"));
    const std::string url = text_of(from);
    if (!regex || !regex->matches(url)) return std::nullopt;
    const auto next = step_of(regex->replace_all(url, setting(filter, "replacement")));
    return next == from ? std::nullopt : next;
}

std::string changed_path(const ir::PathChange& change, const std::string& path) {
    return std::visit(base::Overloaded{
                          [](const ir::FullPath& full) { return full.path; },
                          [&](const ir::PrefixPath& prefix) {
                              std::string_view rest = path;
                              if (prefix.matched != "/") rest.remove_prefix(prefix.matched.size());
                              std::string changed = prefix.replacement;
                              while (changed.ends_with('/'))
                                  changed.pop_back();
                              changed += rest;
                              return changed.empty() ? std::string("/") : changed;
                          },
                      },
                      change);
}

RedirectStep next_step(const RedirectStep& from, const ir::Redirect& redirect) {
    RedirectStep next = from;
    if (redirect.scheme) next.tls = *redirect.scheme == "https";
    next.port = redirect.port.value_or(next.tls ? 443 : 80);
    if (redirect.hostname) next.host = base::to_lower(*redirect.hostname);
    if (redirect.path) next.path = changed_path(*redirect.path, from.path);
    return next;
}

}  // namespace

std::string text_of(const RedirectStep& step) {
    const std::uint16_t usual = step.tls ? 443 : 80;
    return fmt::format("{}://{}{}{}",
                       step.tls ? "https" : "http",
                       step.host,
                       step.port == usual ? std::string() : fmt::format(":{}", step.port),
                       step.path);
}

bool is_redirect(const ir::Filter& filter) {
    if (std::holds_alternative<ir::Redirect>(filter)) return true;
    const auto* extension = std::get_if<ir::ExtensionFilter>(&filter);
    return extension != nullptr &&
           (extension->type == "redirectScheme" || extension->type == "redirectRegex");
}

std::optional<RedirectStep> redirected(const ir::Rule& rule, const RedirectStep& from) {
    for (const ir::Filter& filter : rule.filters) {
        if (const auto* redirect = std::get_if<ir::Redirect>(&filter))
            return next_step(from, *redirect);
        if (!is_redirect(filter)) continue;
        const auto& middleware = std::get<ir::ExtensionFilter>(filter);
        const auto next = middleware.type == "redirectScheme"
                              ? scheme_redirected(from, middleware)
                              : regex_redirected(from, middleware);
        if (next) return next;
    }
    return std::nullopt;
}

}  // namespace gatefile::analysis
