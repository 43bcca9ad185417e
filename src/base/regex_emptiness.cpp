// SPDX-License-Identifier: Apache-2.0
//
// Whether a pattern can match at all. Only assertions (^, $, \b …) and empty classes can keep it
// from that, and of a text they see no more than whether it begins or ends here and of which class
// the characters on both sides are. So the pattern's automaton is run over classes in place of
// characters, every text at once, and asked whether its end can be reached.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "go_regex_syntax.hpp"

namespace gatefile::base {
namespace {

/// What stands on one side of a position; sets of it are bit masks.
enum Side : std::uint8_t { Edge = 1, Newline = 2, Word = 4, Slash = 8, Other = 16 };
constexpr std::uint8_t any_character = Newline | Word | Slash | Other;
constexpr std::uint8_t anything = Edge | any_character;
constexpr std::uint8_t not_word = anything & ~Word;

/// Larger automata are not judged.
constexpr std::size_t most_instructions = 20000;

Side side_of(char32_t c) {
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
        const Side side = side_of(static_cast<char32_t>(c));
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

struct Node {
    enum class Kind : std::uint8_t {
        Character,
        Begin,
        End,
        LineBegin,
        LineEnd,
        Boundary,
        Inside,
        Sequence,
        Choice,
        Repeat
    };
    Kind kind = Kind::Sequence;
    std::uint8_t sides = 0;  ///< of Character
    int least = 0;           ///< of Repeat
    int most = -1;           ///< of Repeat; -1: no limit
    std::vector<std::size_t> children = {};
};

/// The pattern is known to compile.
class Parser {
public:
    explicit Parser(std::string_view pattern) : rest_(pattern) {}

    std::size_t parse() { return choice(); }
    const std::vector<Node>& nodes() const { return nodes_; }

private:
    std::size_t add(Node node) {
        nodes_.push_back(std::move(node));
        return nodes_.size() - 1;
    }
    std::size_t character(std::uint8_t sides) {
        return add({.kind = Node::Kind::Character, .sides = sides});
    }

    bool skip(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    std::size_t choice() {
        Node node{.kind = Node::Kind::Choice};
        const auto [multi_line, dot_newline] = std::pair(multi_line_, dot_newline_);
        do {
            node.children.push_back(sequence());
        } while (skip("|"));
        multi_line_ = multi_line;
        dot_newline_ = dot_newline;
        return add(std::move(node));
    }

    std::size_t sequence() {
        Node node{.kind = Node::Kind::Sequence};
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
            Node node{.kind = Node::Kind::Repeat};
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
    bool counted(Node& node) {
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
            return add({.kind = multi_line_ ? Node::Kind::LineBegin : Node::Kind::Begin});
        if (skip("$")) return add({.kind = multi_line_ ? Node::Kind::LineEnd : Node::Kind::End});
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
        if (skip("\\A")) return add({.kind = Node::Kind::Begin});
        if (skip("\\z")) return add({.kind = Node::Kind::End});
        if (skip("\\b")) return add({.kind = Node::Kind::Boundary});
        if (skip("\\B")) return add({.kind = Node::Kind::Inside});
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
    std::vector<Node> nodes_;
    bool multi_line_ = false;
    bool dot_newline_ = false;
    bool ignores_case_ = false;
};

struct Instruction {
    enum class Kind : std::uint8_t { Test, Fork, Match };
    Kind kind = Kind::Match;
    Node::Kind test = Node::Kind::Character;
    std::uint8_t sides = 0;
    std::size_t next = 0;
    std::size_t other = 0;  ///< of Fork
};

class Compiler {
public:
    explicit Compiler(const std::vector<Node>& nodes) : nodes_(nodes) {}

    /// Empty when the automaton would be too large.
    std::vector<Instruction> run(std::size_t root) {
        emit(root);
        push({});
        return code_.size() > most_instructions ? std::vector<Instruction>{} : std::move(code_);
    }

private:
    std::size_t push(Instruction instruction) {
        instruction.next = code_.size() + 1;
        code_.push_back(instruction);
        return code_.size() - 1;
    }

    void emit(std::size_t index) {
        if (code_.size() > most_instructions) return;
        const Node& node = nodes_[index];
        switch (node.kind) {
        case Node::Kind::Sequence:
            for (const std::size_t child : node.children)
                emit(child);
            return;
        case Node::Kind::Choice:
            return emit_choice(node);
        case Node::Kind::Repeat:
            return emit_repeat(node);
        case Node::Kind::Character:
        case Node::Kind::Begin:
        case Node::Kind::End:
        case Node::Kind::LineBegin:
        case Node::Kind::LineEnd:
        case Node::Kind::Boundary:
        case Node::Kind::Inside:
            push({.kind = Instruction::Kind::Test, .test = node.kind, .sides = node.sides});
            return;
        }
    }

    void emit_choice(const Node& node) {
        std::vector<std::size_t> ends;
        for (std::size_t i = 0; i + 1 < node.children.size(); ++i) {
            const std::size_t fork = push({.kind = Instruction::Kind::Fork});
            emit(node.children[i]);
            ends.push_back(push({.kind = Instruction::Kind::Fork}));
            code_[fork].other = code_.size();
        }
        emit(node.children.back());
        for (const std::size_t end : ends)
            code_[end].next = code_[end].other = code_.size();
    }

    /// Two copies show what more can do: from the second on the sides before it are the same.
    void emit_repeat(const Node& node) {
        if (node.most == 0) return;
        std::size_t skip = 0;
        const bool optional = node.least == 0;
        if (optional) skip = push({.kind = Instruction::Kind::Fork});
        if (node.least > 1) emit(node.children.front());
        const std::size_t start = code_.size();
        emit(node.children.front());
        if (node.most < 0 || node.most > 1) {
            const std::size_t again = push({.kind = Instruction::Kind::Fork});
            code_[again].other = start;
        }
        if (optional) code_[skip].other = code_.size();
    }

    const std::vector<Node>& nodes_;
    std::vector<Instruction> code_;
};

/// Which sides may be ahead after a test, given the one behind; none: it fails.
std::uint8_t ahead_after(Node::Kind test, Side behind, std::uint8_t ahead) {
    switch (test) {
    case Node::Kind::Begin:
        return behind == Edge ? ahead : 0;
    case Node::Kind::End:
        return ahead & Edge;
    case Node::Kind::LineBegin:
        return behind == Edge || behind == Newline ? ahead : 0;
    case Node::Kind::LineEnd:
        return ahead & (Edge | Newline);
    case Node::Kind::Boundary:
        return ahead & (behind == Word ? not_word : std::uint8_t{Word});
    case Node::Kind::Inside:
        return ahead & (behind == Word ? std::uint8_t{Word} : not_word);
    case Node::Kind::Character:
    case Node::Kind::Sequence:
    case Node::Kind::Choice:
    case Node::Kind::Repeat:
        break;
    }
    return ahead;
}

bool reaches_match(const std::vector<Instruction>& code, RegexSubject subject) {
    using State = std::tuple<std::size_t, Side, std::uint8_t>;
    std::set<State> seen;
    std::vector<State> open;
    const auto visit = [&](std::size_t at, Side behind, std::uint8_t ahead) {
        if (ahead != 0 && seen.emplace(at, behind, ahead).second)
            open.emplace_back(at, behind, ahead);
    };
    constexpr std::array characters = {Newline, Word, Slash, Other};
    for (const Side behind : characters)
        visit(0, behind, anything);
    visit(0, Edge, subject == RegexSubject::Path ? std::uint8_t{Slash} : anything);
    while (!open.empty()) {
        const auto [at, behind, ahead] = open.back();
        open.pop_back();
        const Instruction& instruction = code[at];
        switch (instruction.kind) {
        case Instruction::Kind::Match:
            return true;
        case Instruction::Kind::Fork:
            visit(instruction.next, behind, ahead);
            visit(instruction.other, behind, ahead);
            break;
        case Instruction::Kind::Test:
            if (instruction.test != Node::Kind::Character) {
                visit(instruction.next, behind, ahead_after(instruction.test, behind, ahead));
                break;
            }
            for (const Side side : characters) {
                if ((instruction.sides & ahead & side) != 0)
                    visit(instruction.next, side, anything);
            }
            break;
        }
    }
    return false;
}

/// Nothing in it can keep it from matching but an anchor at its start or end.
bool surely_matches(std::string_view pattern, RegexSubject subject) {
    if (pattern.starts_with('^')) {
        pattern.remove_prefix(1);
        const bool starts_as_path = pattern.starts_with('/') && pattern.substr(1, 1) != "{";
        if (subject == RegexSubject::Path && !starts_as_path) return false;
    }
    if (pattern.ends_with('$') && !pattern.ends_with("\\$")) {
        pattern.remove_suffix(1);
        if (subject == RegexSubject::Path && pattern.empty()) return false;
    }
    for (std::size_t at = pattern.find('\\'); at != pattern.npos; at = pattern.find('\\', at + 2)) {
        const char next = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
        if (std::string_view("AzbBpPQ").find(next) != std::string_view::npos) return false;
    }
    return pattern.find_first_of("^$") == pattern.npos;
}

}  // namespace

bool never_matches(std::string_view go_pattern, RegexSubject subject) {
    if (surely_matches(go_pattern, subject) || !Regex::compile(go_pattern)) return false;
    Parser parser(go_pattern);
    const std::size_t root = parser.parse();
    const std::vector<Instruction> code = Compiler(parser.nodes()).run(root);
    return !code.empty() && !reaches_match(code, subject);
}

}  // namespace gatefile::base
