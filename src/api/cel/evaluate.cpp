// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <forward_list>

#include "functions.hpp"
#include "program.hpp"

namespace gatefile::api::cel {

namespace {

class Evaluation {
public:
    Evaluation(const Program& program, const tree::Node& self, std::int64_t limit)
        : program_(program), left_(limit) {
        slots_[0] = from_node(self);
    }

    Value run() { return value(program_.root); }
    std::int64_t left() const { return left_; }

private:
    /// Takes a step's cost; false when too much has been spent.
    bool spend(std::int64_t cost) {
        left_ -= cost;
        return left_ >= 0;
    }

    /// value(), which goes into `store` unless it is kept where it is: literals and variables are
    /// most of what is looked at.
    const Value& operand(ExprIndex index, Value& store) {
        const Expr& expr = program_.exprs[index];
        if (expr.op == Op::Literal) return expr.literal;
        if (expr.op == Op::Variable && spend(1)) return slots_[expr.slot];
        store = value(index);
        return store;
    }

    Value value(ExprIndex index) {
        const Expr& expr = program_.exprs[index];
        if (expr.op == Op::Literal) return expr.literal;
        if (!spend(1)) return make_error(Fault::OverBudget);
        switch (expr.op) {
        case Op::Literal:
            return expr.literal;
        case Op::Variable:
            return slots_[expr.slot];
        case Op::Select:
        case Op::Has:
            return field(expr);
        case Op::Index:
            return indexed(expr);
        case Op::Not: {
            const Value negated = value(expr.first);
            return negated.is(Type::Bool) ? make_bool(!negated.boolean) : wrong(negated);
        }
        case Op::Negate:
            return calculate(Arithmetic::Subtract, make_int(0), value(expr.first));
        case Op::And:
        case Op::Or:
            return logical(expr);
        case Op::Conditional: {
            const Value condition = value(expr.first);
            if (!condition.is(Type::Bool)) return wrong(condition);
            return value(condition.boolean ? expr.second : expr.third);
        }
        case Op::Equal:
        case Op::NotEqual:
            return equality(expr);
        case Op::Less:
        case Op::LessEqual:
        case Op::Greater:
        case Op::GreaterEqual:
            return order(expr);
        case Op::In:
            return membership(expr);
        case Op::Add:
            return sum(expr);
        case Op::Subtract:
            return calculate(Arithmetic::Subtract, value(expr.first), value(expr.second));
        case Op::Multiply:
            return calculate(Arithmetic::Multiply, value(expr.first), value(expr.second));
        case Op::Divide:
            return calculate(Arithmetic::Divide, value(expr.first), value(expr.second));
        case Op::Modulo:
            return calculate(Arithmetic::Modulo, value(expr.first), value(expr.second));
        case Op::List:
            return list(expr);
        case Op::All:
        case Op::Exists:
        case Op::ExistsOne:
        case Op::Filter:
            return comprehension(expr);
        case Op::Size:
        case Op::IsIp:
        case Op::Duration:
        case Op::HasValue:
            return unary_function(expr);
        case Op::Contains:
        case Op::StartsWith:
        case Op::EndsWith:
        case Op::Split:
            return text_function(expr);
        case Op::Matches:
            return matches(expr);
        case Op::Substring:
            return expr.third == 0
                       ? substring(value(expr.first), value(expr.second), std::nullopt)
                       : substring(value(expr.first), value(expr.second), value(expr.third));
        case Op::Validate:
            return validate(value(expr.first), value(expr.second));
        }
        return make_error(Fault::NoSuchOverload);
    }

    /// An operand that is an Error stays the error that it is.
    static Value wrong(const Value& found) {
        return found.is_error() ? found : make_error(Fault::NoSuchOverload);
    }

    Value field(const Expr& expr) {
        Value store;
        const Value& target = operand(expr.first, store);
        if (!target.is(Type::Map)) return wrong(target);
        const tree::Node* found = target.map->find(expr.name);
        if (expr.op == Op::Has) return make_bool(found != nullptr);
        return found ? from_node(*found) : make_error(Fault::NoSuchKey, expr.name);
    }

