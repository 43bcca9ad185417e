// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "decode.hpp"
#include "decode_middleware.hpp"
#include "gatefile/base/http_status.hpp"
#include "gatefile/base/strings.hpp"
#include "middleware_fields.hpp"
#include "middleware_text.hpp"

namespace gatefile::api {

namespace {

using diag::Code;
using tree::Value;

constexpr std::size_t most_items = 1000;

/// Where Traefik wants what is in the Secret.
std::vector<std::string> fields_of(Middleware::SecretUse use) {
    switch (use) {
    case Middleware::SecretUse::BasicUsers:
    case Middleware::SecretUse::DigestUsers:
        return {"users"};
    case Middleware::SecretUse::Authority:
        return {"ca"};
    case Middleware::SecretUse::KeyPair:
        return {"cert", "key"};
    case Middleware::SecretUse::Credentials:
        return {"username", "password"};
    case Middleware::SecretUse::Text:
        break;
    }
    return {};
}

/// Decodes one middleware's settings by the table of their fields.
class Decoder {
public:
    explicit Decoder(Middleware& middleware) : out_(middleware) {}

    Value object(const Cursor& at, std::span<const MiddlewareField> fields) {
        report_unknown(at, fields);
        Value made = known(at, fields);
        fill(fields, made);
        return made;
    }

    Value known(const Cursor& at, std::span<const MiddlewareField> fields) {
        Value made;
        for (const MiddlewareField& field : fields) {
            decode(at, field, made);
        }
        return made;
    }

    void chain(const Cursor& at, const MiddlewareField& field) {
        at.list(field.name, [this](const Cursor& member) {
            constexpr std::string_view known[] = {"name", "namespace"};
            refuse_others(member, known);
            std::string name = member.text("name");
            if (name.empty()) {
                member.report(Code::MissingField, "name", "Required value");
            } else if (name.find('@') != std::string::npos) {
                member.report(
                    Code::InvalidValue, "name", "Middlewares of other providers cannot be named");
            }
            own_namespace(member);
            out_.chain.push_back(std::move(name));
            return true;
        });
    }

    void service(const Cursor& at, const MiddlewareField& field) {
        const auto decoded = at.object(field.name, [this](const Cursor& ref) {
            constexpr std::string_view known[] = {"name", "namespace", "kind", "port"};
            refuse_others(ref, known);
            Middleware::ServiceRef made;
            made.name = ref.text("name");
            if (made.name.empty()) ref.report(Code::MissingField, "name", "Required value");
            if (made.name.find('@') != std::string::npos) {
                ref.report(
                    Code::InvalidValue, "name", "services of other providers cannot be named");
            }
            const std::string kind = ref.text("kind");
            if (!kind.empty() && kind != "Service") {
                ref.report(Code::InvalidValue, "kind", "only a Service can serve the pages");
            }
            own_namespace(ref);
            const tree::Node* port = ref.node().find("port");
            if (port != nullptr && port->is_string()) {
                made.port_name = ref.text("port");
            } else {
                made.port = ref.port("port").value_or(0);
            }
            if (made.port_name.empty() && made.port == 0) {
                ref.report(Code::MissingField, "port", "Required value");
            }
            return made;
        });
        if (decoded) out_.service = *decoded;
    }

private:
    void report_unknown(const Cursor& at, std::span<const MiddlewareField> fields) {
        for (const tree::Entry& entry : at.node().entries()) {
            const bool known =
                std::ranges::find(fields, entry.key, &MiddlewareField::name) != fields.end();
            if (!known) at.report(Code::UnknownField, entry.key, unknown(entry.key));
        }
    }
    static std::string unknown(std::string_view field) {
        return fmt::format("unknown field {}", base::quote_for_message(field));
    }
    void refuse_others(const Cursor& at, std::span<const std::string_view> known) {
        for (const tree::Entry& entry : at.node().entries()) {
            if (std::ranges::find(known, entry.key) != known.end() || entry.value.is_null())
                continue;
            at.report(Code::UnknownField, entry.key, "not served by gatefile");
        }
    }
    void own_namespace(const Cursor& at) {
        const std::string ns = at.text("namespace");
        if (ns.empty() || ns == out_.meta.ns) return;
        at.report(Code::InvalidValue, "namespace", "must be the Middleware's own namespace");
    }

