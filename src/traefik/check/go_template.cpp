// SPDX-License-Identifier: Apache-2.0
#include "check/go_template.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "check/template_functions.hpp"
#include "check/template_token.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

std::string quote(std::string_view text) {
    return base::quote_for_message(text);
}

/// What an `end` closes.
struct Open {
    std::string word;
    std::size_t at = 0;
    std::vector<std::string> variables;  ///< what were known before
    bool has_else = false;
};

/// The tokens of one action, read from the left.
class Action {
public:
    explicit Action(const Segment& segment) : segment_(segment) {}

    void skip_space() {
        while (is(TokenKind::Space))
            ++next_;
    }
    bool ends() {
        skip_space();
        return next_ >= segment_.tokens.size();
    }
    /// Whether a command is over.
    bool ends_command() { return ends() || is(TokenKind::Close) || is(TokenKind::Pipe); }
    bool is(TokenKind kind) const {
        return next_ < segment_.tokens.size() && segment_.tokens[next_].kind == kind;
    }
    bool takes(TokenKind kind) {
        if (!is(kind)) return false;
        ++next_;
        return true;
    }
    const Token& token() const { return segment_.tokens[next_]; }
    /// The kind of the token that stands `far` tokens on, spaces not counted.
    bool is_ahead(std::size_t far, TokenKind kind) const {
        std::size_t at = next_;
        for (; at < segment_.tokens.size(); ++at) {
            if (segment_.tokens[at].kind == TokenKind::Space) continue;
            if (far-- == 0) return segment_.tokens[at].kind == kind;
        }
        return false;
    }
    std::size_t at() const {
        return next_ < segment_.tokens.size() ? segment_.tokens[next_].at : segment_.at;
    }
    void advance() { ++next_; }

private:
    const Segment& segment_;
    std::size_t next_ = 0;
};

bool is_literal(const Token& token) {
    return token.kind == TokenKind::String || token.kind == TokenKind::Number ||
           token.kind == TokenKind::Character || token.kind == TokenKind::Dot ||
           token.value == "true" || token.value == "false" || token.value == "nil";
}

class Parser {
public:
    std::optional<CutFault> run(const std::vector<Segment>& segments) {
        for (const Segment& segment : segments) {
            if (!segment.is_action) continue;
            if (!take(segment)) return fault_;
        }
        if (!open_.empty())
            fail(open_.back().at, "{{" + open_.back().word + "}} without its {{end}}");
        return fault_;
    }

private:
    bool fail(std::size_t at, std::string text) {
        if (!fault_) fault_ = CutFault{at, std::move(text)};
        return false;
    }

    bool take(const Segment& segment) {
        Action action(segment);
        if (action.ends()) return fail(segment.at, "an action is empty");
        const std::string word = action.is(TokenKind::Word) ? action.token().value : "";
        if (word == "end") return take_end(action, segment.at);
        if (word == "else") return take_else(action, segment.at);
        if (word == "if" || word == "with" || word == "range")
            return take_block(action, segment.at, word);
        if (word == "define" || word == "block" || word == "template")
            return take_template(action, segment.at, word);
        // A function of that name does not exist, so these are always keywords.
        if (word == "break" || word == "continue") return take_jump(action, segment.at, word);
        return take_pipeline(action, "command") && finish(action);
    }

    bool finish(Action& action) {
        return action.ends() || fail(action.at(), "unexpected " + quote(action.token().value));
    }

    bool take_end(Action& action, std::size_t at) {
        action.advance();
        if (!action.ends()) return fail(action.at(), "{{end}} takes no argument");
        if (open_.empty()) return fail(at, "{{end}} without anything to end");
        variables_ = std::move(open_.back().variables);
        open_.pop_back();
        return true;
    }

