// SPDX-License-Identifier: Apache-2.0
#include "json_reader.hpp"

#include "gatefile/tree/read.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "builder.hpp"
#include "gatefile/base/same_text.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::tree {
namespace {

/// RapidJSON's input, bounded by length; it takes a NUL for the end, so the text must hold none.
struct TextStream {
    using Ch = char;

    const char* begin;
    const char* next;
    const char* end;

    Ch Peek() const { return next == end ? '\0' : *next; }
    Ch Take() { return next == end ? '\0' : *next++; }
    std::size_t Tell() const { return static_cast<std::size_t>(next - begin); }

    // Where strings would be put by parsing "in place": nowhere, nobody looks at them then.
    Ch* PutBegin() { return nullptr; }
    void Put(Ch) {}
    void Flush() {}
    std::size_t PutEnd(Ch*) { return 1; }  // with the NUL behind it
};

}  // namespace
}  // namespace gatefile::tree

namespace rapidjson {

/// The reader works on a copy of the stream while it is within a string or number, so that the
/// handler sees the offset where the token begins. Twice as fast, too.
template <>
struct StreamTraits<gatefile::tree::TextStream> {
    enum { copyOptimization = 1 };
};

}  // namespace rapidjson

namespace gatefile::tree {
namespace {

/// Line and column of offsets that never go back: the whole text is looked at once.
class Ruler {
public:
    Ruler(std::string_view text, std::uint32_t first_line)
        : text_(text), is_ascii_(base::count_code_points(text) == text.size()),
          line_(first_line), newline_(text.find('\n')) {}

    Position at(std::size_t offset) {
        while (newline_ < offset) {
            ++line_;
            measured_ = newline_ + 1;
            column_ = 1;
            newline_ = text_.find('\n', measured_);
        }
        column_ += is_ascii_
                       ? offset - measured_
                       : base::count_code_points(text_.substr(measured_, offset - measured_));
        measured_ = offset;
        return {line_, static_cast<std::uint32_t>(column_)};
    }

private:
    std::string_view text_;
    bool is_ascii_;
    std::uint32_t line_;
    std::size_t newline_;
    std::size_t measured_ = 0;
    std::size_t column_ = 1;
};

/// Objects have the same keys again and again: the last of each place is not stored once more.
class Keys {
public:
    explicit Keys(Arena& arena) : arena_(arena) {}

    std::string_view store(std::string_view key) {
        if (key.empty() || key.size() > longest) return arena_.copy(key);
        std::string_view& kept = kept_[base::place_of_key(key) % kept_.size()];
        if (!base::same_text(kept, key)) kept = arena_.copy(key);
        return kept;
    }

private:
    static constexpr std::size_t longest = 64;

    Arena& arena_;
    std::array<std::string_view, 256> kept_;
};

/// RapidJSON's events; returning false ends the parse with a fault that was recorded here.
class Handler {
public:
    /// `text` is UTF-8.
    Handler(std::string_view text, const TextStream& stream, Ruler& ruler, Builder& builder)
        : has_escapes_(text.find("\\u") != std::string_view::npos), stream_(stream), ruler_(ruler),
          builder_(builder), keys_(builder.arena()) {}

    // A number is parsed here and not by RapidJSON, whose exponent arithmetic overflows in the
    // released versions (CVE-2024-38517, CVE-2024-39684).
    bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
        const Position at = here();
        const std::optional<Node> number = parse_number({text, length}, at);
        if (number) return builder_.value(*number);
        builder_.fault(at, "a number is too large: " + base::quote_for_message({text, length}));
        return false;
    }
    bool String(const char* text, rapidjson::SizeType length, bool) {
        const Position at = here();
        return check_surrogates({text, length}, at) &&
               builder_.value(Node::string(builder_.arena().copy({text, length}), at));
    }
    bool Key(const char* text, rapidjson::SizeType length, bool) {
        const Position at = here();
        return check_surrogates({text, length}, at) &&
               builder_.key(keys_.store({text, length}), at);
    }
    bool Null() { return builder_.value(Node::null(before("null"))); }
    bool Bool(bool value) {
        return builder_.value(Node::boolean(value, before(value ? "true" : "false")));
    }
    bool StartObject() { return builder_.begin(Kind::Map, here()); }
    bool EndObject(rapidjson::SizeType) { return builder_.end(); }
    bool StartArray() { return builder_.begin(Kind::List, here()); }
    bool EndArray(rapidjson::SizeType) { return builder_.end(); }

