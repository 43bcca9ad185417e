// SPDX-License-Identifier: Apache-2.0
#include "check/decode.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "check/go_duration.hpp"
#include "check/report.hpp"
#include "check/schema.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;
using diag::Path;

std::string quote(std::string_view text) {
    return base::quote_for_message(text);
}

bool is_bool(std::string_view text) {
    constexpr std::string_view words[] = {
        "1", "t", "T", "true", "True", "TRUE", "0", "f", "F", "false", "False", "FALSE"};
    return std::ranges::find(words, text) != std::end(words);
}

bool is_int(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    return base::parse_int(text).has_value();
}

/// Null fields do not count: Traefik never sees them.
bool has_fields(const Raw& raw) {
    return std::ranges::any_of(
        raw.fields, [](const RawField& field) { return field.value.shape != Shape::Null; });
}

bool has_maps(const Raw& raw) {
    return std::ranges::any_of(
        raw.items, [](const Raw& item) { return item.shape == Shape::Map && has_fields(item); });
}

/// The Go name in the spelling of the documentation: "HTTPOnly" is written httpOnly. Only its case
/// differs, which Traefik does not look at, so the name's first letters become small.
std::string spelling(std::string_view name) {
    std::string text(name);
    std::size_t upper = 0;
    while (upper < text.size() && text[upper] >= 'A' && text[upper] <= 'Z')
        ++upper;
    const std::size_t small = upper == text.size() || upper <= 1 ? upper : upper - 1;
    for (std::size_t i = 0; i < small; ++i)
        text[i] = static_cast<char>(text[i] - 'A' + 'a');
    return text;
}

class Decoder {
public:
    Decoder(std::string file, diag::Diagnostics& out) : file_(std::move(file)), out_(out) {}

    bool run(const Raw& root) {
        for (const RawField& field : root.fields) {
            // Whatever else stands at the top is another program's.
            const Field* known = dynamic_schema().find(field.key);
            if (known == nullptr) continue;
            const Path path = Path() / field.key;
            check_shapes(field.value, path);
            take_field(*known, field, path);
        }
        return is_good_;
    }

private:
    void wrong_type(const Raw& raw, const Path& path, std::string detail, std::string hint = "") {
        is_good_ = false;
        report(out_,
               Code::TraefikFieldType,
               {file_, raw.at},
               path,
               std::move(detail),
               std::move(hint));
    }

    void ignored(const Raw& raw, const Path& path, std::string detail) {
        report(out_, Code::TraefikElement, {file_, raw.at}, path, std::move(detail));
    }

    /// What Traefik cannot carry, whatever the field.
    void check_shapes(const Raw& raw, const Path& path) {
        if (raw.shape == Shape::Date) {
            wrong_type(raw, path, "a date, which Traefik cannot take", "put it in quotes");
        }
        for (const RawField& field : raw.fields)
            check_shapes(field.value, path / field.key);
        for (std::size_t i = 0; i < raw.items.size(); ++i) {
            const Raw& item = raw.items[i];
            if (item.shape == Shape::Null || item.shape == Shape::List)
                wrong_type(item,
                           path / i,
                           item.shape == Shape::Null ? "an empty item of a list"
                                                     : "a list in a list");
            else
                check_shapes(item, path / i);
        }
    }

    void take_field(const Field& field, const RawField& raw, const Path& path) {
        if (raw.value.shape == Shape::Null || raw.value.shape == Shape::Date) return;
        take(field.type, raw.value, path, field.is_dropped);
    }

    void take(const Type& type, const Raw& raw, const Path& path, bool is_dropped) {
        switch (type.kind) {
        case TypeKind::Struct:
            return take_struct(type, raw, path, is_dropped);
        case TypeKind::Map:
            return take_map(type.element.front(), raw, path, is_dropped);
        case TypeKind::List:
            return take_list(type.element.front(), raw, path, is_dropped);
        case TypeKind::Any:
            return;
        case TypeKind::String:
        case TypeKind::Bool:
        case TypeKind::Int:
        case TypeKind::Float:
        case TypeKind::Duration:
            return take_scalar(type, raw, path, is_dropped);
        }
    }

    void take_struct(const Type& type, const Raw& raw, const Path& path, bool is_dropped) {
        if (raw.shape == Shape::Map && has_fields(raw))
            return take_fields(*type.fields, raw, path, is_dropped);
        if ((type.may_be_empty || is_dropped) && !has_maps(raw)) return;
        if (raw.shape == Shape::Map)
            return wrong_type(raw,
                              path,
                              "empty, which Traefik refuses",
                              "remove the field, or give it what it is for");
        wrong_type(raw,
                   path,
                   raw.shape == Shape::List ? "a list where a mapping is wanted"
                                            : quote(raw.text) + " where a mapping is wanted");
    }

    void take_fields(const Struct& fields, const Raw& raw, const Path& path, bool is_dropped) {
        for (const RawField& child : raw.fields) {
            if (child.value.shape == Shape::Null) continue;
            const Field* known = fields.find(child.key);
            if (known == nullptr) {
                unknown_field(fields, child, path / child.key);
                continue;
            }
            if (child.value.shape == Shape::Date) continue;
            take(known->type, child.value, path / child.key, is_dropped || known->is_dropped);
        }
    }

