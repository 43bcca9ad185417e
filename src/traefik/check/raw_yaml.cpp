// SPDX-License-Identifier: Apache-2.0
//
// Module tree reads YAML as kubectl does; Traefik's reader (yaml.v3) differs in what plain words
// mean, so those are looked up in the text again.
#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include <fmt/format.h>

#include "check/raw.hpp"
#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::traefik::check {
namespace {

using tree::Node;
using tree::Position;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class Text {
public:
    explicit Text(std::string_view text) : lines_(base::split(text, '\n')) {}

    /// What stands at a place, behind anchor and tag, up to the end of its line.
    std::string_view behind(Position at) const {
        if (at.line == 0 || at.line > lines_.size()) return {};
        const std::string_view line = lines_[at.line - 1];
        if (at.column == 0 || at.column > line.size()) return {};
        std::string_view rest = line.substr(at.column - 1);
        while (rest.starts_with('&') || rest.starts_with('!')) {
            const std::size_t blank = rest.find(' ');
            if (blank == std::string_view::npos) return {};
            rest = base::trim(rest.substr(blank));
        }
        return rest;
    }

    std::string_view word(Position at) const {
        const std::string_view rest = behind(at);
        const auto ends = [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '~';
        };
        return rest.substr(
            0, static_cast<std::size_t>(std::ranges::find_if(rest, ends) - rest.begin()));
    }

private:
    std::vector<std::string_view> lines_;
};

/// yaml.v3 takes a plain YYYY-M-D for a moment, with or without a time behind it.
bool is_date(std::string_view text) {
    std::size_t at = 0;
    const auto digits = [&](std::size_t most) {
        const std::size_t start = at;
        while (at < text.size() && is_digit(text[at]) && at - start < most)
            ++at;
        return at - start;
    };
    if (digits(4) != 4 || at >= text.size() || text[at++] != '-') return false;
    if (digits(2) == 0 || at >= text.size() || text[at++] != '-') return false;
    if (digits(2) == 0) return false;
    if (at == text.size()) return true;
    const bool has_time = text[at] == 'T' || text[at] == 't' || text[at] == ' ';
    return has_time && text.find(':', at) != std::string_view::npos;
}

std::string float_text(double value) {
    std::string text = fmt::format("{:.6f}", value);
    if (text.ends_with(".000000")) text.resize(text.size() - 7);
    return text;
}

class Converter {
public:
    explicit Converter(std::string_view text) : text_(text) {}

    /// Depth is bounded by the reader.
    Raw convert(const Node& node) const {
        Raw raw{.at = node.position()};
        switch (node.kind()) {
        case tree::Kind::Null:
            return raw;
        case tree::Kind::Bool:
            return scalar(raw, bool_text(node));
        case tree::Kind::Int:
            return scalar(raw, std::to_string(node.as_int()));
        case tree::Kind::Float:
            return scalar(raw, float_text(node.as_float()));
        case tree::Kind::String:
            raw = scalar(raw, std::string(node.as_string()));
            if (is_date(raw.text) && text_.behind(raw.at).starts_with(raw.text))
                raw.shape = Shape::Date;
            return raw;
        case tree::Kind::List:
            raw.shape = Shape::List;
            for (const Node& item : node.items())
                raw.items.push_back(convert(item));
            return raw;
        case tree::Kind::Map:
            raw.shape = Shape::Map;
            for (const tree::Entry& entry : node.entries())
                raw.fields.push_back({key_text(entry), entry.key_position, convert(entry.value)});
            return raw;
        }
        return raw;
    }

private:
    static Raw scalar(Raw raw, std::string text) {
        raw.shape = Shape::Scalar;
        raw.text = std::move(text);
        return raw;
    }

    /// `yes`, `off` and their like are words to yaml.v3.
    std::string bool_text(const Node& node) const {
        const std::string_view word = text_.word(node.position());
        const std::string lower = base::to_lower(word);
        constexpr std::array<std::string_view, 6> words = {"y", "yes", "on", "n", "no", "off"};
        if (std::ranges::find(words, lower) != words.end()) return std::string(word);
        return node.as_bool() ? "true" : "false";
    }

    /// Traefik asks Go for the text of a key, which has one of words only.
    std::string key_text(const tree::Entry& entry) const {
        const std::string_view rest = text_.behind(entry.key_position);
        if (rest.starts_with('"') || rest.starts_with('\'')) return std::string(entry.key);
        const std::string_view plain = base::trim(rest.substr(0, rest.find(':')));
        static const auto boolean = base::Regex::compile("^(true|True|TRUE|false|False|FALSE)$");
        static const auto integer =
            base::Regex::compile("^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$");
        static const auto fraction =
            base::Regex::compile(R"(^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$)");
        if (boolean && boolean->matches(plain)) return "<bool Value>";
        if (integer && integer->matches(plain)) return "<int Value>";
        if (fraction && fraction->matches(plain)) return "<float64 Value>";
        if (is_date(plain)) return "<time.Time Value>";
        // The reader takes `on` and its like for true.
        const bool is_word = entry.key == "true" || entry.key == "false";
        return std::string(is_word && !plain.empty() ? plain : entry.key);
    }

    Text text_;
};

bool is_marker(std::string_view line, std::string_view marker) {
    return line.starts_with(marker) &&
           (line.size() == marker.size() ||
            std::string_view(" \t\r").find(line[marker.size()]) != std::string_view::npos);
}

/// The lines of the first document at their places; directives and what comes behind are emptied.
std::string first_document(std::string_view text) {
    std::string kept;
    bool has_content = false;
    bool has_start = false;
    for (const std::string_view line : base::split(text, '\n')) {
        const std::string_view content = base::trim(line);
        const bool starts = is_marker(line, "---");
        if (is_marker(line, "...") || (starts && (has_start || has_content))) break;
        if (!has_start && !has_content && line.starts_with('%')) {
            kept += '\n';
            continue;
        }
        has_start = has_start || starts;
        has_content = has_content || (!starts && !content.empty() && content.front() != '#');
        // Kept in its column: something may follow the marker.
        if (starts) kept.append("   ").append(line.substr(3));
        if (!starts) kept += line;
        kept += '\n';
    }
    return kept;
}

}  // namespace

RawFile raw_from_yaml(std::string_view text) {
    RawFile file;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const std::string document = first_document(text);
    const auto source = std::make_shared<const std::string>();
    const tree::ReadResult read = tree::read(document, source);
    for (const tree::Fault& fault : read.faults)
        file.faults.push_back({fault.position, fault.text});
    if (!file.faults.empty() || read.documents.empty()) return file;
    file.root = Converter(document).convert(read.documents.front().root);
    if (file.root.shape != Shape::Map)
        file.faults.push_back(
            {file.root.at, "the document is not a mapping of http, tcp, udp, tls"});
    return file;
}

}  // namespace gatefile::traefik::check
