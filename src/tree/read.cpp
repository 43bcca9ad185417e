// SPDX-License-Identifier: Apache-2.0
#include "gatefile/tree/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "gatefile/base/strings.hpp"
#include "json_reader.hpp"
#include "split.hpp"
#include "yaml_reader.hpp"

namespace gatefile::tree {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

/// What neither parser may be given.
std::optional<Fault> check_bytes(std::string_view text, std::uint32_t first_line) {
    const std::size_t valid = base::valid_utf8_prefix(text);
    const std::size_t nul = text.find('\0');
    if (nul < valid) return Fault{position_of(text, nul, first_line), "a NUL byte"};
    if (valid < text.size())
        return Fault{
            position_of(text, valid, first_line),
            fmt::format("byte \\x{:02x} is not UTF-8", static_cast<unsigned char>(text[valid]))};
    return std::nullopt;
}

/// One read() at work: all documents of a source share an arena.
class Reading {
public:
    Reading(std::shared_ptr<const std::string> source, const Limits& limits)
        : source_(std::move(source)), limits_(limits), arena_(std::make_shared<Arena>()) {}

    void take(const Chunk& chunk) {
        const std::size_t start = chunk.text.find_first_not_of(blanks);
        if (start == std::string_view::npos) return;
        if (const auto fault = check_bytes(chunk.text, chunk.first_line)) {
            result.faults.push_back(*fault);
        } else if (chunk.text[start] == '{') {
            take_json(chunk);
        } else {
            take_yaml(chunk);
        }
    }

    ReadResult result;

private:
    void add(const Node& root) {
        if (!root.is_null()) result.documents.push_back({source_, arena_, root});
    }

    void add(const std::vector<Fault>& faults) {
        result.faults.insert(result.faults.end(), faults.begin(), faults.end());
    }

    void take_json(const Chunk& chunk) {
        const JsonValues json = read_json_values(chunk.text, chunk.first_line, *arena_, limits_);
        if (json.may_be_yaml && chunk.text.size() <= limits_.document_bytes) {
            const YamlValue yaml =
                read_yaml_document(chunk.text, chunk.first_line, *arena_, limits_);
            if (yaml.root) return add(*yaml.root);
            if (!is_meant_as_json(chunk.text)) return add(yaml.faults);
        }
        for (const Node& value : json.values)
            add(value);
        add(json.faults);
    }

    /// Of a text that is neither: whose fault helps the author.
    static bool is_meant_as_json(std::string_view text) {
        const std::size_t brace = text.find('{');
        const std::size_t first = text.find_first_not_of(blanks, brace + 1);
        return first == std::string_view::npos || text[first] == '"' || text[first] == '}';
    }

    void take_yaml(const Chunk& chunk) {
        if (chunk.text.size() > limits_.document_bytes) {
            result.faults.push_back(
                {{chunk.first_line, 1},
                 fmt::format("a document is longer than {} bytes", limits_.document_bytes)});
            return;
        }
        const YamlValue yaml = read_yaml_document(chunk.text, chunk.first_line, *arena_, limits_);
        if (yaml.root) add(*yaml.root);
        add(yaml.faults);
    }

    std::shared_ptr<const std::string> source_;
    const Limits& limits_;
    std::shared_ptr<Arena> arena_;
};

/// Our own output may be as large as it likes.
constexpr Limits no_limits{.document_bytes = std::numeric_limits<std::size_t>::max(),
                           .depth = Limits{}.depth,
                           .nodes = std::numeric_limits<std::size_t>::max()};

base::Error error_of(const Fault& fault) {
    return {base::ErrorKind::Io,
            fmt::format("{}:{}: {}", fault.position.line, fault.position.column, fault.text)};
}

}  // namespace

ReadResult
read(std::string_view bytes, std::shared_ptr<const std::string> source, const Limits& limits) {
    std::string storage;
    const std::string_view text = decode_text(bytes, storage);
    Reading reading(std::move(source), limits);
    for (const Chunk& chunk : split_documents(text, reading.result.faults))
        reading.take(chunk);
    std::vector<Fault>& faults = reading.result.faults;
    std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
        return a.position < b.position;
    });
    return std::move(reading.result);
}

base::Result<Document> read_json(std::string_view bytes, std::size_t depth) {
    if (const auto fault = check_bytes(bytes, 1)) return error_of(*fault);
    auto arena = std::make_shared<Arena>();
    Limits limits = no_limits;
    limits.depth = depth;
    const JsonValues json = read_json_values(bytes, 1, *arena, limits);
    if (!json.faults.empty()) return error_of(json.faults.front());
    if (json.values.size() != 1)
        return base::Error{base::ErrorKind::Io,
                           json.values.empty() ? "no JSON value" : "more than one JSON value"};
    return Document{nullptr, std::move(arena), json.values.front()};
}

base::Result<Document> read_yaml(std::string_view bytes) {
    if (const auto fault = check_bytes(bytes, 1)) return error_of(*fault);
    auto arena = std::make_shared<Arena>();
    const YamlValue yaml = read_yaml_document(bytes, 1, *arena, no_limits);
    if (!yaml.faults.empty()) return error_of(yaml.faults.front());
    return Document{nullptr, std::move(arena), yaml.root.value_or(Node())};
}

}  // namespace gatefile::tree