    /// A field that is required, absent or empty is reported; one that is neither is put in.
    void decode(const Cursor& at, const MiddlewareField& field, Value& into) {
        std::optional<Value> value = present(at, field);
        if (!value && !field.fallback.empty()) value = fallback(field);
        if (value) {
            set(into, field.name, std::move(*value));
        } else if (field.required && !is_there(at, field)) {
            at.report(Code::MissingField, field.name, "Required value");
        }
    }
    /// References leave no value behind.
    static bool is_there(const Cursor& at, const MiddlewareField& field) {
        const tree::Node* node = at.node().find(field.name);
        if (node == nullptr || node->is_null()) return false;
        if (node->is_string()) return !node->as_string().empty();
        if (node->is_list()) return !node->items().empty();
        return true;
    }

    std::optional<Value> present(const Cursor& at, const MiddlewareField& field) {
        switch (field.shape) {
        case Shape::Text:
            return text(at, field);
        case Shape::Flag: {
            const std::optional<bool> flag = at.boolean(field.name);
            return flag ? std::optional(Value{*flag}) : std::nullopt;
        }
        case Shape::Integer:
            return integer(at, field);
        case Shape::Duration:
            return duration(at, field);
        case Shape::Texts:
            return texts(at, field);
        case Shape::TextMap:
            return text_map(at, field);
        case Shape::CodeMap:
            return code_map(at, field);
        case Shape::Object:
            out_path_.emplace_back(field.name);
            {
                auto made = at.object(
                    field.name, [&](const Cursor& inner) { return object(inner, field.fields); });
                out_path_.pop_back();
                return made;
            }
        case Shape::Secret:
            secret(at, field);
            return std::nullopt;
        case Shape::Chain:
            chain(at, field);
            return std::nullopt;
        case Shape::Service:
            service(at, field);
            return std::nullopt;
        }
        return std::nullopt;
    }

    bool check(const Cursor& at, std::string_view field, std::string_view text, TextCheck check) {
        std::optional<std::string> fault = fault_of_any(text);
        if (!fault) fault = fault_of(text, check);
        if (fault) at.report(Code::InvalidValue, field, std::move(*fault));
        return !fault;
    }

    std::optional<Value> text(const Cursor& at, const MiddlewareField& field) {
        std::string found = at.text(field.name);
        if (found.empty() || !check(at, field.name, found, field.check)) return std::nullopt;
        return Value{std::move(found)};
    }

    std::optional<Value> integer(const Cursor& at, const MiddlewareField& field) {
        const std::optional<std::int64_t> number = at.integer(field.name, field.least, field.most);
        if (!number) return std::nullopt;
        if (field.check == TextCheck::RejectCode) {
            if (*number == 0) return std::nullopt;
            if (!base::has_status_text(*number) || *number < 200) {
                at.report(Code::InvalidValue, field.name, "must be a status code that has a name");
            }
        }
        return Value{*number};
    }

    std::optional<Value> duration(const Cursor& at, const MiddlewareField& field) {
        const tree::Node* node = at.node().find(field.name);
        if (node == nullptr || node->is_null()) return std::nullopt;
        const std::string written =
            node->is_int() ? std::to_string(node->as_int()) : at.text(field.name);
        if (written.empty()) return std::nullopt;
        std::optional<std::string> read = middleware_duration(written);
        if (!read) {
            at.report(Code::InvalidValue,
                      field.name,
                      fmt::format("Invalid value: {}: must be a number of seconds or a duration as "
                                  "1m30s, of at most a year",
                                  base::quote_for_message(written)));
            return std::nullopt;
        }
        return Value{std::move(*read)};
    }

    std::optional<Value> texts(const Cursor& at, const MiddlewareField& field) {
        const tree::Node* node = at.value(field.name, tree::Kind::List);
        if (node == nullptr) return std::nullopt;
        Value::List items;
        for (std::string& item : at.texts(field.name)) {
            check(at, field.name, item, field.check);
            items.emplace_back(Value{std::move(item)});
        }
        if (items.size() > most_items) {
            at.report(Code::InvalidValue, field.name, "has too many items");
        }
        if (!items.empty()) return Value{std::move(items)};
        // No header at all is what an empty list asks for here, and Traefik reads it as all of
        // them.
        if (field.name != "errorRequestHeaders") return std::nullopt;
        return Value{Value::List{Value{std::string("X-Gatefile-None")}}};
    }

