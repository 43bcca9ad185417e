// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <ostream>

#include "gatefile/base/result.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"
#include "walk.hpp"

namespace gatefile::tree {
namespace {

/// A scalar as it shall stand in the text. The Emitter's own quoting would escape our escapes, and
/// its plain style changes types; its way for numbers writes whatever an ostream is given.
struct Verbatim {
    std::string_view text;
};

std::ostream& operator<<(std::ostream& out, const Verbatim& scalar) {
    return out << scalar.text;
}

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Keys that every YAML reader takes for the string they are.
bool may_stand_plain(std::string_view key) {
    constexpr std::string_view words[] = {
        "y", "yes", "n", "no", "true", "false", "on", "off", "null"};
    if (key.empty() || !is_letter(key.front())) return false;
    const bool is_word = std::all_of(key.begin(), key.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    return is_word && std::none_of(std::begin(words), std::end(words), [&](std::string_view word) {
               return base::equals_ignoring_case(key, word);
           });
}

/// The length of a UTF-8 sequence at the start that YAML does not allow in a text, or takes for a
/// line break: C1 controls, U+2028, U+2029, U+FEFF, U+FFFE and U+FFFF; else 0.
std::size_t length_of_unprintable(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) == 0xC2 && byte(1) < 0xA0) return 2;
    if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) & 0xFEU) == 0xA8) return 3;
    if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return 3;
    if (byte(0) == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE) return 3;
    return 0;
}

void append_unprintable(std::string& out, std::string_view sequence) {
    unsigned code_point =
        static_cast<unsigned char>(sequence.front()) & (sequence.size() == 2 ? 0x1FU : 0x0FU);
    for (const char c : sequence.substr(1))
        code_point = code_point << 6 | (static_cast<unsigned char>(c) & 0x3FU);
    fmt::format_to(std::back_inserter(out), "\\u{:04X}", code_point);
}

/// Appends the text in double quotes.
void append_quoted(std::string& out, std::string_view text, Templates templates) {
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '{') {
            const bool has_neighbour =
                (i > 0 && text[i - 1] == '{') || (i + 1 < text.size() && text[i + 1] == '{');
            out += has_neighbour && templates == Templates::Neutralised ? "\\x7B" : "{";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7F) {
            fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned>(byte));
        } else if (byte < 0x80) {
            out += c;
        } else if (const std::size_t length = length_of_unprintable(text.substr(i)); length > 0) {
            append_unprintable(out, text.substr(i, length));
            i += length - 1;
        } else {
            out += c;
        }
    }
    out += '"';
}

class YamlOutput {
public:
    YamlOutput(YAML::Emitter& emitter, Templates templates)
        : emitter_(emitter), templates_(templates) {}

    void key(std::string_view text) {
        if (may_stand_plain(text))
            emit(text);
        else
            string(text);
    }

    void begin(const Node& node) {
        // Without items they are written as one scalar: braces never come from the Emitter, so that
        // no two of them can meet.
        if (is_empty(node)) return emit(node.is_map() ? "{}" : "[]");
        if (node.is_list()) {
            emitter_ << YAML::BeginSeq;
            return;
        }
        if (has_long_key(node)) emitter_ << YAML::LongKey;
        emitter_ << YAML::BeginMap;
    }

    void end(const Node& node) {
        if (is_empty(node)) return;
        if (node.is_list())
            emitter_ << YAML::EndSeq;
        else
            emitter_ << YAML::EndMap;
    }

    void scalar(const Node& node) {
        switch (node.kind()) {
        case Kind::Bool:
            return emit(node.as_bool() ? "true" : "false");
        case Kind::Int:
            return emit(fmt::format_int(node.as_int()).str());
        case Kind::Float:
            return floating(node.as_float());
        case Kind::String:
            return string(node.as_string());
        case Kind::Null:
        case Kind::List:
        case Kind::Map:
            return emit("null");
        }
    }

private:
    static bool is_empty(const Node& node) {
        return node.is_map() ? node.entries().empty() : node.items().empty();
    }

    /// YAML readers look 1,024 characters ahead for the colon of a key.
    static bool has_long_key(const Node& map) {
        constexpr std::size_t longest_when_escaped = 1000 / 6;
        return std::any_of(map.entries().begin(), map.entries().end(), [](const Entry& entry) {
            return entry.key.size() > longest_when_escaped;
        });
    }

    void emit(std::string_view text) { emitter_.WriteIntegralType(Verbatim{text}); }

    void string(std::string_view text) {
        GATEFILE_CHECK(base::is_utf8(text));
        quoted_.clear();
        append_quoted(quoted_, text, templates_);
        emit(quoted_);
    }

    void floating(double value) {
        GATEFILE_CHECK(std::isfinite(value));
        std::string text = fmt::format("{}", value);
        // Without a point a reader would take it for an integer, if it fits into one.
        if (text.find_first_of(".e") == std::string::npos) text += ".0";
        emit(text);
    }

    YAML::Emitter& emitter_;
    Templates templates_;
    std::string quoted_;
};

}  // namespace

std::string write_yaml(const Node& node, Templates templates) {
    YAML::Emitter emitter;
    YamlOutput output(emitter, templates);
    walk(node, output);
    GATEFILE_CHECK(emitter.good());
    std::string text(emitter.c_str(), emitter.size());
    text += '\n';
    return text;
}

}  // namespace gatefile::tree
