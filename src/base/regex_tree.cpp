// SPDX-License-Identifier: Apache-2.0
#include "regex_tree.hpp"

#include <re2/re2.h>

#include <string>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "go_regex_syntax.hpp"

namespace gatefile::base {
namespace {

RegexSide side_of(char32_t c) {
    if (c == '\n') return Newline;
    if (c == '/') return Slash;
    const bool is_word =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    return is_word ? Word : Other;
}

/// The classes of the characters that a pattern for one character ("[^a]", "\pL") matches.
std::uint8_t sides_of(std::string_view token) {
    const Result<std::string> pattern = translate_go_pattern(token);
    if (!pattern) return any_character;
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 compiled("^(?s:" + *pattern + ")$", options);
    if (!compiled.ok()) return any_character;
    std::uint8_t sides = 0;
    for (int c = 0; c < 128; ++c) {
        const RegexSide side = side_of(static_cast<char32_t>(c));
        const char text = static_cast<char>(c);
        if ((sides & side) == 0 && re2::RE2::FullMatch(re2::StringPiece(&text, 1), compiled))
            sides |= side;
    }
    std::string least;
    std::string greatest;
    const bool has_range = compiled.PossibleMatchRange(&least, &greatest, 8);
    // Beyond ASCII there are no other classes.
    if (!has_range || (!greatest.empty() && static_cast<unsigned char>(greatest.front()) >= 0x80))
        sides |= Other;
    return sides;
}

/// The pattern is known to compile.
class Parser {
public:
    explicit Parser(std::string_view pattern) : rest_(pattern) {}

    std::vector<RegexNode> run() {
        choice();
        return std::move(nodes_);
    }

private:
    std::size_t add(RegexNode node) {
        nodes_.push_back(std::move(node));
        return nodes_.size() - 1;
    }
    std::size_t character(std::uint8_t sides) {
        return add({.kind = RegexNode::Kind::Character, .sides = sides});
    }

    bool skip(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    std::size_t choice() {
        RegexNode node{.kind = RegexNode::Kind::Choice};
        const auto [multi_line, dot_newline] = std::pair(multi_line_, dot_newline_);
        do {
            node.children.push_back(sequence());
        } while (skip("|"));
        multi_line_ = multi_line;
        dot_newline_ = dot_newline;
        return add(std::move(node));
    }

    std::size_t sequence() {
        RegexNode node{.kind = RegexNode::Kind::Sequence};
        while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
            if (skip("\\Q")) {
                quoted(node.children);
            } else if (rest_.starts_with("(?") && set_flags()) {
                continue;
            } else {
                node.children.push_back(atom());
            }
            repetitions(node.children);
        }
        return add(std::move(node));
    }

    void quoted(std::vector<std::size_t>& children) {
        const std::size_t end = rest_.find("\\E");
        for (const char c : rest_.substr(0, end))
            children.push_back(character(side_of(static_cast<unsigned char>(c))));
        rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 2);
    }

    void repetitions(std::vector<std::size_t>& children) {
        while (!children.empty()) {
            RegexNode node{.kind = RegexNode::Kind::Repeat};
            if (skip("*")) {
                node.least = 0;
            } else if (skip("+")) {
                node.least = 1;
            } else if (skip("?")) {
                node.most = 1;
            } else if (!counted(node)) {
                return;
            }
            skip("?");
            node.children.push_back(children.back());
            children.back() = add(std::move(node));
        }
    }

    /// "{2}", "{2,}" or "{2,5}"; anything else is text.
    bool counted(RegexNode& node) {
        const std::size_t end = rest_.find('}');
        if (!rest_.starts_with('{') || end == rest_.npos) return false;
        const std::string_view inside = rest_.substr(1, end - 1);
        const std::size_t comma = inside.find(',');
        const auto least = parse_int(inside.substr(0, comma));
        if (!least || *least < 0) return false;
        node.least = static_cast<int>(*least);
        node.most = node.least;
        if (comma != inside.npos) {
            const std::string_view most = inside.substr(comma + 1);
            const auto number = parse_int(most);
            if (!number && !most.empty()) return false;
            node.most = number ? static_cast<int>(*number) : -1;
        }
        rest_.remove_prefix(end + 1);
        return true;
    }