    void unknown_field(const Struct& fields, const RawField& child, const Path& path) {
        is_good_ = false;
        std::vector<std::string> names;
        for (const Field& field : fields.fields) {
            if (!field.is_dropped) names.push_back(spelling(field.name));
        }
        const std::vector<std::string_view> views(names.begin(), names.end());
        const std::string_view near = base::nearest(child.key, views);
        std::string hint = "there is: " + base::join(names, ", ");
        if (!near.empty()) hint = fmt::format("did you mean {}?", near);
        if (names.empty()) hint = "it has no fields";
        report(out_,
               Code::TraefikUnknownField,
               {file_, child.key_at},
               path,
               "Traefik has no such field here",
               std::move(hint));
    }

    /// Of maps only those of structs and numbers can be wrong inside.
    void take_map(const Type& element, const Raw& raw, const Path& path, bool is_dropped) {
        if (raw.shape != Shape::Map || !has_fields(raw)) {
            if (is_dropped && !has_maps(raw)) return;
            const bool is_empty = raw.shape == Shape::Map;
            return wrong_type(raw,
                              path,
                              is_empty ? "empty, which Traefik refuses"
                                       : "a mapping of names is wanted",
                              is_empty ? "remove the field" : "");
        }
        for (const RawField& child : raw.fields) {
            if (child.value.shape == Shape::Null || child.value.shape == Shape::Date) continue;
            const Path below = path / child.key;
            if (child.key.starts_with('<') && child.key.ends_with(" Value>"))
                report(
                    out_,
                    Code::TraefikElement,
                    {file_, child.key_at},
                    path,
                    fmt::format("a name that is no word; Traefik calls it {}", quote(child.key)),
                    "put it in quotes");
            if (element.kind == TypeKind::Int && !is_dropped)
                take_scalar(element, child.value, below, is_dropped);
            if (element.kind == TypeKind::Struct)
                take_element(*element.fields, child.value, below, is_dropped);
        }
    }

    /// An item of a list or map of structs: it may be empty, and a scalar is as good as empty.
    void take_element(const Struct& fields, const Raw& raw, const Path& path, bool is_dropped) {
        if (raw.shape == Shape::Map) return take_fields(fields, raw, path, is_dropped);
        if (has_maps(raw)) return wrong_type(raw, path, "a list where a mapping is wanted");
        ignored(raw, path, "no mapping, which Traefik takes for an empty one");
    }

    void take_list(const Type& element, const Raw& raw, const Path& path, bool is_dropped) {
        // `{}` is how Traefik's documentation writes an empty list.
        const bool is_empty = raw.shape != Shape::List && raw.text.empty() && !has_fields(raw);
        if (is_empty) return;
        if (element.kind == TypeKind::Struct) {
            if (raw.shape != Shape::List)
                return ignored(raw, path, "no list, which Traefik takes for an empty one");
            for (std::size_t i = 0; i < raw.items.size(); ++i)
                take_element(*element.fields, raw.items[i], path / i, is_dropped);
            return;
        }
        if (raw.shape == Shape::Map) {
            const bool has_depth = std::ranges::any_of(raw.fields, [](const RawField& field) {
                return has_fields(field.value) || has_maps(field.value);
            });
            if (has_depth) return wrong_type(raw, path, "a mapping where a list is wanted");
            return ignored(raw, path, "no list, which Traefik takes for an empty one");
        }
        for (std::size_t i = 0; i < raw.items.size(); ++i) {
            if (raw.items[i].shape == Shape::Map && has_fields(raw.items[i]))
                wrong_type(raw.items[i], path / i, "a mapping where a word is wanted");
        }
    }

    void take_scalar(const Type& type, const Raw& raw, const Path& path, bool is_dropped) {
        const bool is_deep = (raw.shape == Shape::Map && has_fields(raw)) || has_maps(raw);
        if (is_deep) return wrong_type(raw, path, "a mapping where one value is wanted");
        if (is_dropped) return;
        if (type.kind == TypeKind::String) {
            if (raw.shape == Shape::List && !raw.items.empty())
                ignored(
                    raw, path, "a list where one value is wanted; Traefik makes one word of it");
            return;
        }
        const std::string wanted = fault_of(type.kind, raw.text);
        if (wanted.empty()) return;
        std::string hint;
        if (type.kind == TypeKind::Bool && !raw.text.empty()) hint = "write true or false";
        wrong_type(raw, path, fmt::format("{} is no {}", quote(raw.text), wanted), hint);
    }

    /// What is wanted where the text is none of it.
    static std::string fault_of(TypeKind kind, std::string_view text) {
        if (kind == TypeKind::Bool && !is_bool(text)) return "boolean";
        if (kind == TypeKind::Int && !is_int(text)) return "whole number";
        if (kind == TypeKind::Duration && !is_int(text) && !is_go_duration(text))
            return "duration (300ms, 1m30s, or seconds)";
        return "";
    }

    std::string file_;
    diag::Diagnostics& out_;
    bool is_good_ = true;
};

}  // namespace

bool check_fields(const Raw& root, const std::string& file, diag::Diagnostics& out) {
    return Decoder(file, out).run(root);
}

}  // namespace gatefile::traefik::check
