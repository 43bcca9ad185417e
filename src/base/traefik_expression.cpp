// SPDX-License-Identifier: Apache-2.0
//
// Of the expressions that Traefik parses as Go: comparisons of a function with a literal, in this
// order and of one type, joined by && and ||, in parentheses.
#include "gatefile/base/traefik_expression.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gatefile::base {

namespace {

enum class Type : std::uint8_t { Integer, Floating, String, Predicate };

struct Function {
    std::string_view name;
    Type gives;
    std::span<const Type> arguments;
};

constexpr Type one_float[] = {Type::Floating};
constexpr Type four_integers[] = {Type::Integer, Type::Integer, Type::Integer, Type::Integer};

constexpr Function breaker_functions[] = {{"LatencyAtQuantileMS", Type::Integer, one_float},
                                          {"NetworkErrorRatio", Type::Floating, {}},
                                          {"ResponseCodeRatio", Type::Floating, four_integers}};
constexpr Function retry_functions[] = {{"RequestMethod", Type::String, {}},
                                        {"IsNetworkError", Type::Predicate, {}},
                                        {"Attempts", Type::Integer, {}},
                                        {"ResponseCode", Type::Integer, {}}};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class Parser {
public:
    Parser(std::string_view text, std::span<const Function> functions)
        : rest_(text), functions_(functions) {}

    bool parse() { return alternatives(0) && (skip(), rest_.empty()); }

private:
    static constexpr int deepest = 50;
    static constexpr std::size_t most_digits = 9;

    void skip() {
        while (rest_.starts_with(' '))
            rest_.remove_prefix(1);
    }
    bool take(std::string_view token) {
        skip();
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    template <typename Is>
    std::string_view take_while(Is is) {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is);
        const auto length = static_cast<std::size_t>(end - rest_.begin());
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    bool alternatives(int depth) {
        do {
            if (!conjunction(depth)) return false;
        } while (take("||"));
        return true;
    }
    bool conjunction(int depth) {
        do {
            if (!unit(depth)) return false;
        } while (take("&&"));
        return true;
    }
    bool unit(int depth) {
        if (depth > deepest) return false;
        if (take("(")) return alternatives(depth + 1) && take(")");
        const Function* function = call();
        if (function == nullptr) return false;
        if (function->gives == Type::Predicate) return true;
        return comparison(function->gives == Type::String) && literal(function->gives);
    }
    const Function* call() {
        skip();
        const std::string_view name = take_while(is_letter);
        const auto function = std::find_if(functions_.begin(),
                                           functions_.end(),
                                           [&](const Function& one) { return one.name == name; });
        if (function == functions_.end() || !take("(")) return nullptr;
        for (std::size_t i = 0; i < function->arguments.size(); ++i) {
            if (i > 0 && !take(",")) return nullptr;
            if (!literal(function->arguments[i])) return nullptr;
        }
        return take(")") ? &*function : nullptr;
    }
    bool comparison(bool equality) {
        if (take("==") || take("!=")) return true;
        return !equality && (take("<=") || take(">=") || take("<") || take(">"));
    }
    bool literal(Type type) {
        skip();
        if (type == Type::String) {
            return take("\"") && !take_while(is_letter).empty() && rest_.starts_with('"') &&
                   take("\"");
        }
        const std::string_view whole = take_while(is_digit);
        const bool octal = whole.size() > 1 && whole.front() == '0';
        if (whole.empty() || whole.size() > most_digits || octal) return false;
        const bool point = rest_.starts_with('.');
        if (point != (type == Type::Floating)) return false;
        if (!point) return true;
        rest_.remove_prefix(1);
        const std::string_view fraction = take_while(is_digit);
        return !fraction.empty() && fraction.size() <= most_digits;
    }

    std::string_view rest_;
    std::span<const Function> functions_;
};

}  // namespace

bool is_breaker_expression(std::string_view text) {
    return Parser(text, breaker_functions).parse();
}

bool is_retry_expression(std::string_view text) {
    return Parser(text, retry_functions).parse();
}

}  // namespace gatefile::base
