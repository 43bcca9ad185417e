// SPDX-License-Identifier: Apache-2.0
//
// CEL rules of the schemas that are read, and objects that violate them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/schema/compiled.hpp"
#include "api/schema/faults.hpp"
#include "api/schema/normalise.hpp"
#include "api/schema/rules.hpp"
#include "api/schema/validate.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::api::schema {

/// Whether the OpenAPI part lets the object through to the rule at all: one rule says what an
/// enumeration says already, and the server never gets to it.
enum class Reach : std::uint8_t { Rule, Blocked };

struct Case {
    std::string_view kind;
    std::string_view message;  ///< the rule's, or how it begins
    std::string spec;          ///< YAML in flow style
    Reach reach = Reach::Rule;
};

struct Judged {
    bool reached = false;
    diag::Diagnostics rules;
    std::string text;

    bool violates(std::string_view message) const {
        const std::vector<diag::Diagnostic>& items = rules.items();
        return std::any_of(items.begin(), items.end(), [&](const diag::Diagnostic& item) {
            const std::size_t at = item.detail.find(": ");
            return item.code == diag::Code::RuleViolated && at != std::string::npos &&
                   item.detail.find(message, at) != std::string::npos;
        });
    }
};

inline Judged judge(const Case& each, const CompiledSchema& schema) {
    const std::string text =
        "{apiVersion: gateway.networking.k8s.io/v1, kind: " + std::string(each.kind) +
        ", metadata: {name: x}, spec: " + each.spec + "}";
    const auto document = tree::read_yaml(text);
    REQUIRE_MESSAGE(document.has_value(), each.message);
    Judged judged;
    const diag::ObjectRef nobody;
    diag::Diagnostics found;
    Faults faults(nobody, found);
    const tree::Node object =
        normalise(document.value().root, schema.root, *document.value().arena, faults);
    validate(object, schema.root, Words::Crd, Link{}, faults);
    judged.reached = !faults.blocked();
    for (const auto& item : found.items())
        judged.text += item.path.text() + ": " + item.detail + '\n';
    Faults rule_faults(nobody, judged.rules);
    check_rules(object, schema.root, Link{}, rule_faults);
    for (const auto& item : judged.rules.items())
        judged.text += item.detail + '\n';
    return judged;
}

inline std::vector<const CompiledSchema*> channels(std::string_view kind) {
    const Schema* schema = find("gateway.networking.k8s.io/v1", kind);
    REQUIRE(schema != nullptr);
    std::vector<const CompiledSchema*> found = {&schema->first()};
    if (const CompiledSchema* standard = schema->standard()) found.push_back(standard);
    return found;
}

inline void collect(const SchemaNode& schema, std::vector<const Rule*>& into) {
    for (const auto& rule : schema.rules)
        into.push_back(rule.get());
    for (const Property& property : schema.properties)
        collect(*property.schema, into);
    if (schema.items) collect(*schema.items, into);
    if (schema.additional) collect(*schema.additional, into);
}

/// Of the spec: an object's status is not judged when it is created.
inline std::vector<const Rule*> rules_of(const CompiledSchema& schema) {
    std::vector<const Rule*> rules;
    collect(*schema.root.properties[schema.root.find("spec")].schema, rules);
    return rules;
}

inline bool knows(const CompiledSchema& schema, std::string_view message) {
    const std::vector<const Rule*> rules = rules_of(schema);
    return std::any_of(rules.begin(), rules.end(), [&](const Rule* rule) {
        return rule->message.starts_with(message);
    });
}

/// Each case is refused in each channel that has its rule.
inline void check_cases(std::span<const Case> cases) {
    for (const Case& each : cases) {
        std::size_t known = 0;
        for (const CompiledSchema* schema : channels(each.kind)) {
            if (!knows(*schema, each.message)) continue;
            ++known;
            const Judged judged = judge(each, *schema);
            CAPTURE(each.kind);
            CAPTURE(each.message);
            CAPTURE(judged.text);
            CHECK(judged.violates(each.message));
            CHECK(judged.reached == (each.reach == Reach::Rule));
        }
        CHECK_MESSAGE(known > 0, "no rule of ", each.kind, " begins with ", each.message);
    }
}

/// Each rule of these kinds compiles and has a case.
inline void check_rules_have_cases(std::span<const std::string_view> kinds,
                                   std::span<const Case> cases) {
    for (const std::string_view kind : kinds) {
        for (const CompiledSchema* schema : channels(kind)) {
            for (const Rule* rule : rules_of(*schema)) {
                CHECK_MESSAGE(rule->unsupported.empty(), rule->text, ": ", rule->unsupported);
                if (rule->program.uses_old_self) continue;
                const bool has_case =
                    std::any_of(cases.begin(), cases.end(), [&](const Case& each) {
                        return each.kind == kind && rule->message.starts_with(each.message);
                    });
                CHECK_MESSAGE(has_case, kind, ": ", rule->message);
            }
        }
    }
}

}  // namespace gatefile::api::schema