    bool take_else(Action& action, std::size_t at) {
        action.advance();
        const bool fits =
            !open_.empty() && (open_.back().word == "if" || open_.back().word == "with" ||
                               open_.back().word == "range");
        if (!fits || open_.back().has_else) return fail(at, "{{else}} without its {{if}}");
        Open& open = open_.back();
        if (action.ends()) {
            open.has_else = true;
            return true;
        }
        const bool chains =
            action.is(TokenKind::Word) && action.token().value == open.word && open.word != "range";
        if (!chains) return fail(action.at(), "{{else}} takes no argument here");
        action.advance();
        return take_pipeline(action, open.word) && finish(action);
    }

    bool take_block(Action& action, std::size_t at, const std::string& word) {
        action.advance();
        open_.push_back({word, at, variables_, false});
        return take_pipeline(action, word) && finish(action);
    }

    bool take_jump(Action& action, std::size_t at, const std::string& word) {
        action.advance();
        if (!action.ends()) return fail(action.at(), "{{" + word + "}} takes no argument");
        for (auto open = open_.rbegin(); open != open_.rend() && open->word != "block"; ++open) {
            if (open->word == "range") return true;
        }
        return fail(at, "{{" + word + "}} outside {{range}}");
    }

    bool take_template(Action& action, std::size_t at, const std::string& word) {
        action.advance();
        if (word == "define" && !open_.empty()) return fail(at, "{{define}} inside another block");
        if (action.ends() || !action.takes(TokenKind::String))
            return fail(at, "{{" + word + "}} wants a name in quotes");
        if (word != "template") open_.push_back({word, at, variables_, false});
        if (word == "define" && !action.ends())
            return fail(action.at(), "{{define}} takes a name only");
        if (word == "block" && action.ends()) return fail(at, "{{block}} wants a value");
        if (!action.ends() && !(take_pipeline(action, word) && finish(action))) return false;
        // What is between define or block and its end sees no variable of the outside.
        if (word != "template") variables_.clear();
        return true;
    }

    /// $x := …, $x = …; in a range also $i, $x := …
    bool take_declaration(Action& action, const std::string& word) {
        if (!action.is(TokenKind::Variable)) return true;
        const bool is_pair = word == "range" && action.is_ahead(1, TokenKind::Comma);
        const std::size_t mark = is_pair ? 3 : 1;
        const bool declares = action.is_ahead(mark, TokenKind::Declare);
        if (!declares && !action.is_ahead(mark, TokenKind::Assign)) {
            return !is_pair || fail(action.at(), "{{range}} can only declare variables here");
        }
        for (std::size_t left = is_pair ? 2 : 1; left > 0; --left) {
            action.skip_space();
            if (!action.is(TokenKind::Variable)) return fail(action.at(), "a variable is expected");
            if (!declares && !is_known(action.token().value))
                return fail(action.at(), "undefined variable " + quote(action.token().value));
            if (declares) declared_.push_back(action.token().value);
            action.advance();
            action.skip_space();
            if (left == 2) action.advance();
        }
        action.advance();
        return true;
    }

    bool is_known(const std::string& variable) const {
        return variable == "$" ||
               std::find(variables_.begin(), variables_.end(), variable) != variables_.end();
    }

    bool take_pipeline(Action& action, const std::string& word) {
        declared_.clear();
        action.skip_space();
        if (!take_declaration(action, word)) return false;
        const std::vector<std::string> declared = std::exchange(declared_, {});
        if (!take_commands(action, word)) return false;
        variables_.insert(variables_.end(), declared.begin(), declared.end());
        return true;
    }

    bool take_commands(Action& action, const std::string& word) {
        for (bool is_first = true;; is_first = false) {
            if (action.ends_command()) return fail(action.at(), "missing value for " + word);
            if (!is_first && is_literal(action.token()))
                return fail(action.at(), "a constant cannot take what a pipe gives");
            if (!take_command(action)) return false;
            if (!action.takes(TokenKind::Pipe)) return true;
        }
    }

    bool take_command(Action& action) {
        bool after_space = true;
        while (!action.ends_command()) {
            if (!after_space) return fail(action.at(), "a space is missing between operands");
            if (!take_operand(action)) return false;
            after_space = action.is(TokenKind::Space);
            action.skip_space();
        }
        return true;
    }