    /// "(?i)" and the like, for the rest of the group. False: another kind of group.
    bool set_flags() {
        const std::size_t end = rest_.find_first_of(":)<");
        if (end == rest_.npos || rest_[end] != ')') return false;
        read_flags(rest_.substr(2, end - 2));
        rest_.remove_prefix(end + 1);
        return true;
    }

    void read_flags(std::string_view flags) {
        bool value = true;
        for (const char flag : flags) {
            if (flag == '-') value = false;
            if (flag == 'm') multi_line_ = value;
            if (flag == 's') dot_newline_ = value;
            if (flag == 'i') ignores_case_ = ignores_case_ || value;
        }
    }

    std::size_t group() {
        const auto [multi_line, dot_newline] = std::pair(multi_line_, dot_newline_);
        if (rest_.starts_with("?")) {
            const std::size_t end = rest_.find_first_of(":>");
            if (rest_[end] == ':') read_flags(rest_.substr(1, end - 1));
            rest_.remove_prefix(end + 1);
        }
        const std::size_t node = choice();
        skip(")");
        multi_line_ = multi_line;
        dot_newline_ = dot_newline;
        return node;
    }

    std::size_t atom() {
        if (skip("(")) return group();
        if (rest_.front() == '[') return character_class();
        if (rest_.front() == '\\') return escape();
        if (skip("^"))
            return add({.kind = multi_line_ ? RegexNode::Kind::LineBegin : RegexNode::Kind::Begin});
        if (skip("$"))
            return add({.kind = multi_line_ ? RegexNode::Kind::LineEnd : RegexNode::Kind::End});
        if (skip(".")) {
            return character(dot_newline_ ? any_character : any_character & ~Newline);
        }
        const std::uint8_t side = side_of(static_cast<unsigned char>(rest_.front()));
        rest_.remove_prefix(1);
        return character(folded(side));
    }

    /// Some letters of ASCII have others beyond it that are the same but for case.
    std::uint8_t folded(std::uint8_t side) const {
        return ignores_case_ && side == Word ? Word | Other : side;
    }

    std::size_t character_class() {
        std::size_t at = rest_.starts_with("[^") ? 2 : 1;
        for (bool first = true; first || rest_[at] != ']'; first = false) {
            const std::size_t name_end =
                rest_.substr(at, 2) == "[:" ? rest_.find(":]", at + 2) : rest_.npos;
            at = name_end != rest_.npos ? name_end + 2 : at + (rest_[at] == '\\' ? 2 : 1);
        }
        const std::string_view token = rest_.substr(0, at + 1);
        rest_.remove_prefix(at + 1);
        return character(ignores_case_ ? sides_of(token) | Other : sides_of(token));
    }

    std::size_t escape() {
        if (skip("\\A")) return add({.kind = RegexNode::Kind::Begin});
        if (skip("\\z")) return add({.kind = RegexNode::Kind::End});
        if (skip("\\b")) return add({.kind = RegexNode::Kind::Boundary});
        if (skip("\\B")) return add({.kind = RegexNode::Kind::Inside});
        std::size_t size = 2;
        const char kind = rest_[1];
        if ((kind == 'p' || kind == 'P' || kind == 'x') && rest_.substr(2, 1) == "{") {
            size = rest_.find('}') + 1;
        } else if (kind == 'x') {
            size = 4;
        } else if (kind == 'p' || kind == 'P') {
            size = 3;
        } else if (kind >= '0' && kind <= '7') {
            while (size < 4 && size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '7')
                ++size;
        }
        const std::string_view token = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return character(folded(sides_of(token)));
    }

    std::string_view rest_;
    std::vector<RegexNode> nodes_;
    bool multi_line_ = false;
    bool dot_newline_ = false;
    bool ignores_case_ = false;
};

}  // namespace

std::vector<RegexNode> parse_regex(std::string_view go_pattern) {
    return Parser(go_pattern).run();
}

}  // namespace gatefile::base