    // Part of the interface; with kParseNumbersAsStringsFlag they are not called.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }

private:
    Position here() { return ruler_.at(stream_.Tell()); }
    /// Of a literal, which has been taken from the stream.
    Position before(std::string_view literal) { return ruler_.at(stream_.Tell() - literal.size()); }

    /// RapidJSON lets a low surrogate pass that has no high one before it.
    bool check_surrogates(std::string_view text, Position at) {
        if (!has_escapes_ || base::is_utf8(text)) return true;
        builder_.fault(at, "a \\u escape names half of a surrogate pair");
        return false;
    }

    static std::optional<Node> parse_number(std::string_view text, Position at) {
        if (text.find_first_of(".eE") == std::string_view::npos)
            if (const auto integer = base::parse_int(text)) return Node::integer(*integer, at);
        double value = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc::result_out_of_range) {
            // Too small is zero, as in Go; which of the two it is, from_chars does not say.
            value = std::strtod(std::string(text).c_str(), nullptr);
            if (std::isinf(value)) return std::nullopt;
        }
        return make_number(value, at);
    }

    bool has_escapes_;  ///< somewhere; without any, all strings are as good as the text
    const TextStream& stream_;
    Ruler& ruler_;
    Builder& builder_;
    Keys keys_;
};

/// Not with kParseValidateEncodingFlag: the text was looked at as a whole, which is faster.
constexpr unsigned parse_flags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag |
    rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseStopWhenDoneFlag;

/// RapidJSON's wording without the full stop.
std::string reason(rapidjson::ParseErrorCode code) {
    std::string_view text = rapidjson::GetParseError_En(code);
    if (text.ends_with('.')) text.remove_suffix(1);
    return "invalid JSON: " + std::string(text);
}

}  // namespace

JsonValues read_json_values(std::string_view text,
                            std::uint32_t first_line,
                            Arena& arena,
                            const Limits& limits) {
    JsonValues result;
    rapidjson::Reader reader;
    Ruler ruler(text, first_line);
    TextStream stream{text.data(), text.data(), text.data() + text.size()};
    Builder builder(arena, limits);
    Handler handler(text, stream, ruler, builder);
    for (;;) {
        const std::size_t start = text.find_first_not_of(" \t\r\n", stream.Tell());
        if (start == std::string_view::npos) return result;
        const Position begin = ruler.at(start);
        stream.next = text.data() + start;
        const std::size_t room = std::min(text.size() - start, limits.document_bytes);
        stream.end = stream.next + room;
        builder.restart();
        const rapidjson::ParseResult parsed = reader.Parse<parse_flags>(stream, handler);
        const std::vector<Fault> faults = std::move(builder.faults());
        result.faults.insert(result.faults.end(), faults.begin(), faults.end());
        if (!parsed.IsError()) {
            if (faults.empty()) result.values.push_back(builder.last());
            continue;
        }
        if (parsed.Code() == rapidjson::kParseErrorTermination) {
            // Well-formed so far and refused for what it says: the values behind it can be read.
            stream.next = text.data() + start;
            rapidjson::BaseReaderHandler<> ignore;
            if (!reader.Parse<parse_flags>(stream, ignore).IsError()) continue;
        } else {
            if (start + room < text.size() && parsed.Offset() + 1 >= start + room) {
                result.faults.push_back(
                    {begin,
                     fmt::format("a document is longer than {} bytes", limits.document_bytes)});
            } else {
                result.faults.push_back({ruler.at(parsed.Offset()), reason(parsed.Code())});
                result.may_be_yaml = result.values.empty();
            }
        }
        return result;
    }
}

base::Result<void> check_json(std::string_view bytes) {
    rapidjson::Reader reader;
    TextStream stream{bytes.data(), bytes.data(), bytes.data() + bytes.size()};
    rapidjson::BaseReaderHandler<> ignore;
    // Only whether it can be read is asked: without copies of its strings.
    constexpr unsigned flags =
        parse_flags | rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag;
    const rapidjson::ParseResult parsed = reader.Parse<flags>(stream, ignore);
    if (parsed.IsError()) {
        return base::Error{base::ErrorKind::Refused,
                           fmt::format("at byte {}: {}", parsed.Offset(), reason(parsed.Code()))};
    }
    if (bytes.find_first_not_of(" \t\r\n", stream.Tell()) != std::string_view::npos) {
        return base::Error{base::ErrorKind::Refused, "something stands behind the value"};
    }
    return {};
}

}  // namespace gatefile::tree
