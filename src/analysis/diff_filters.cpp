// SPDX-License-Identifier: Apache-2.0
#include "diff_filters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/value.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::analysis {
namespace {

using base::quote_for_message;

/// Different names do not meet, so their order says nothing.
std::vector<ir::Header> by_name(std::vector<ir::Header> headers) {
    for (ir::Header& header : headers)
        header.name = base::to_lower(header.name);
    std::ranges::stable_sort(headers, {}, &ir::Header::name);
    return headers;
}

Aspect change_aspect(std::string_view which, const ir::HeaderChange& change) {
    Aspect aspect{std::string(which), ""};
    std::vector<std::string> parts;
    for (const ir::Header& header : by_name(change.set)) {
        put(aspect.key, "set");
        put(aspect.key, header.name);
        put(aspect.key, header.value);
        parts.push_back(fmt::format(
            "set {} to {}", quote_for_message(header.name), quote_for_message(header.value)));
    }
    for (const ir::Header& header : by_name(change.add)) {
        put(aspect.key, "add");
        put(aspect.key, header.name);
        put(aspect.key, header.value);
        parts.push_back(fmt::format(
            "add {} to {}", quote_for_message(header.value), quote_for_message(header.name)));
    }
    std::vector<std::string> removed;
    for (const std::string& name : change.remove)
        removed.push_back(base::to_lower(name));
    std::ranges::sort(removed);
    for (const std::string& name : removed) {
        put(aspect.key, "remove");
        put(aspect.key, name);
        parts.push_back("remove " + quote_for_message(name));
    }
    aspect.text = fmt::format("{} headers: {}", which, base::join(parts, ", "));
    return aspect;
}

/// The key of a path change, and what the path becomes.
Aspect path_aspect(const ir::PathChange& change) {
    return std::visit(base::Overloaded{
                          [](const ir::FullPath& full) {
                              Aspect aspect{"full", "path " + quote_for_message(full.path)};
                              put(aspect.key, full.path);
                              return aspect;
                          },
                          [](const ir::PrefixPath& prefix) {
                              Aspect aspect{"prefix",
                                            fmt::format("path prefix {} in place of {}",
                                                        quote_for_message(prefix.replacement),
                                                        quote_for_message(prefix.matched))};
                              put(aspect.key, prefix.matched);
                              put(aspect.key, prefix.replacement);
                              return aspect;
                          },
                      },
                      change);
}

Aspect rewrite_aspect(const ir::Rewrite& rewrite) {
    Aspect aspect{"rewrite", ""};
    std::vector<std::string> parts;
    put(aspect.key, rewrite.hostname.value_or(""));
    if (rewrite.hostname) parts.push_back("host " + quote_for_message(*rewrite.hostname));
    if (rewrite.path) {
        const Aspect path = path_aspect(*rewrite.path);
        put(aspect.key, path.key);
        parts.push_back(path.text);
    }
    aspect.text = "rewrite to " + base::join(parts, ", ");
    return aspect;
}

Aspect mirror_aspect(const ir::Config& config, const ir::Mirror& mirror) {
    const std::string target = target_text(config.backends[mirror.backend]);
    const double percent = 100.0 * mirror.numerator / mirror.denominator;
    Aspect aspect{"mirror", fmt::format("mirror {:.3g} % to {}", percent, target)};
    put(aspect.key, target);
    put(aspect.key, fmt::format("{:.9g}", percent));
    return aspect;
}

Aspect cors_aspect(const ir::CorsPolicy& cors) {
    Aspect aspect{"cors", "CORS"};
    const auto list = [&](std::string_view what, std::vector<std::string> values) {
        std::ranges::sort(values);
        put(aspect.key, what);
        std::vector<std::string> quoted;
        for (const std::string& value : values) {
            put(aspect.key, value);
            quoted.push_back(quote_for_message(value));
        }
        if (!values.empty()) aspect.text += fmt::format(", {} {}", what, base::join(quoted, " "));
    };
    list("origins", cors.allow_origins);
    list("methods", cors.allow_methods);
    list("headers", cors.allow_headers);
    list("exposed headers", cors.expose_headers);
    const bool credentials = cors.allow_credentials.value_or(false);
    put(aspect.key, credentials ? "credentials" : "");
    put(aspect.key, std::to_string(cors.max_age));
    aspect.text +=
        fmt::format("{}, max age {} s", credentials ? ", credentials" : "", cors.max_age);
    return aspect;
}

std::string settings_key(const tree::Value& settings) {
    tree::Arena arena;
    return tree::write_json(tree::to_node(settings, tree::Secrets::Reveal, arena),
                            tree::JsonStyle::Compact);
}

Aspect auth_aspect(const ir::Config& config, const ir::ExternalAuth& auth) {
    const std::string target = target_text(config.backends[auth.backend]);
    Aspect aspect{"external-auth", "external authorisation by " + target};
    put(aspect.key, target);
    put(aspect.key, auth.path);
    put(aspect.key, std::to_string(auth.max_body));
    for (const auto* headers : {&auth.request_headers, &auth.response_headers}) {
        put(aspect.key, "headers");
        for (const std::string& name : *headers)
            put(aspect.key, name);
    }
    if (!auth.path.empty()) aspect.text += " at " + quote_for_message(auth.path);
    return aspect;
}

Aspect extension_aspect(const ir::Config& config, const ir::ExtensionFilter& extension) {
    Aspect aspect{"extension",
                  fmt::format("Middleware {}/{} ({})",
                              extension.ns,
                              extension.name,
                              quote_for_message(extension.type))};
    put(aspect.key, extension.type);
    if (extension.settings) put(aspect.key, settings_key(*extension.settings));
    if (extension.service) put(aspect.key, target_text(config.backends[*extension.service]));
    return aspect;
}

}  // namespace