    std::optional<Value> text_map(const Cursor& at, const MiddlewareField& field) {
        Value made;
        for (auto& [key, text] : at.text_map(field.name)) {
            check(at, field.name, key, field.check);
            check(at, field.name, text, TextCheck::None);
            set(made, key, Value{std::move(text)});
        }
        if (std::get<Value::Map>(made.data).empty()) return std::nullopt;
        return made;
    }

    std::optional<Value> code_map(const Cursor& at, const MiddlewareField& field) {
        Value made;
        at.object(field.name, [&](const Cursor& map) {
            for (const tree::Entry& entry : map.node().entries()) {
                check(map, entry.key, entry.key, TextCheck::Codes);
                if (const auto code = map.integer(entry.key, 200, 599)) {
                    set(made, entry.key, Value{*code});
                }
            }
            return true;
        });
        if (std::get<Value::Map>(made.data).empty()) return std::nullopt;
        return made;
    }

    void secret(const Cursor& at, const MiddlewareField& field) {
        std::string name = at.text(field.name);
        if (name.empty()) return;
        out_.secrets.push_back({.use = field.use,
                                .name = std::move(name),
                                .at = out_path_,
                                .fields = fields_of(field.use),
                                .path = (at.path() / field.name).text()});
    }

    static Value fallback(const MiddlewareField& field) {
        if (field.shape == Shape::Integer)
            return Value{base::parse_int(field.fallback).value_or(0)};
        if (field.shape == Shape::Flag) return Value{field.fallback == "true"};
        if (field.shape != Shape::Texts) return Value{std::string(field.fallback)};
        Value::List items;
        for (const std::string_view item : base::split(field.fallback, ' ')) {
            items.emplace_back(Value{std::string(item)});
        }
        return Value{std::move(items)};
    }

    /// Traefik's file provider takes an empty map for a mistake: what is nothing anyway stands in
    /// it.
    static void fill(std::span<const MiddlewareField> fields, Value& made) {
        if (!std::get<Value::Map>(made.data).empty()) return;
        for (const MiddlewareField& field : fields) {
            if (field.name == "autoDetect") return;
            if (field.shape == Shape::Flag) return set(made, field.name, Value{false});
            if (field.shape == Shape::Integer && field.least <= 0) {
                return set(made, field.name, Value{std::int64_t{0}});
            }
        }
    }

    Middleware& out_;
    std::vector<std::string> out_path_;  ///< of the map that is being made, in the settings
};

void decode_type(const Cursor& spec, Middleware& middleware) {
    if (middleware.type == "plugin") {
        spec.object("plugin", [&](const Cursor& at) {
            if (at.node().entries().size() == 1) {
                middleware.settings = decode_plugin(at, middleware);
            } else {
                spec.report(Code::InvalidValue, "plugin", "exactly one plugin must be named");
            }
            return true;
        });
        return;
    }
    const MiddlewareType* type = find_middleware_type(middleware.type);
    if (type == nullptr) {
        spec.report(Code::UnknownField,
                    middleware.type,
                    fmt::format("unknown field {}", base::quote_for_message(middleware.type)));
        return;
    }
    Decoder decoder(middleware);
    spec.object(type->name, [&](const Cursor& at) {
        middleware.settings = decoder.object(at, type->fields);
        if (!at.refused()) check_together(at, type->name, middleware.settings);
        return true;
    });
}

}  // namespace

tree::Value decode_known_fields(const Cursor& at, std::span<const MiddlewareField> fields) {
    Middleware without_references;
    return Decoder(without_references).known(at, fields);
}

Middleware decode_middleware(const Cursor& object, Meta meta) {
    Middleware middleware{.meta = std::move(meta)};
    const auto found = object.object("spec", [&](const Cursor& spec) {
        std::size_t types = 0;
        for (const tree::Entry& entry : spec.node().entries()) {
            if (entry.value.is_null()) continue;
            ++types;
            middleware.type = entry.key;
        }
        if (types == 1) {
            decode_type(spec, middleware);
        } else {
            object.report(Code::InvalidValue, "spec", "must have exactly one type of middleware");
        }
        return true;
    });
    if (!found && !object.refused()) object.report(Code::MissingField, "spec", "Required value");
    return middleware;
}

}  // namespace gatefile::api
