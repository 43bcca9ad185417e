// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "program.hpp"
#include "token.hpp"

namespace gatefile::api::cel {

namespace {

struct BinaryOperator {
    std::string_view symbol;
    int level;  ///< higher binds tighter
    Op op;
};

constexpr std::array<BinaryOperator, 13> binary_operators = {{
    {"||", 1, Op::Or},
    {"&&", 2, Op::And},
    {"==", 3, Op::Equal},
    {"!=", 3, Op::NotEqual},
    {"<=", 3, Op::LessEqual},
    {">=", 3, Op::GreaterEqual},
    {"<", 3, Op::Less},
    {">", 3, Op::Greater},
    {"+", 4, Op::Add},
    {"-", 4, Op::Subtract},
    {"*", 5, Op::Multiply},
    {"/", 5, Op::Divide},
    {"%", 5, Op::Modulo},
}};
constexpr BinaryOperator in_operator = {"in", 3, Op::In};

struct Function {
    std::string_view name;
    Op op;
    std::size_t arguments;  ///< besides the target
    bool member;
};

constexpr std::array<Function, 12> functions = {{
    {"size", Op::Size, 0, true},
    {"size", Op::Size, 1, false},
    {"contains", Op::Contains, 1, true},
    {"startsWith", Op::StartsWith, 1, true},
    {"endsWith", Op::EndsWith, 1, true},
    {"split", Op::Split, 1, true},
    {"substring", Op::Substring, 1, true},
    {"substring", Op::Substring, 2, true},
    {"isIP", Op::IsIp, 1, false},
    {"duration", Op::Duration, 1, false},
    {"validate", Op::Validate, 1, true},
    {"hasValue", Op::HasValue, 0, true},
}};

std::optional<Op> macro(std::string_view name) {
    if (name == "all") return Op::All;
    if (name == "exists") return Op::Exists;
    if (name == "exists_one") return Op::ExistsOne;
    if (name == "filter") return Op::Filter;
    return std::nullopt;
}

std::optional<NamedFormat> named_format(std::string_view name) {
    if (name == "dns1123Label") return NamedFormat::Dns1123Label;
    if (name == "dns1123Subdomain") return NamedFormat::Dns1123Subdomain;
    if (name == "qualifiedName") return NamedFormat::QualifiedName;
    return std::nullopt;
}

class Parser {
public:
    Parser(std::vector<Token> tokens, Program& program)
        : tokens_(std::move(tokens)), program_(program) {
        variables_.push_back("self");
        variables_.push_back("oldSelf");
    }

    base::Result<void> run() {
        program_.root = expression();
        if (!error_ && peek().kind != TokenKind::End) fail("unexpected text");
        if (error_) return *error_;
        return {};
    }

private:
    const Token& peek() const { return tokens_[at_]; }
    const Token& next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
    bool at(std::string_view symbol) const {
        return peek().kind == TokenKind::Symbol && peek().text == symbol;
    }
    bool take(std::string_view symbol) {
        if (!at(symbol)) return false;
        ++at_;
        return true;
    }
    void expect(std::string_view symbol) {
        if (!take(symbol)) fail(fmt::format("{} expected", base::quote_for_message(symbol)));
    }

    /// Keeps the first fault and moves to the end, so that the parser stops soon.
    ExprIndex fail(std::string_view what) {
        if (!error_) {
            error_ = base::Error{base::ErrorKind::Unsupported,
                                 fmt::format("{} at character {}", what, peek().offset + 1)};
        }
        at_ = tokens_.size() - 1;
        return 0;
    }

    ExprIndex add(Expr expr) {
        program_.exprs.push_back(expr);
        return static_cast<ExprIndex>(program_.exprs.size() - 1);
    }
    ExprIndex add_literal(Value value) {
        Expr expr;
        expr.literal = value;
        return add(expr);
    }
    std::string_view keep(std::string text) {
        program_.strings.push_back(std::move(text));
        return program_.strings.back();
    }

