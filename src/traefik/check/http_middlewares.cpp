// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "check/http_builder.hpp"
#include "check/schema.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;

/// The fields of Middleware that are a type: each of them is one thing that a middleware can be.
const Struct& middleware_schema() {
    const Type& http = dynamic_schema().find("http")->type;
    const Type& middlewares = http.fields->find("middlewares")->type;
    return *middlewares.element.front().fields;
}

std::vector<const RawField*> kinds_of(const Raw& middleware) {
    std::vector<const RawField*> kinds;
    for (const RawField& field : middleware.fields) {
        const Field* known = middleware_schema().find(field.key);
        if (field.value.shape == Shape::Null || known == nullptr || known->is_dropped) continue;
        kinds.push_back(&field);
    }
    return kinds;
}

}  // namespace

bool HttpBuilder::middlewares(const Element& from, std::string_view field) {
    const std::size_t dot = field.rfind('.');
    const Raw* holder =
        dot == std::string_view::npos ? from.value : find(*from.value, field.substr(0, dot));
    if (holder == nullptr) return true;
    bool is_good = true;
    const std::string_view last = dot == std::string_view::npos ? field : field.substr(dot + 1);
    for (const std::string& name : list_of(*holder, last)) {
        const Found found =
            refer(context_, from, field, "middleware", context_.elements.http.middlewares, name);
        if (found.where == Where::Missing) is_good = false;
        if (found.element == nullptr) continue;
        const auto known = middlewares_.find(found.name);
        if (known != middlewares_.end()) {
            is_good = known->second && is_good;
            continue;
        }
        if (is_in_loop(middleware_stack_, found.name, *found.element)) {
            is_good = false;
            continue;
        }
        middleware_stack_.push_back(found.name);
        const bool built = build_middleware(found.name, *found.element);
        middleware_stack_.pop_back();
        middlewares_.insert_or_assign(found.name, built);
        is_good = built && is_good;
    }
    return is_good;
}

bool HttpBuilder::build_middleware(const std::string& name, const Element& middleware) {
    const std::vector<const RawField*> kinds = kinds_of(*middleware.value);
    const auto fault = [&](std::string_view field, std::string detail, std::string hint = "") {
        report_at(context_, Code::TraefikElement, middleware, field, std::move(detail), hint);
        return false;
    };
    if (kinds.empty() && !middleware.value->fields.empty())
        return fault(middleware.value->fields.front().key,
                     "Traefik drops this when it comes from a file, so the middleware is empty",
                     "use a type that the file provider has");
    if (kinds.empty())
        return fault("",
                     fmt::format("the middleware {} has no type", base::quote_for_message(name)));
    if (kinds.size() > 1)
        return fault(
            kinds[1]->key,
            fmt::format("a middleware is one thing, not {} and {}", kinds[0]->key, kinds[1]->key),
            "make two middlewares of it");
    const std::string kind = base::to_lower(kinds[0]->key);
    if (kind == "plugin") return build_plugin(middleware);
    if (kind == "chain") return middlewares(middleware, kinds[0]->key + ".middlewares");
    if (kind == "errors") {
        const std::string service(text_of(kinds[0]->value, "service"));
        if (!this->service(middleware, kinds[0]->key + ".service", service)) return false;
    }
    const std::string why = middleware_fault(kind, kinds[0]->value, context_.around);
    return why.empty() || fault(kinds[0]->key, why);
}

bool HttpBuilder::build_plugin(const Element& middleware) {
    const Raw& plugin = *find(*middleware.value, "plugin");
    if (plugin.fields.size() != 1) {
        report_at(context_, Code::TraefikElement, middleware, "plugin", "a plugin is one plugin");
        return false;
    }
    if (!context_.around.plugins) return true;
    const std::vector<std::string>& known = *context_.around.plugins;
    const std::string& name = plugin.fields.front().key;
    if (std::ranges::find(known, name) != known.end()) return true;
    report_at(context_,
              Code::TraefikPlugin,
              middleware,
              "plugin." + name,
              fmt::format("Traefik's static configuration has no plugin {}",
                          base::quote_for_message(name)),
              "name it below experimental.plugins");
    return false;
}

}  // namespace gatefile::traefik::check
