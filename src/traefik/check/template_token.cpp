// SPDX-License-Identifier: Apache-2.0
#include "check/template_token.hpp"

#include <cctype>
#include <optional>

#include "check/go_string.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_word_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '_' || std::isalnum(byte) != 0 || byte >= 0x80;
}

/// One action, from behind its left delimiter.
class Cutter {
public:
    Cutter(std::string_view source, std::size_t at) : source_(source), at_(at) {}

    std::optional<CutFault> run() {
        while (!ends()) {
            if (at_ >= source_.size()) return CutFault{at_, "an action is not closed with \"}}\""};
            if (auto fault = take()) return fault;
        }
        if (depth_ > 0) return CutFault{at_, "a parenthesis is not closed"};
        return std::nullopt;
    }

    std::vector<Token> tokens;
    std::size_t after() const { return at_ + (trims_ ? 4 : 2); }
    bool trims() const { return trims_; }

private:
    std::string_view rest() const { return source_.substr(at_); }

    bool ends() {
        const std::string_view text = rest();
        trims_ = text.size() > 3 && blanks.find(text[0]) != std::string_view::npos &&
                 text.substr(1).starts_with("-}}");
        return trims_ || text.starts_with("}}");
    }

    void add(TokenKind kind, std::size_t length) {
        tokens.push_back({kind, std::string(rest().substr(0, length)), at_});
        at_ += length;
    }

    std::size_t word_length(std::size_t from) const {
        std::size_t end = from;
        while (end < rest().size() && is_word_character(rest()[end]))
            ++end;
        return end;
    }

    std::optional<CutFault> take() {
        const char c = source_[at_];
        if (blanks.find(c) != std::string_view::npos) return take_blanks();
        if (c == '"' || c == '`') return take_string();
        if (c == '\'') return take_character();
        if (c == ':' || c == '=') {
            if (c == ':' && !rest().starts_with(":=")) return CutFault{at_, "\":=\" is expected"};
            add(c == ':' ? TokenKind::Declare : TokenKind::Assign, c == ':' ? 2 : 1);
            return std::nullopt;
        }
        if (c == '|' || c == '(' || c == ')' || c == ',') return take_mark(c);
        if (c == '.' &&
            (rest().size() < 2 || std::isdigit(static_cast<unsigned char>(rest()[1])) == 0)) {
            const std::size_t end = word_length(1);
            add(end == 1 ? TokenKind::Dot : TokenKind::Field, end);
            return check_end();
        }
        if (c == '$') {
            add(TokenKind::Variable, word_length(1));
            return check_end();
        }
        if (c == '+' || c == '-' || c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0)
            return take_number();
        if (is_word_character(c)) {
            add(TokenKind::Word, word_length(0));
            return check_end();
        }
        return CutFault{at_,
                        "the character " + base::quote_for_message(rest().substr(0, 1)) +
                            " has no meaning in an action"};
    }

    std::optional<CutFault> take_blanks() {
        std::size_t end = 0;
        // The last blank may be part of a trim marker.
        while (end < rest().size() && blanks.find(rest()[end]) != std::string_view::npos &&
               !(end > 0 && rest().substr(end + 1).starts_with("-}}")))
            ++end;
        add(TokenKind::Space, end);
        return std::nullopt;
    }

    std::optional<CutFault> take_mark(char c) {
        if (c == '(') ++depth_;
        if (c == ')' && --depth_ < 0) return CutFault{at_, "a \")\" without its \"(\""};
        add(c == '|'   ? TokenKind::Pipe
            : c == '(' ? TokenKind::Open
            : c == ')' ? TokenKind::Close
                       : TokenKind::Comma,
            1);
        return std::nullopt;
    }

    std::optional<CutFault> take_string() {
        const std::size_t start = at_;
        const std::size_t length = go_string_length(rest());
        if (length == 0) return CutFault{start, "a string is not closed"};
        auto value = go_unquote(rest().substr(0, length));
        if (!value) return CutFault{start, "a string has an escape that Go does not know"};
        add(TokenKind::String, length);
        tokens.back().value = std::move(*value);
        return std::nullopt;
    }

