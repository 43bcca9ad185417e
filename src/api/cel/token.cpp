// SPDX-License-Identifier: Apache-2.0
#include "token.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace gatefile::api::cel {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

base::Error fault_at(std::size_t offset, std::string_view what) {
    return {base::ErrorKind::Unsupported, fmt::format("{} at character {}", what, offset + 1)};
}

/// The one-character escapes that rules use; \x, \u and octal ones are not needed by any.
std::optional<char> unescape(char c) {
    switch (c) {
    case '\\':
    case '\'':
    case '"':
    case '`':
    case '?':
        return c;
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'v':
        return '\v';
    default:
        return std::nullopt;
    }
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    base::Result<std::vector<Token>> run() {
        while (skip_space()) {
            const std::size_t start = at_;
            Token token;
            token.offset = start;
            const char c = text_[at_];
            if (quote_at(at_) != 0 || ((c == 'r' || c == 'R') && quote_at(at_ + 1) != 0)) {
                if (auto read = string(token); !read) return read.error();
            } else if (is_digit(c)) {
                number(token);
            } else if (is_word(c)) {
                token.kind = TokenKind::Identifier;
                while (at_ < text_.size() && is_word(text_[at_]))
                    ++at_;
            } else if (!symbol(token)) {
                return fault_at(start, fmt::format("unexpected character {:?}", c));
            }
            token.text = text_.substr(start, at_ - start);
            tokens_.push_back(std::move(token));
        }
        tokens_.push_back({TokenKind::End, {}, {}, text_.size()});
        return std::move(tokens_);
    }

private:
    bool skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\t' || text_[at_] == '\r')) {
            ++at_;
        }
        return at_ < text_.size();
    }

    char quote_at(std::size_t index) const {
        if (index >= text_.size()) return 0;
        return text_[index] == '"' || text_[index] == '\'' ? text_[index] : '\0';
    }

    base::Result<void> string(Token& token) {
        token.kind = TokenKind::String;
        const std::size_t start = at_;
        const bool raw = quote_at(at_) == 0;
        if (raw) ++at_;
        const char quote = text_[at_];
        const std::string triple(3, quote);
        const bool is_triple = text_.substr(at_, 3) == triple;
        const std::string_view end = is_triple ? std::string_view(triple) : text_.substr(at_, 1);
        at_ += end.size();
        while (at_ < text_.size()) {
            if (text_.substr(at_, end.size()) == end) {
                at_ += end.size();
                return {};
            }
            if (!raw && text_[at_] == '\\') {
                const auto c = at_ + 1 < text_.size() ? unescape(text_[at_ + 1]) : std::nullopt;
                if (!c) return fault_at(at_, "unknown escape");
                token.content += *c;
                at_ += 2;
            } else {
                token.content += text_[at_++];
            }
        }
        return fault_at(start, "string without an end");
    }

    void number(Token& token) {
        token.kind = TokenKind::Int;
        while (at_ < text_.size() && is_digit(text_[at_]))
            ++at_;
        if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
            token.kind = TokenKind::Double;
            ++at_;
            while (at_ < text_.size() && is_digit(text_[at_]))
                ++at_;
        }
    }

    bool symbol(Token& token) {
        static constexpr std::array<std::string_view, 22> symbols = {
            "&&", "||", "==", "!=", "<=", ">=", "!", "<", ">", "+", "-",
            "*",  "/",  "%",  "?",  ":",  "(",  ")", "[", "]", ",", "."};
        token.kind = TokenKind::Symbol;
        for (const std::string_view candidate : symbols) {
            if (text_.substr(at_, candidate.size()) == candidate) {
                at_ += candidate.size();
                return true;
            }
        }
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

base::Result<std::vector<Token>> tokenize(std::string_view text) {
    return Lexer(text).run();
}

std::string unescape_field(std::string_view name) {
    static constexpr std::array<std::string_view, 20> reserved = {
        "true",     "false",   "null",      "in",       "as",  "break",  "const",
        "continue", "else",    "for",       "function", "if",  "import", "let",
        "loop",     "package", "namespace", "return",   "var", "void"};
    if (name.size() > 4 && name.starts_with("__") && name.ends_with("__")) {
        const std::string_view inner = name.substr(2, name.size() - 4);
        if (std::find(reserved.begin(), reserved.end(), inner) != reserved.end()) {
            return std::string(inner);
        }
    }
    static constexpr std::array<std::pair<std::string_view, char>, 3> escapes = {
        {{"__dot__", '.'}, {"__dash__", '-'}, {"__slash__", '/'}}};
    std::string out;
    for (std::size_t i = 0; i < name.size();) {
        const std::string_view rest = name.substr(i);
        const auto* escape = std::find_if(escapes.begin(), escapes.end(), [&](const auto& each) {
            return rest.starts_with(each.first);
        });
        if (rest.starts_with("__underscores__")) {
            out += "__";
            i += 15;
        } else if (escape != escapes.end()) {
            out += escape->second;
            i += escape->first.size();
        } else {
            out += name[i++];
        }
    }
    return out;
}

}  // namespace gatefile::api::cel