    Value indexed(const Expr& expr) {
        Value stores[2];
        const Value& target = operand(expr.first, stores[0]);
        if (target.is_error()) return target;
        const Value& key = operand(expr.second, stores[1]);
        if (key.is_error()) return key;
        if (target.is_list() && key.is(Type::Int)) {
            if (key.integer < 0 || key.integer >= target.size) {
                return make_error(Fault::IndexOutOfBounds);
            }
            return item_of(target, static_cast<std::size_t>(key.integer));
        }
        if (target.is(Type::Map) && key.is(Type::String)) {
            const tree::Node* found = target.map->find(key.text());
            return found ? from_node(*found) : make_error(Fault::NoSuchKey, key.text());
        }
        return make_error(Fault::NoSuchOverload);
    }

    /// && and ||: whichever side decides wins over an error of the other.
    Value logical(const Expr& expr) {
        const bool decisive = expr.op == Op::Or;
        const Value left = value(expr.first);
        if (left.is(Type::Bool) && left.boolean == decisive) return left;
        const Value right = value(expr.second);
        if (right.is(Type::Bool) && (right.boolean == decisive || left.is(Type::Bool))) {
            return right;
        }
        return left.is(Type::Bool) ? wrong(right) : wrong(left);
    }

    Value equality(const Expr& expr) {
        Value stores[2];
        const Value& left = operand(expr.first, stores[0]);
        const Value& right = operand(expr.second, stores[1]);
        if (!spend(std::min(left.size, right.size) / 10)) return make_error(Fault::OverBudget);
        const Value same = equal(left, right);
        if (expr.op == Op::Equal || same.is_error()) return same;
        return make_bool(!same.boolean);
    }

    Value order(const Expr& expr) {
        Value stores[2];
        const Value& left = operand(expr.first, stores[0]);
        const Value sign = compare(left, operand(expr.second, stores[1]));
        if (sign.is_error()) return sign;
        if (expr.op == Op::Less) return make_bool(sign.integer < 0);
        if (expr.op == Op::LessEqual) return make_bool(sign.integer <= 0);
        if (expr.op == Op::Greater) return make_bool(sign.integer > 0);
        return make_bool(sign.integer >= 0);
    }

    Value membership(const Expr& expr) {
        Value stores[2];
        const Value& element = operand(expr.first, stores[0]);
        const Value& container = operand(expr.second, stores[1]);
        if (element.is_error()) return element;
        if (container.is(Type::Map) && element.is(Type::String)) {
            return make_bool(container.map->find(element.text()) != nullptr);
        }
        if (!container.is_list()) return wrong(container);
        if (!spend(container.size)) return make_error(Fault::OverBudget);
        for (std::size_t i = 0; i < container.size; ++i) {
            if (equal(element, item_of(container, i)).is_true()) return make_bool(true);
        }
        return make_bool(false);
    }

    Value sum(const Expr& expr) {
        Value stores[2];
        const Value& left = operand(expr.first, stores[0]);
        if (left.is_error()) return left;
        const Value& right = operand(expr.second, stores[1]);
        if (right.is_error()) return right;
        if (!left.is(Type::String) || !right.is(Type::String)) return add_numbers(left, right);
        if (!spend((left.size + right.size) / 10)) return make_error(Fault::OverBudget);
        texts_.push_front(std::string(left.text()) += right.text());
        return make_string(texts_.front());
    }

    Value list(const Expr& expr) {
        std::vector<Value> items;
        items.reserve(expr.third - expr.second);
        for (ExprIndex i = expr.second; i < expr.third; ++i) {
            items.push_back(value(program_.arguments[i]));
            if (items.back().is_error()) return items.back();
        }
        return keep(std::move(items));
    }

    Value keep(std::vector<Value> items) {
        lists_.push_front(std::move(items));
        return make_list(lists_.front().data(), lists_.front().size());
    }

    static Value element_of(const Value& range, std::size_t index) {
        if (range.is(Type::Map)) return make_string(range.map->entries()[index].key);
        return item_of(range, index);
    }