    ExprIndex expression() {
        if (depth_ >= 100) return fail("too deeply nested");
        ++depth_;
        ExprIndex index = binary(1);
        if (take("?")) {
            Expr expr{.op = Op::Conditional, .first = index};
            expr.second = binary(1);
            expect(":");
            expr.third = expression();
            index = add(expr);
        }
        --depth_;
        return index;
    }

    const BinaryOperator* operator_here(int level) const {
        if (peek().kind == TokenKind::Identifier && peek().text == "in") {
            return in_operator.level >= level ? &in_operator : nullptr;
        }
        if (peek().kind != TokenKind::Symbol) return nullptr;
        for (const BinaryOperator& candidate : binary_operators) {
            if (candidate.symbol == peek().text) {
                return candidate.level >= level ? &candidate : nullptr;
            }
        }
        return nullptr;
    }

    ExprIndex binary(int level) {
        ExprIndex left = unary();
        while (const BinaryOperator* found = operator_here(level)) {
            ++at_;
            Expr expr{.op = found->op, .first = left};
            expr.second = binary(found->level + 1);
            left = add(expr);
        }
        return left;
    }

    ExprIndex unary() {
        if (depth_ >= 100) return fail("too deeply nested");
        ++depth_;
        ExprIndex index = 0;
        if (take("!")) {
            index = unary();
            index = add({.op = Op::Not, .first = index});
        } else if (take("-")) {
            index = unary();
            index = add({.op = Op::Negate, .first = index});
        } else {
            index = member(primary());
        }
        --depth_;
        return index;
    }

    ExprIndex member(ExprIndex target) {
        while (!error_) {
            if (take("[")) {
                Expr expr{.op = Op::Index, .first = target};
                expr.second = expression();
                expect("]");
                target = add(expr);
            } else if (take(".")) {
                if (peek().kind != TokenKind::Identifier) return fail("field name expected");
                const std::string_view name = next().text;
                if (take("(")) {
                    target = member_call(target, name);
                } else {
                    Expr expr{.op = Op::Select, .first = target};
                    expr.name = keep(unescape_field(name));
                    target = add(expr);
                }
            } else {
                break;
            }
        }
        return target;
    }

    ExprIndex primary() {
        const Token token = next();
        switch (token.kind) {
        case TokenKind::Int: {
            const auto number = base::parse_int(token.text);
            return number ? add_literal(make_int(*number)) : fail("number too large");
        }
        case TokenKind::Double:
            return add_literal(make_double(std::strtod(std::string(token.text).c_str(), nullptr)));
        case TokenKind::String:
            return add_literal(make_string(keep(token.content)));
        case TokenKind::Identifier:
            return identifier(token.text);
        case TokenKind::Symbol:
            if (token.text == "(") {
                const ExprIndex inner = expression();
                expect(")");
                return inner;
            }
            if (token.text == "[") {
                return list();
            }
            return fail("value expected");
        case TokenKind::End:
            return fail("value expected");
        }
        return 0;
    }

    ExprIndex identifier(std::string_view name) {
        if (name == "true" || name == "false") return add_literal(make_bool(name == "true"));
        if (name == "null") {
            Value null;
            null.type = Type::Null;
            return add_literal(null);
        }
        if (take("(")) return global_call(name);
        if (name == "format") return format_literal();
        for (std::size_t slot = variables_.size(); slot-- > 0;) {
            if (variables_[slot] != name) continue;
            if (name == "oldSelf") program_.uses_old_self = true;
            return add({.op = Op::Variable, .slot = static_cast<std::uint16_t>(slot)});
        }
        return fail(fmt::format("unknown name {}", base::quote_for_message(name)));
    }

    /// format.dns1123Label() and its kin are constants.
    ExprIndex format_literal() {
        expect(".");
        const std::string_view name = next().text;
        const auto found = named_format(name);
        if (!found) return fail(fmt::format("unknown format {}", base::quote_for_message(name)));
        expect("(");
        expect(")");
        Value value;
        value.type = Type::Format;
        value.format = *found;
        return add_literal(value);
    }

