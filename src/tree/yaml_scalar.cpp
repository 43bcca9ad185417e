// SPDX-License-Identifier: Apache-2.0
#include "yaml_scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "builder.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::tree {
namespace {

constexpr std::string_view tag_prefix = "tag:yaml.org,2002:";

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

template <std::size_t size>
bool is_one_of(std::string_view text, const std::array<std::string_view, size>& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 11> true_words = {
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::array<std::string_view, 11> false_words = {
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> null_words = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> non_finite_words = {".nan",
                                                               ".NaN",
                                                               ".NAN",
                                                               ".inf",
                                                               ".Inf",
                                                               ".INF",
                                                               "+.inf",
                                                               "+.Inf",
                                                               "+.INF",
                                                               "-.inf",
                                                               "-.Inf",
                                                               "-.INF"};

/// Go's ParseInt and ParseUint with base 0: 0x, 0o, 0b and a leading 0 name the base. A value that
/// fits into 64 bits without a sign only comes back as Float, as it does through JSON.
std::optional<Node> parse_integer(std::string_view text, Position at) {
    const bool is_signed = text.starts_with('-') || text.starts_with('+');
    const bool is_negative = text.starts_with('-');
    if (is_signed) text.remove_prefix(1);
    int base = 10;
    if (text.size() > 1 && text[0] == '0') {
        const char mark = text[1];
        base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
        text.remove_prefix(base != 8 || mark == 'o' || mark == 'O' ? 2 : 1);
    }
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc() || stop != end) return std::nullopt;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (is_negative && value <= most + 1)
        return Node::integer(static_cast<std::int64_t>(~value + 1), at);
    if (is_negative) return std::nullopt;
    if (value <= most) return Node::integer(static_cast<std::int64_t>(value), at);
    if (is_signed) return std::nullopt;
    return Node::floating(static_cast<double>(value), at);
}

std::size_t count_digits(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    return static_cast<std::size_t>(end - text.begin());
}

/// go-yaml: [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const std::size_t whole = count_digits(text);
    text.remove_prefix(whole);
    if (text.starts_with('.')) {
        const std::size_t fraction = count_digits(text.substr(1));
        if (whole == 0 && fraction == 0) return false;
        text.remove_prefix(1 + fraction);
    } else if (whole == 0) {
        return false;
    }
    if (text.empty()) return true;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return !text.empty() && count_digits(text) == text.size();
}

/// What is too large for a double stays a string, as in go-yaml.
std::optional<Node> parse_float(std::string_view text, Position at) {
    if (!looks_like_float(text)) return std::nullopt;
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // Which of too small (zero) and too large it is, from_chars does not say.
    if (error == std::errc::result_out_of_range)
        value = std::strtod(std::string(text).c_str(), nullptr);
    if (std::isinf(value)) return std::nullopt;
    return make_number(value, at);
}

std::optional<Node> parse_number(std::string_view text, Position at) {
    if (text.front() == '.') return parse_float(text, at);
    if (text.find('_') == std::string_view::npos) {
        const auto integer = parse_integer(text, at);
        return integer ? integer : parse_float(text, at);
    }
    std::string plain(text);
    std::erase(plain, '_');
    const auto integer = parse_integer(plain, at);
    return integer ? integer : parse_float(plain, at);
}

/// What a scalar without quotes or tag stands for; nothing when it is a string. Timestamps are.
base::Result<std::optional<Node>> resolve_plain(std::string_view text, Position at) {
    const char first = text.empty() ? '~' : text.front();
    if (is_digit(first) || first == '-' || first == '+' || first == '.') {
        if (is_one_of(text, non_finite_words))
            return base::Error{base::ErrorKind::Usage, "unsupported value: " + std::string(text)};
        return parse_number(text, at);
    }
    constexpr std::string_view first_of_words = "yYnNtTfFoO~";
    if (first_of_words.find(first) == std::string_view::npos) return std::optional<Node>();
    if (is_one_of(text, true_words)) return std::optional(Node::boolean(true, at));
    if (is_one_of(text, false_words)) return std::optional(Node::boolean(false, at));
    if (is_one_of(text, null_words)) return std::optional(Node::null(at));
    return std::optional<Node>();
}

base::Error mismatch(std::string_view text, std::string_view tag) {
    return {base::ErrorKind::Usage,
            fmt::format("cannot decode {} as a !!{}", base::quote_for_message(text), tag)};
}

base::Result<Node> resolve_binary(std::string_view text, Position at, Arena& arena) {
    const auto bytes = base::decode_base64(text);
    if (!bytes)
        return base::Error{base::ErrorKind::Usage, "!!binary value contains invalid base64 data"};
    if (!base::is_utf8(*bytes))
        return base::Error{base::ErrorKind::Usage, "!!binary value is not UTF-8 text"};
    return Node::string(arena.copy(*bytes), at);
}

/// A scalar with a tag of YAML's own; `kind` is the tag without its prefix.
base::Result<Node>
resolve_tagged(std::string_view text, std::string_view kind, Position at, Arena& arena) {
    const Node string = Node::string(arena.copy(text), at);
    if (kind == "binary") return resolve_binary(text, at, arena);
    const bool resolvable = kind == "bool" || kind == "int" || kind == "float" || kind == "null";
    // A timestamp is its text for JSON, and so is whatever has a tag that go-yaml does not know.
    if (!resolvable) return string;
    const auto resolved = resolve_plain(text, at);
    if (!resolved) return resolved.error();
    if (!resolved->has_value()) return mismatch(text, kind);
    const Node node = **resolved;
    const bool has_fraction_mark = text.find_first_of(".eE") != std::string_view::npos;
    const bool is_written_float = has_fraction_mark && !text.starts_with("0x");
    const bool fits = kind == "bool"    ? node.is_bool()
                      : kind == "null"  ? node.is_null()
                      : kind == "float" ? node.is_int() || node.is_float()
                                        : (node.is_int() || node.is_float()) && !is_written_float;
    if (!fits) return mismatch(text, kind);
    return node;
}

}  // namespace

base::Result<Node> resolve_scalar(const Scalar& scalar, Position at, Arena& arena) {
    if (scalar.tag.starts_with(tag_prefix))
        return resolve_tagged(scalar.text, scalar.tag.substr(tag_prefix.size()), at, arena);
    if (scalar.tag.empty() && scalar.is_plain) {
        const auto resolved = resolve_plain(scalar.text, at);
        if (!resolved) return resolved.error();
        if (resolved->has_value()) return **resolved;
    }
    return Node::string(arena.copy(scalar.text), at);
}

base::Result<std::string_view> key_text(const Node& key, Arena& arena) {
    switch (key.kind()) {
    case Kind::String:
        return key.as_string();
    case Kind::Int:
        return arena.copy(fmt::format_int(key.as_int()).str());
    case Kind::Bool:
        return key.as_bool() ? std::string_view("true") : std::string_view("false");
    case Kind::Float:
        return arena.copy(fmt::format("{}", static_cast<float>(key.as_float())));
    case Kind::Null:
    case Kind::List:
    case Kind::Map:
        break;
    }
    return base::Error{base::ErrorKind::Usage,
                       fmt::format("unsupported map key of type {}", kind_name(key.kind()))};
}

}  // namespace gatefile::tree
