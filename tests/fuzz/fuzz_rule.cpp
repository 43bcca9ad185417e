// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a route's match: the rule that Traefik gets must read back as exactly the matchers
// that were meant, with exactly their arguments. The reader here knows Go's literals and nothing
// else of src/traefik.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rule.hpp"

namespace ir = gatefile::ir;

namespace {

struct Call {
    std::string function;
    std::vector<std::string> arguments;
    bool operator==(const Call&) const = default;
};

[[noreturn]] void fail() {
    std::abort();
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    /// Every call of the rule, in order; parentheses must balance and operators stand between.
    std::vector<Call> calls() {
        read_operands();
        if (at_ != text_.size()) fail();
        return std::move(calls_);
    }

private:
    bool take(std::string_view token) {
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    void read_operands() {
        do {
            if (take("(")) {
                read_operands();
                if (!take(")")) fail();
            } else {
                read_call();
            }
        } while (take(" && ") || take(" || "));
    }

    void read_call() {
        Call call;
        while (at_ < text_.size() && text_[at_] >= 'A' && text_[at_] <= 'z') {
            call.function += text_[at_++];
        }
        if (call.function.empty() || !take("(")) fail();
        do {
            call.arguments.push_back(read_literal());
        } while (take(", "));
        if (!take(")")) fail();
        calls_.push_back(std::move(call));
    }

    char next() {
        if (at_ == text_.size()) fail();
        const char c = text_[at_++];
        if (c < ' ' || c > '~') fail();  // Go's scanner would refuse or change it
        return c;
    }

    std::string read_literal() {
        std::string value;
        if (take("`")) {
            for (char c = next(); c != '`'; c = next())
                value += c;
            return value;
        }
        if (!take("\"")) fail();
        for (char c = next(); c != '"'; c = next()) {
            if (c != '\\') {
                value += c;
            } else if (const char escaped = next(); escaped == 'x') {
                const std::string digits{next(), next()};
                value += static_cast<char>(std::strtoul(digits.c_str(), nullptr, 16));
            } else if (escaped == '"' || escaped == '\\') {
                value += escaped;
            } else {
                fail();
            }
        }
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Call> calls_;
};

/// Fields of a match from the input: pieces between 0xFE bytes, which stand for nothing else.
class Pieces {
public:
    explicit Pieces(std::string_view input) : input_(input) {}

    std::optional<std::string> next() {
        if (done_) return std::nullopt;
        const std::size_t end = input_.find('\xfe');
        std::string piece(input_.substr(0, end));
        done_ = end == std::string_view::npos;
        if (!done_) input_.remove_prefix(end + 1);
        return piece;
    }

private:
    std::string_view input_;
    bool done_ = false;
};

Call expected_value(std::string_view exact, std::string_view regex, const ir::ValueMatch& match) {
    const bool is_regex = match.kind == ir::ValueKind::Regex;
    if (match.value.empty()) return {std::string(regex), {match.name, is_regex ? "(?:)" : "^$"}};
    return {std::string(is_regex ? regex : exact), {match.name, match.value}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string input(data + 1, data + size);
    Pieces pieces(input);
    const unsigned shape = data[0];
    ir::Match match;
    match.path = {(shape & 1U) != 0 ? ir::PathKind::Regex : ir::PathKind::Exact,
                  pieces.next().value_or("/")};
    std::vector<Call> expected;
    if ((shape & 2U) != 0) match.method = pieces.next().value_or("GET");
    const ir::ValueKind kind = (shape & 4U) != 0 ? ir::ValueKind::Regex : ir::ValueKind::Exact;
    while (auto name = pieces.next()) {
        match.headers.push_back({kind, *name, pieces.next().value_or("")});
    }
    const std::string host = match.path.value;
    expected.push_back({"Host", {host}});
    if (match.method) expected.push_back({"Method", {*match.method}});
    const bool regex = match.path.kind == ir::PathKind::Regex;
    const bool path_first = kind == ir::ValueKind::Regex;
    const Call path{regex ? "PathRegexp" : "Path",
                    {regex && match.path.value.empty() ? "(?:)" : match.path.value}};
    if (path_first) expected.push_back(path);
    for (const ir::ValueMatch& header : match.headers) {
        expected.push_back(expected_value("Header", "HeaderRegexp", header));
    }
    if (!path_first) expected.push_back(path);
    using namespace gatefile::traefik;
    const std::string text = all_of(call("Host", host), match_rule(match)).text();
    if (Reader(text).calls() != expected) fail();
    return 0;
}
