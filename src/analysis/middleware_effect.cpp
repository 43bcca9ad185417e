// SPDX-License-Identifier: Apache-2.0
#include "middleware_effect.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/url_path.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::analysis {
namespace {

const std::string* text_at(const tree::Value& settings, std::string_view key) {
    const tree::Value* value = tree::find(settings, key);
    return value == nullptr ? nullptr : std::get_if<std::string>(&value->data);
}

bool has_only(const tree::Value& settings, std::initializer_list<std::string_view> keys) {
    const auto* map = std::get_if<tree::Value::Map>(&settings.data);
    return map != nullptr && std::ranges::all_of(*map, [&](const tree::Value::Field& field) {
               return std::ranges::find(keys, field.key) != keys.end();
           });
}

/// An empty value takes the header away.
ir::HeaderChange change_at(const tree::Value& settings, std::string_view key) {
    ir::HeaderChange out;
    const tree::Value* value = tree::find(settings, key);
    const auto* map = value == nullptr ? nullptr : std::get_if<tree::Value::Map>(&value->data);
    if (map == nullptr) return out;
    for (const tree::Value::Field& field : *map) {
        const auto* text = std::get_if<std::string>(&field.value.data);
        if (text == nullptr) continue;
        if (text->empty()) {
            out.remove.push_back(field.key);
        } else {
            out.set.push_back({field.key, *text});
        }
    }
    return out;
}

bool is_plain(std::string_view path) {
    return !path.empty() && std::ranges::all_of(path, [](char c) {
        return c == '/' || base::is_unreserved(c);
    });
}

std::optional<MiddlewareEffect> run_headers(const tree::Value& settings, Evaluation& state) {
    if (!has_only(settings, {"customRequestHeaders", "customResponseHeaders"})) return std::nullopt;
    const ir::HeaderChange request = change_at(settings, "customRequestHeaders");
    const ir::HeaderChange answer = change_at(settings, "customResponseHeaders");
    change_headers(request, state.seen);
    std::string text;
    if (!request.set.empty() || !request.remove.empty())
        text = "of the request " + effect_of(request);
    if (!answer.set.empty() || !answer.remove.empty()) {
        change_answer(state, answer);
        text += (text.empty() ? "of the answer " : ", of the answer ") + effect_of(answer);
    }
    return MiddlewareEffect{Known::Wholly, std::move(text)};
}

std::optional<MiddlewareEffect> run_add_prefix(const tree::Value& settings, Evaluation& state) {
    const std::string* prefix = text_at(settings, "prefix");
    if (prefix == nullptr || !is_plain(*prefix) || !prefix->starts_with('/')) return std::nullopt;
    change_path(state, *prefix + std::string(path_part(state.seen.target)));
    return MiddlewareEffect{Known::Wholly,
                            fmt::format("the path becomes {}", path_part(state.seen.target))};
}

/// As URLs of Go are: the bytes decide, and escapes are kept where they mean the same. All of a path
/// may go, which no exact match of "/" takes.
std::string without_prefix(std::string_view path, std::string_view prefix) {
    std::string rest(path.substr(prefix.size()));
    if (rest.empty() || rest.starts_with('/')) return rest;
    const std::string bytes = base::decode_path(rest);
    return bytes.starts_with('/') ? base::encode_path(bytes) : "/" + rest;
}

/// The first prefix that fits goes.
std::optional<MiddlewareEffect> run_strip_prefix(const tree::Value& settings, Evaluation& state) {
    const tree::Value* value = tree::find(settings, "prefixes");
    const auto* list = value == nullptr ? nullptr : std::get_if<tree::Value::List>(&value->data);
    if (list == nullptr || !has_only(settings, {"prefixes"})) return std::nullopt;
    std::vector<std::string_view> prefixes;
    for (const tree::Value& one : *list) {
        const auto* prefix = std::get_if<std::string>(&one.data);
        if (prefix == nullptr || !is_plain(*prefix)) return std::nullopt;
        prefixes.push_back(*prefix);
    }
    const std::string path(path_part(state.seen.target));
    for (const std::string_view prefix : prefixes) {
        if (!path.starts_with(prefix)) continue;
        change_path(state, without_prefix(path, prefix));
        const ir::Header mark{"X-Forwarded-Prefix", std::string(prefix)};
        change_headers({.set = {}, .add = {mark}, .remove = {}}, state.seen);
        const std::string_view left = path_part(state.seen.target);
        return MiddlewareEffect{
            Known::Wholly,
            left.empty() ? "nothing is left of the path" : fmt::format("the path becomes {}", left)};
    }
    return MiddlewareEffect{Known::Wholly, "the path has none of its prefixes"};
}

/// Those that let everything through as it is but what is too much, too large or too slow.
bool lets_through(std::string_view type) {
    constexpr std::array<std::string_view, 8> types{"buffering",
                                                    "circuitBreaker",
                                                    "compress",
                                                    "contentType",
                                                    "errors",
                                                    "inFlightReq",
                                                    "rateLimit",
                                                    "retry"};
    return std::ranges::find(types, type) != types.end();
}

std::optional<MiddlewareEffect>
run_known(const ir::ExtensionFilter& middleware, Evaluation& state) {
    if (middleware.settings == nullptr) return std::nullopt;
    const tree::Value& settings = *middleware.settings;
    if (middleware.type == "headers") return run_headers(settings, state);
    if (middleware.type == "addPrefix") return run_add_prefix(settings, state);
    if (middleware.type == "stripPrefix") return run_strip_prefix(settings, state);
    return std::nullopt;
}

}  // namespace

MiddlewareEffect run_middleware(const ir::ExtensionFilter& middleware, Evaluation& state) {
    const std::string name = fmt::format(
        "runs the Middleware {}/{} ({})", middleware.ns, middleware.name, middleware.type);
    if (auto effect = run_known(middleware, state)) {
        effect->text = effect->text.empty() ? name : name + ": " + effect->text;
        return std::move(*effect);
    }
    if (lets_through(middleware.type)) {
        return {Known::UnlessBusy, name + ", which lets the request through unless it is too much"};
    }
    return {Known::NotAtAll, name + ", which may change or answer the request by itself"};
}

}  // namespace gatefile::analysis