    bool take_operand(Action& action) {
        const Token& token = action.token();
        switch (token.kind) {
        case TokenKind::Word:
            if (!is_literal(token) && !is_template_function(token.value))
                return fail(token.at, "function " + quote(token.value) + " not defined");
            break;
        case TokenKind::Variable:
            if (!is_known(token.value))
                return fail(token.at, "undefined variable " + quote(token.value));
            break;
        case TokenKind::Open:
            action.advance();
            if (!take_nested(action)) return false;
            break;
        case TokenKind::Field:
        case TokenKind::Dot:
        case TokenKind::Number:
        case TokenKind::Character:
        case TokenKind::String:
            break;
        case TokenKind::Declare:
        case TokenKind::Assign:
        case TokenKind::Pipe:
        case TokenKind::Close:
        case TokenKind::Comma:
        case TokenKind::Space:
            return fail(token.at, "unexpected " + quote(token.value));
        }
        const bool has_fields = token.kind != TokenKind::Number &&
                                token.kind != TokenKind::String &&
                                token.kind != TokenKind::Character && token.kind != TokenKind::Dot;
        action.advance();
        if (!action.is(TokenKind::Field)) return true;
        if (!has_fields) return fail(action.at(), "unexpected . after a constant");
        while (action.takes(TokenKind::Field)) {
        }
        return true;
    }

    /// Up to the parenthesis that closes, which is left for the caller.
    bool take_nested(Action& action) {
        action.skip_space();
        if (!take_declaration(action, "parenthesised pipeline")) return false;
        const std::vector<std::string> declared = std::exchange(declared_, {});
        if (!take_commands(action, "parenthesised pipeline")) return false;
        variables_.insert(variables_.end(), declared.begin(), declared.end());
        return action.is(TokenKind::Close) || fail(action.at(), "a \")\" is expected");
    }

    std::vector<Open> open_;
    std::vector<std::string> variables_;
    std::vector<std::string> declared_;
    std::optional<CutFault> fault_;
};

tree::Position place(std::string_view source, std::size_t offset) {
    const std::string_view before = source.substr(0, offset);
    const auto line = static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
    const std::size_t start = before.rfind('\n') + 1;
    return {line + 1, static_cast<std::uint32_t>(offset - start) + 1};
}

/// The value of {{"text"}}.
const std::string* constant(const Segment& action) {
    const Token* only = nullptr;
    for (const Token& token : action.tokens) {
        if (token.kind == TokenKind::Space) continue;
        if (only != nullptr || token.kind != TokenKind::String) return nullptr;
        only = &token;
    }
    return only == nullptr ? nullptr : &only->value;
}

TemplateText write_out(std::string_view source, const std::vector<Segment>& segments) {
    TemplateText out;
    std::uint32_t line = 1;
    std::size_t counted = 0;
    const auto line_of = [&](std::size_t offset) {
        line += static_cast<std::uint32_t>(
            std::ranges::count(source.substr(counted, offset - counted), '\n'));
        counted = offset;
        return line;
    };
    for (const Segment& segment : segments) {
        const std::string_view text = segment.is_action ? *constant(segment) : segment.text;
        std::uint32_t at = line_of(segment.at);
        if (out.lines.empty()) out.lines.push_back(at);
        for (const char c : text) {
            if (c != '\n') continue;
            if (!segment.is_action) ++at;
            out.lines.push_back(at);
        }
        out.text += text;
    }
    return out;
}

}  // namespace

std::variant<TemplateText, TemplateRuns, TemplateFault> parse_template(std::string_view source) {
    const auto cut = cut_template(source);
    const auto fault = [&](const CutFault& found) {
        return TemplateFault{place(source, found.at), found.text};
    };
    if (const auto* found = std::get_if<CutFault>(&cut)) return fault(*found);
    const auto& segments = std::get<std::vector<Segment>>(cut);
    if (const auto found = Parser().run(segments)) return fault(*found);
    for (const Segment& segment : segments) {
        if (segment.is_action && constant(segment) == nullptr)
            return TemplateRuns{place(source, segment.at)};
    }
    return write_out(source, segments);
}

}  // namespace gatefile::traefik::check
