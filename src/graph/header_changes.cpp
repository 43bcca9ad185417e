// SPDX-License-Identifier: Apache-2.0
#include "header_changes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

struct Action {
    const char* field;
    std::size_t index;
    std::string_view name;
};

std::vector<Action> actions_of(const api::HeaderModifier& modifier) {
    std::vector<Action> actions;
    for (std::size_t i = 0; i < modifier.set.size(); ++i) {
        actions.push_back({"set", i, modifier.set[i].name});
    }
    for (std::size_t i = 0; i < modifier.add.size(); ++i) {
        actions.push_back({"add", i, modifier.add[i].name});
    }
    for (std::size_t i = 0; i < modifier.remove.size(); ++i) {
        actions.push_back({"remove", i, modifier.remove[i]});
    }
    return actions;
}

/// HTTPHeader.name: of equivalent names in one list the first counts. In different lists they make
/// the filter invalid (HTTPHeaderFilter).
void check_repeated(const std::vector<Action>& actions, std::vector<HeaderFault>& faults) {
    for (std::size_t i = 1; i < actions.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const Action& earlier = actions[j];
            const Action& later = actions[i];
            if (!base::equals_ignoring_case(earlier.name, later.name)) continue;
            const std::string name = base::quote_for_message(later.name);
            const bool same_list = std::string_view(earlier.field) == later.field;
            faults.push_back(
                {same_list ? diag::Code::HeaderRepeated : diag::Code::FiltersIncompatible,
                 later.field,
                 later.index,
                 same_list ? fmt::format("header {} stands in {} before; the first "
                                         "entry counts",
                                         name,
                                         later.field)
                           : fmt::format("header {} stands in {} as well; only one "
                                         "action is possible",
                                         name,
                                         earlier.field)});
            break;
        }
    }
}

void check_values(const std::vector<api::HttpHeader>& headers,
                  const char* field,
                  std::vector<HeaderFault>& faults) {
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (!has_control_characters(headers[i].value)) continue;
        faults.push_back({diag::Code::RuleUnsupported,
                          field,
                          i,
                          fmt::format("value {} has control characters, which cannot be sent",
                                      base::quote_for_message(headers[i].value))});
    }
}

}  // namespace

bool is_header_name(std::string_view name) {
    constexpr std::string_view symbols = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               symbols.find(c) != std::string_view::npos;
    });
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

std::vector<HeaderFault> find_header_faults(const api::HeaderModifier& modifier) {
    std::vector<HeaderFault> faults;
    const std::vector<Action> actions = actions_of(modifier);
    for (const Action& action : actions) {
        if (is_header_name(action.name)) continue;
        faults.push_back(
            {diag::Code::RuleUnsupported,
             action.field,
             action.index,
             fmt::format("{} is no name of a header", base::quote_for_message(action.name))});
    }
    check_repeated(actions, faults);
    check_values(modifier.set, "set", faults);
    check_values(modifier.add, "add", faults);
    return faults;
}

}  // namespace gatefile::graph
