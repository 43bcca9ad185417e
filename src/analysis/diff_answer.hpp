// SPDX-License-Identifier: Apache-2.0
//
// What a rule does with a request, in words that do not depend on what it is called.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/ir/ir.hpp"

namespace gatefile::analysis {

/// Something that may differ. Equal keys are the same for traffic; `text` is for people.
struct Aspect {
    std::string key;
    std::string text;
    bool operator==(const Aspect& other) const { return key == other.key; }
};

enum class AnswerKind { Forward, Redirect, Fail };

struct Answer {
    AnswerKind kind = AnswerKind::Fail;
    int status = 404;                  ///< of Fail
    std::vector<std::string> targets;  ///< of Forward: "Service shop/a:80", sorted
    Aspect shares;                     ///< of Forward: the targets with their shares
    int failing = 0;                   ///< of Forward: per mille that are answered an error
    Aspect redirect;
    std::vector<Aspect> filters;  ///< in order
    std::optional<std::chrono::milliseconds> request_timeout;
    std::optional<std::chrono::milliseconds> backend_timeout;
    Aspect retry;
    Aspect stickiness;
    std::vector<Aspect> connections;  ///< how each target is spoken to
    std::string key;                  ///< of all of it
};

Answer answer_of(const ir::Config& config, const ir::Rule& rule);

/// "goes to Service shop/a:80", "is redirected (301) to ...", "is answered 500"
std::string predicate(const Answer& answer);

/// Where the connections of a stream go: the same without what only requests have.
Answer answer_of(const ir::Config& config, const std::vector<ir::StreamMember>& members);

/// "30s", "1500ms"
std::string duration_text(std::chrono::milliseconds duration);

/// "Service shop/a:80"
std::string target_text(const ir::Backend& backend);

/// Appends a part so that no two lists of parts give one key.
void put(std::string& key, std::string_view part);

}  // namespace gatefile::analysis