    std::optional<CutFault> take_character() {
        const std::size_t length = go_string_length(rest());
        if (length < 3) return CutFault{at_, "a character constant is not closed"};
        add(TokenKind::Character, length);
        return std::nullopt;
    }

    std::optional<CutFault> take_number() {
        const std::size_t start = at_;
        std::size_t end = rest().front() == '+' || rest().front() == '-' ? 1 : 0;
        const bool has_digit =
            end < rest().size() &&
            (std::isdigit(static_cast<unsigned char>(rest()[end])) != 0 || rest()[end] == '.');
        while (end < rest().size() &&
               (is_word_character(rest()[end]) || rest()[end] == '.' ||
                ((rest()[end] == '+' || rest()[end] == '-') && end > 0 &&
                 std::string_view("eEpP").find(rest()[end - 1]) != std::string_view::npos)))
            ++end;
        if (!has_digit || !is_go_number(rest().substr(0, end)))
            return CutFault{start,
                            "bad number syntax: " + base::quote_for_message(rest().substr(0, end))};
        add(TokenKind::Number, end);
        return std::nullopt;
    }

    /// What may follow a word, a field or a variable.
    std::optional<CutFault> check_end() const {
        if (at_ >= source_.size() || rest().starts_with("}}")) return std::nullopt;
        if (std::string_view(" \t\r\n.,|:)(=").find(rest().front()) != std::string_view::npos)
            return std::nullopt;
        return CutFault{at_,
                        "the character " + base::quote_for_message(rest().substr(0, 1)) +
                            " cannot stand here"};
    }

    std::string_view source_;
    std::size_t at_;
    int depth_ = 0;
    bool trims_ = false;
};

std::string_view trim_right(std::string_view text) {
    const std::size_t last = text.find_last_not_of(blanks);
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::size_t skip_blanks(std::string_view source, std::size_t at) {
    const std::size_t found = source.find_first_not_of(blanks, at);
    return found == std::string_view::npos ? source.size() : found;
}

struct Comment {
    std::size_t after = 0;
    bool trims = false;
};

/// A comment has to fill its action.
std::variant<Comment, CutFault> skip_comment(std::string_view source, std::size_t at) {
    const std::size_t close = source.find("*/", at);
    if (close == std::string_view::npos) return CutFault{at, "a comment is not closed"};
    const std::string_view rest = source.substr(close + 2);
    if (rest.starts_with("}}")) return Comment{close + 4, false};
    if (rest.size() > 3 && blanks.find(rest[0]) != std::string_view::npos &&
        rest.substr(1).starts_with("-}}"))
        return Comment{close + 6, true};
    return CutFault{close, "a comment ends before its action does"};
}

}  // namespace

std::variant<std::vector<Segment>, CutFault> cut_template(std::string_view source) {
    std::vector<Segment> segments;
    std::size_t at = 0;
    while (at < source.size()) {
        const std::size_t open = source.find("{{", at);
        std::string_view text =
            source.substr(at, open == std::string_view::npos ? open : open - at);
        const std::string_view behind =
            open == std::string_view::npos ? std::string_view() : source.substr(open + 2);
        const bool trims = behind.size() > 1 && behind[0] == '-' &&
                           blanks.find(behind[1]) != std::string_view::npos;
        if (trims) text = trim_right(text);
        if (!text.empty()) segments.push_back({at, text, false, {}});
        if (open == std::string_view::npos) break;
        const std::size_t start = open + (trims ? 4 : 2);
        bool trims_behind = false;
        if (source.substr(start).starts_with("/*")) {
            const auto comment = skip_comment(source, start);
            if (const auto* fault = std::get_if<CutFault>(&comment)) return *fault;
            at = std::get<Comment>(comment).after;
            trims_behind = std::get<Comment>(comment).trims;
        } else {
            Cutter cutter(source, start);
            if (auto fault = cutter.run()) return *fault;
            segments.push_back({open, {}, true, std::move(cutter.tokens)});
            at = cutter.after();
            trims_behind = cutter.trims();
        }
        if (trims_behind) at = skip_blanks(source, at);
    }
    return segments;
}

}  // namespace gatefile::traefik::check
