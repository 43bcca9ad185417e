// SPDX-License-Identifier: Apache-2.0
#include "fold.hpp"

#include <utility>

namespace gatefile::status {
namespace {

/// metav1.Condition.message.
constexpr std::size_t message_limit = 32768;

/// Cut between characters, so that what is left stays UTF-8.
std::string limited(std::string message) {
    if (message.size() <= message_limit) return message;
    constexpr std::string_view mark = "...";
    std::size_t end = message_limit - mark.size();
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) {
        --end;
    }
    message.resize(end);
    message += mark;
    return message;
}

}  // namespace

std::string_view reason_of(const diag::Diagnostic& fault) {
    return diag::info(fault.code).reason;
}

std::string describe(const FaultList& faults) {
    std::string text;
    for (const diag::Diagnostic* fault : faults) {
        // No reader gets that far, and there may be thousands.
        if (text.size() > message_limit) break;
        if (!text.empty()) text += "; ";
        if (!fault->path.empty()) {
            text += fault->path.text();
            text += ": ";
        }
        text += fault->detail;
        if (!fault->hint.empty()) {
            text += " (";
            text += fault->hint;
            text += ')';
        }
    }
    return text;
}

Condition make_condition(std::string_view type,
                         bool status,
                         std::string_view reason,
                         std::string message,
                         std::int64_t generation) {
    return {
        std::string(type), status, std::string(reason), limited(std::move(message)), generation};
}

Condition fold(const Positive& positive, const FaultList& faults, std::int64_t generation) {
    if (faults.empty()) {
        return make_condition(
            positive.type, true, positive.reason, std::string(positive.message), generation);
    }
    return make_condition(
        positive.type, false, reason_of(*faults.front()), describe(faults), generation);
}

}  // namespace gatefile::status
