// SPDX-License-Identifier: Apache-2.0
//
// Whether a pattern can match at all. Only assertions (^, $, \b …) and empty classes can keep it
// from that, and of a text they see no more than whether it begins or ends here and of which class
// the characters on both sides are. So the pattern's automaton is run over classes in place of
// characters, every text at once, and asked whether its end can be reached.
#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "gatefile/base/regex.hpp"
#include "regex_tree.hpp"

namespace gatefile::base {
namespace {

/// Larger automata are not judged.
constexpr std::size_t most_instructions = 20000;

struct Instruction {
    enum class Kind : std::uint8_t { Test, Fork, Match };
    Kind kind = Kind::Match;
    RegexNode::Kind test = RegexNode::Kind::Character;
    std::uint8_t sides = 0;
    std::size_t next = 0;
    std::size_t other = 0;  ///< of Fork
};

class Compiler {
public:
    explicit Compiler(const std::vector<RegexNode>& nodes) : nodes_(nodes) {}

    /// Empty when the automaton would be too large.
    std::vector<Instruction> run() {
        emit(nodes_.size() - 1);
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
        const RegexNode& node = nodes_[index];
        switch (node.kind) {
        case RegexNode::Kind::Sequence:
            for (const std::size_t child : node.children)
                emit(child);
            return;
        case RegexNode::Kind::Choice:
            return emit_choice(node);
        case RegexNode::Kind::Repeat:
            return emit_repeat(node);
        case RegexNode::Kind::Character:
        case RegexNode::Kind::Begin:
        case RegexNode::Kind::End:
        case RegexNode::Kind::LineBegin:
        case RegexNode::Kind::LineEnd:
        case RegexNode::Kind::Boundary:
        case RegexNode::Kind::Inside:
            push({.kind = Instruction::Kind::Test, .test = node.kind, .sides = node.sides});
            return;
        }
    }

    void emit_choice(const RegexNode& node) {
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
    void emit_repeat(const RegexNode& node) {
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

    const std::vector<RegexNode>& nodes_;
    std::vector<Instruction> code_;
};

/// Which sides may be ahead after a test, given the one behind; none: it fails.
std::uint8_t ahead_after(RegexNode::Kind test, RegexSide behind, std::uint8_t ahead) {
    switch (test) {
    case RegexNode::Kind::Begin:
        return behind == Edge ? ahead : 0;
    case RegexNode::Kind::End:
        return ahead & Edge;
    case RegexNode::Kind::LineBegin:
        return behind == Edge || behind == Newline ? ahead : 0;
    case RegexNode::Kind::LineEnd:
        return ahead & (Edge | Newline);
    case RegexNode::Kind::Boundary:
        return ahead & (behind == Word ? not_word : std::uint8_t{Word});
    case RegexNode::Kind::Inside:
        return ahead & (behind == Word ? std::uint8_t{Word} : not_word);
    case RegexNode::Kind::Character:
    case RegexNode::Kind::Sequence:
    case RegexNode::Kind::Choice:
    case RegexNode::Kind::Repeat:
        break;
    }
    return ahead;
}

bool reaches_match(const std::vector<Instruction>& code, RegexSubject subject) {
    using State = std::tuple<std::size_t, RegexSide, std::uint8_t>;
    std::set<State> seen;
    std::vector<State> open;
    const auto visit = [&](std::size_t at, RegexSide behind, std::uint8_t ahead) {
        if (ahead != 0 && seen.emplace(at, behind, ahead).second)
            open.emplace_back(at, behind, ahead);
    };
    constexpr std::array characters = {Newline, Word, Slash, Other};
    for (const RegexSide behind : characters)
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
            if (instruction.test != RegexNode::Kind::Character) {
                visit(instruction.next, behind, ahead_after(instruction.test, behind, ahead));
                break;
            }
            for (const RegexSide side : characters) {
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
    const std::vector<RegexNode> nodes = parse_regex(go_pattern);
    const std::vector<Instruction> code = Compiler(nodes).run();
    return !code.empty() && !reaches_match(code, subject);
}

}  // namespace gatefile::base
