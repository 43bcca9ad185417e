// SPDX-License-Identifier: Apache-2.0
#include "decode_middleware.hpp"

#include <algorithm>
#include <utility>

#include "gatefile/base/strings.hpp"

namespace gatefile::api {

namespace {

using diag::Code;
using tree::Value;

constexpr std::size_t deepest_plugin = 16;
constexpr std::string_view secret_urn = "urn:k8s:secret:";

bool is_plain_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

class Decoder {
public:
    explicit Decoder(Middleware& middleware) : out_(middleware) {}

    Value decode(const Cursor& at) {
        Value made;
        const std::string_view name = at.node().entries().front().key;
        if (!is_plain_name(name)) {
            at.report(Code::InvalidValue, name, "no name that a plugin can have");
        }
        at.object(name, [&](const Cursor& settings) {
            out_path_.assign(1, std::string(name));
            made = plugin_map(settings.node(), settings, 0);
            out_path_.clear();
            return true;
        });
        Value plugin;
        set(plugin, name, std::move(made));
        return plugin;
    }

private:
    Value plugin_map(const tree::Node& node, const Cursor& at, std::size_t depth) {
        Value made;
        for (const tree::Entry& entry : node.entries()) {
            if (entry.value.is_null()) continue;
            if (!is_plain_name(entry.key)) {
                at.report(Code::InvalidValue, entry.key, "has characters other than A-Za-z0-9_-");
            }
            out_path_.emplace_back(entry.key);
            std::optional<Value> value = plugin_value(entry.value, at, depth + 1);
            out_path_.pop_back();
            if (value) set(made, entry.key, std::move(*value));
        }
        return made;
    }

    /// Nothing for a Secret's value, which comes later.
    std::optional<Value> plugin_value(const tree::Node& node, const Cursor& at, std::size_t depth) {
        if (depth > deepest_plugin) {
            at.report(Code::InvalidValue, out_path_.back(), "is nested too deeply");
            return std::nullopt;
        }
        switch (node.kind()) {
        case tree::Kind::Bool:
            return Value{node.as_bool()};
        case tree::Kind::Int:
            return Value{node.as_int()};
        case tree::Kind::Float:
            return Value{node.as_float()};
        case tree::Kind::String:
            return plugin_text(node.as_string(), at);
        case tree::Kind::List: {
            Value::List items;
            for (const tree::Node& item : node.items()) {
                if (item.is_string() && item.as_string().starts_with(secret_urn)) {
                    at.report(Code::InvalidValue,
                              out_path_.back(),
                              "a Secret's value cannot stand in a list");
                }
                if (auto value = plugin_value(item, at, depth + 1))
                    items.push_back(std::move(*value));
            }
            if (items.empty()) return std::nullopt;
            return Value{std::move(items)};
        }
        case tree::Kind::Map: {
            Value made = plugin_map(node, at, depth);
            return std::get<Value::Map>(made.data).empty() ? std::nullopt : std::optional(made);
        }
        case tree::Kind::Null:
            break;
        }
        return std::nullopt;
    }

    std::optional<Value> plugin_text(std::string_view text, const Cursor& at) {
        if (text.find("\u2551") != std::string_view::npos) {
            at.report(Code::InvalidValue, out_path_.back(), "must not have U+2551");
        }
        if (!text.starts_with(secret_urn)) return Value{std::string(text)};
        const std::vector<std::string_view> parts = base::split(text, ':');
        if (parts.size() != 5) {
            at.report(Code::InvalidValue, out_path_.back(), "malformed urn:k8s:secret:NAME:KEY");
            return std::nullopt;
        }
        std::vector<std::string> map = out_path_;
        std::string field = std::move(map.back());
        map.pop_back();
        out_.secrets.push_back({.use = Middleware::SecretUse::Text,
                                .name = std::string(parts[3]),
                                .key = std::string(parts[4]),
                                .at = std::move(map),
                                .fields = {std::move(field)},
                                .path = at.path().text()});
        return std::nullopt;
    }

    Middleware& out_;
    std::vector<std::string> out_path_;  ///< of the map that is being made, in the settings
};

}  // namespace

Value decode_plugin(const Cursor& plugin, Middleware& middleware) {
    return Decoder(middleware).decode(plugin);
}

}  // namespace gatefile::api