    Value comprehension(const Expr& expr) {
        const Value range = value(expr.first);
        if (!range.is_list() && !range.is(Type::Map)) return wrong(range);
        if (expr.op == Op::All || expr.op == Op::Exists) return quantifier(expr, range);
        std::vector<Value> chosen;
        std::size_t count = 0;
        for (std::size_t i = 0; i < range.size; ++i) {
            slots_[expr.slot] = element_of(range, i);
            const Value holds = value(expr.second);
            if (!holds.is(Type::Bool)) return wrong(holds);
            if (!holds.boolean) continue;
            ++count;
            if (expr.op == Op::Filter) chosen.push_back(element_of(range, i));
        }
        return expr.op == Op::Filter ? keep(std::move(chosen)) : make_bool(count == 1);
    }

    /// all and exists are chains of && and ||: a decisive element wins over errors of others.
    Value quantifier(const Expr& expr, const Value& range) {
        const bool decisive = expr.op == Op::Exists;
        Value result = make_bool(!decisive);
        for (std::size_t i = 0; i < range.size; ++i) {
            slots_[expr.slot] = element_of(range, i);
            const Value holds = value(expr.second);
            if (holds.is(Type::Bool) && holds.boolean == decisive) return holds;
            if (holds.is_error() && holds.fault == Fault::OverBudget) return holds;
            if (!holds.is(Type::Bool) && !result.is_error()) result = wrong(holds);
        }
        return result;
    }

    Value unary_function(const Expr& expr) {
        Value store;
        const Value& of = operand(expr.first, store);
        if (of.is_error()) return of;
        if (expr.op == Op::Size) {
            const bool paid = spend(of.is(Type::String) ? of.size / 10 : 0);
            return paid ? size_of(of) : make_error(Fault::OverBudget);
        }
        if (expr.op == Op::Duration) return duration(of);
        if (expr.op == Op::IsIp) {
            return of.is(Type::String) ? make_bool(is_ip(of.text())) : wrong(of);
        }
        return of.is(Type::Optional) ? make_bool(of.boolean) : wrong(of);
    }

    Value text_function(const Expr& expr) {
        Value stores[2];
        const Value& text = operand(expr.first, stores[0]);
        if (!text.is(Type::String)) return wrong(text);
        const Value& argument = operand(expr.second, stores[1]);
        if (!argument.is(Type::String)) return wrong(argument);
        if (!spend(text.size / 10 * (argument.size / 10 + 1))) return make_error(Fault::OverBudget);
        if (expr.op == Op::StartsWith) return make_bool(text.text().starts_with(argument.text()));
        if (expr.op == Op::EndsWith) return make_bool(text.text().ends_with(argument.text()));
        if (expr.op == Op::Split) return split(text.text(), argument.text());
        return make_bool(text.text().find(argument.text()) != std::string_view::npos);
    }

    Value split(std::string_view text, std::string_view separator) {
        std::vector<Value> parts;
        // Go splits by an empty separator into characters; no rule does that.
        if (separator.empty()) return make_error(Fault::NoSuchOverload);
        for (std::size_t found = text.find(separator); found != text.npos;
             found = text.find(separator)) {
            parts.push_back(make_string(text.substr(0, found)));
            text.remove_prefix(found + separator.size());
        }
        parts.push_back(make_string(text));
        return keep(std::move(parts));
    }

    Value matches(const Expr& expr) {
        Value store;
        const Value& text = operand(expr.first, store);
        if (!text.is(Type::String)) return wrong(text);
        const std::int64_t cost = program_.regex_costs[expr.regex];
        if (!spend((text.size / 10 + 1) * cost)) return make_error(Fault::OverBudget);
        return make_bool(program_.regexes[expr.regex].matches(text.text()));
    }

    const Program& program_;
    std::int64_t left_;
    std::array<Value, max_slots> slots_;
    std::forward_list<std::string> texts_;
    std::forward_list<std::vector<Value>> lists_;
};

}  // namespace

Outcome evaluate(const Program& program, const tree::Node& self, std::int64_t& budget) {
    const std::int64_t limit = std::min(budget, evaluation_limit);
    Evaluation evaluation(program, self, limit);
    const Value result = evaluation.run();
    if (evaluation.left() < 0) {
        budget = -1;
        return {.over_budget = true};
    }
    budget -= limit - evaluation.left();
    if (result.is(Type::Bool)) return {.holds = result.boolean};
    return {.error = error_text(result.is_error() ? result : make_error(Fault::NoSuchOverload))};
}

}  // namespace gatefile::api::cel
