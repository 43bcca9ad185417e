// SPDX-License-Identifier: Apache-2.0
//
// Validation rules of CRDs: the part of the Common Expression Language that Gateway API's rules
// use, with Kubernetes' libraries (strings, isIP, format). A rule is compiled once and evaluated
// against many objects. What is not known here does not compile, so that no rule passes unseen.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/tree/node.hpp"
#include "value.hpp"

namespace gatefile::api::cel {

enum class Op : std::uint8_t {
    Literal,
    Variable,
    Select,
    Has,
    Index,
    Not,
    Negate,
    And,
    Or,
    Conditional,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    List,
    All,
    Exists,
    ExistsOne,
    Filter,
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Split,
    Substring,
    IsIp,
    Duration,
    Validate,
    HasValue,
};

using ExprIndex = std::uint32_t;

struct Expr {
    Op op = Op::Literal;
    std::uint16_t slot = 0;  ///< Variable and the macros: where its value is kept
    ExprIndex first = 0;     ///< operand, target, or the range of a macro
    ExprIndex second = 0;    ///< second operand, or the body of a macro
    ExprIndex third = 0;     ///< last operand
    Value literal;
    std::string_view name;    ///< Select and Has: the field, unescaped
    std::uint32_t regex = 0;  ///< Matches: index into Program::regexes
};

/// Programs hand out views of their own strings: they are neither copied nor moved once compiled.
struct Program {
    std::vector<Expr> exprs;
    std::vector<ExprIndex> arguments;  ///< of List: from `second` up to `third`
    std::deque<std::string> strings;
    std::deque<std::vector<Value>> lists;  ///< of literals
    std::vector<base::Regex> regexes;
    std::vector<std::uint32_t> regex_costs;
    ExprIndex root = 0;
    bool uses_old_self = false;
};

inline constexpr std::size_t max_slots = 8;  ///< self and nested macro variables

/// An Error of kind Unsupported says what could not be understood and where.
base::Result<void> compile(std::string_view text, Program& program);

/// Kubernetes' limits: of one object over all its rules, and of one evaluation.
inline constexpr std::int64_t object_budget = 10'000'000;
inline constexpr std::int64_t evaluation_limit = 1'000'000;

struct Outcome {
    bool holds = false;
    bool over_budget = false;
    std::string error;  ///< in cel-go's words when the evaluation failed
};

/// A rule on `self`; takes its cost, in about cel-go's units, from `budget`, which is negative once
/// there was not enough.
Outcome evaluate(const Program& program, const tree::Node& self, std::int64_t& budget);

}  // namespace gatefile::api::cel