Aspect redirect_aspect(const ir::Redirect& redirect) {
    Aspect aspect{"redirect", ""};
    std::vector<std::string> parts;
    put(aspect.key, std::to_string(redirect.status));
    put(aspect.key, redirect.scheme.value_or(""));
    if (redirect.scheme) parts.push_back(quote_for_message(*redirect.scheme));
    put(aspect.key, redirect.hostname.value_or(""));
    if (redirect.hostname) parts.push_back("host " + quote_for_message(*redirect.hostname));
    put(aspect.key, redirect.port ? std::to_string(*redirect.port) : "");
    if (redirect.port) parts.push_back(fmt::format("port {}", *redirect.port));
    if (redirect.path) {
        const Aspect path = path_aspect(*redirect.path);
        put(aspect.key, path.key);
        parts.push_back(path.text);
    }
    aspect.text = fmt::format(
        "({}) to {}", redirect.status, parts.empty() ? "the same place" : base::join(parts, ", "));
    return aspect;
}

Aspect filter_aspect(const ir::Config& config, const ir::Filter& filter) {
    return std::visit(base::Overloaded{
                          [](const ir::RequestHeaders& headers) {
                              return change_aspect("request", headers.change);
                          },
                          [](const ir::ResponseHeaders& headers) {
                              return change_aspect("response", headers.change);
                          },
                          [](const ir::Rewrite& rewrite) { return rewrite_aspect(rewrite); },
                          [](const ir::Redirect& redirect) { return redirect_aspect(redirect); },
                          [&](const ir::Mirror& mirror) { return mirror_aspect(config, mirror); },
                          [](const ir::CorsPolicy& cors) { return cors_aspect(cors); },
                          [&](const ir::ExternalAuth& auth) { return auth_aspect(config, auth); },
                          [&](const ir::ExtensionFilter& extension) {
                              return extension_aspect(config, extension);
                          },
                      },
                      filter);
}

std::string composite_key(const ir::Config& config, const ir::Composite& composite) {
    std::string key = std::to_string(static_cast<int>(composite.kind));
    if (composite.settings) put(key, settings_key(*composite.settings));
    for (const ir::Composite::Part& part : composite.parts) {
        const ir::Backend& backend = config.backends[part.backend];
        put(key, target_text(backend));
        put(key, std::to_string(part.share));
        for (const ir::Filter& filter : part.filters)
            put(key, filter_aspect(config, filter).key);
        if (part.settings) put(key, settings_key(*part.settings));
        if (backend.composite)
            put(key, composite_key(config, config.composites[*backend.composite]));
    }
    return key;
}

std::string only_in(const std::vector<Aspect>& mine, const std::vector<Aspect>& other) {
    std::vector<std::string> texts;
    for (const Aspect& aspect : mine) {
        if (std::ranges::find(other, aspect) == other.end()) texts.push_back(aspect.text);
    }
    return base::join(texts, "; ");
}

}  // namespace gatefile::analysis