    std::vector<ExprIndex> arguments_up_to(std::string_view end) {
        std::vector<ExprIndex> arguments;
        if (take(end)) return arguments;
        do {
            arguments.push_back(expression());
        } while (take(","));
        expect(end);
        return arguments;
    }

    /// A list of literals is a literal: rules test membership in such lists all the time.
    ExprIndex list() {
        const std::vector<ExprIndex> items = arguments_up_to("]");
        if (error_) return 0;
        std::vector<Value> literals;
        for (const ExprIndex item : items) {
            if (program_.exprs[item].op != Op::Literal) break;
            literals.push_back(program_.exprs[item].literal);
        }
        if (literals.size() == items.size()) {
            program_.lists.push_back(std::move(literals));
            return add_literal(make_list(program_.lists.back().data(), items.size()));
        }
        Expr expr{.op = Op::List};
        expr.second = static_cast<ExprIndex>(program_.arguments.size());
        program_.arguments.insert(program_.arguments.end(), items.begin(), items.end());
        expr.third = static_cast<ExprIndex>(program_.arguments.size());
        return add(expr);
    }

    ExprIndex global_call(std::string_view name) {
        if (name == "has") return has();
        std::vector<ExprIndex> arguments = {expression()};
        expect(")");
        return call(name, false, 0, arguments);
    }

    ExprIndex has() {
        const ExprIndex selected = expression();
        expect(")");
        if (error_) return 0;
        if (program_.exprs[selected].op != Op::Select) return fail("has() needs a field");
        program_.exprs[selected].op = Op::Has;
        return selected;
    }

    ExprIndex member_call(ExprIndex target, std::string_view name) {
        if (const auto op = macro(name)) return comprehension(*op, target);
        return call(name, true, target, arguments_up_to(")"));
    }

    ExprIndex comprehension(Op op, ExprIndex range) {
        if (peek().kind != TokenKind::Identifier) return fail("variable name expected");
        if (variables_.size() >= max_slots) return fail("too many nested macros");
        Expr expr{.op = op, .slot = static_cast<std::uint16_t>(variables_.size()), .first = range};
        variables_.push_back(next().text);
        expect(",");
        expr.second = expression();
        variables_.pop_back();
        expect(")");
        return add(expr);
    }

    ExprIndex call(std::string_view name,
                   bool member,
                   ExprIndex target,
                   const std::vector<ExprIndex>& arguments) {
        if (error_) return 0;
        if (name == "matches" && member && arguments.size() == 1) {
            return matches(target, arguments[0]);
        }
        for (const Function& function : functions) {
            if (function.name != name || function.member != member ||
                function.arguments != arguments.size()) {
                continue;
            }
            Expr expr{.op = function.op, .first = member ? target : arguments[0]};
            if (!arguments.empty() && member) expr.second = arguments[0];
            if (arguments.size() == 2) expr.third = arguments[1];
            return add(expr);
        }
        return fail(fmt::format("unknown function {}", base::quote_for_message(name)));
    }

    ExprIndex matches(ExprIndex target, ExprIndex pattern) {
        const Expr& literal = program_.exprs[pattern];
        if (literal.op != Op::Literal || !literal.literal.is(Type::String)) {
            return fail("matches() with a pattern that is not a literal");
        }
        auto compiled = base::Regex::compile(literal.literal.text());
        if (!compiled) return fail("pattern that is not valid");
        Expr expr{.op = Op::Matches, .first = target};
        expr.regex = static_cast<std::uint32_t>(program_.regexes.size());
        program_.regexes.push_back(*compiled);
        program_.regex_costs.push_back(literal.literal.size / 4 + 1);
        return add(expr);
    }

    std::vector<Token> tokens_;
    Program& program_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::vector<std::string_view> variables_;
    std::optional<base::Error> error_;
};

}  // namespace

base::Result<void> compile(std::string_view text, Program& program) {
    auto tokens = tokenize(text);
    if (!tokens) return tokens.error();
    return Parser(std::move(*tokens), program).run();
}

}  // namespace gatefile::api::cel
