// SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::api::schema {

namespace {

class RuleCheck {
public:
    explicit RuleCheck(Faults& faults) : faults_(faults) {}

    /// Parents before children.
    void value(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        if (!schema.has_rules || value.is_null()) return;
        for (const auto& each : schema.rules) {
            if (budget_ < 0) return;
            rule(*each, value, schema, at);
        }
        if (value.is_list() && schema.items) {
            std::size_t index = 0;
            for (const tree::Node& item : value.items()) {
                this->value(item, *schema.items, at / index);
                ++index;
            }
        } else if (value.is_map()) {
            for (const tree::Entry& entry : value.entries()) {
                const std::size_t index = schema.find(entry.key);
                const SchemaNode* child = index < schema.properties.size()
                                              ? schema.properties[index].schema.get()
                                              : schema.additional.get();
                if (child) this->value(entry.value, *child, at / entry.key);
            }
        }
    }

private:
    void rule(const Rule& rule, const tree::Node& value, const SchemaNode& schema, const Link& at) {
        if (!rule.unsupported.empty()) {
            faults_.add(diag::Code::RuleNotEvaluated,
                        at,
                        fmt::format("rule {} was not evaluated: {}",
                                    base::quote_for_message(rule.text),
                                    rule.unsupported));
            return;
        }
        // A transition rule compares with the stored object, and there is none.
        if (rule.program.uses_old_self) return;
        const cel::Outcome outcome = cel::evaluate(rule.program, value, budget_);
        if (outcome.holds) return;
        faults_.add(diag::Code::RuleViolated, at, words(rule, outcome, value, schema));
    }

    static std::string words(const Rule& rule,
                             const cel::Outcome& outcome,
                             const tree::Node& value,
                             const SchemaNode& schema) {
        if (outcome.over_budget) {
            return invalid_without_value(
                "validation failed due to running out of cost budget, no further validation rules "
                "will be run");
        }
        const std::string message = rule.message.empty() ? fmt::format("failed rule: {}", rule.text)
                                                         : std::string(rule.message);
        if (!outcome.error.empty()) {
            return invalid_without_value(
                fmt::format("{} evaluating rule: {}", outcome.error, message));
        }
        const bool scalar = schema.type != Type::Object && schema.type != Type::Array;
        return scalar ? invalid(value, message) : invalid_without_value(message);
    }

    Faults& faults_;
    std::int64_t budget_ = cel::object_budget;
};

}  // namespace

void check_rules(const tree::Node& value,
                 const SchemaNode& schema,
                 const Link& at,
                 Faults& faults) {
    RuleCheck(faults).value(value, schema, at);
}

}  // namespace gatefile::api::schema
