// SPDX-License-Identifier: Apache-2.0
#include "decode_middleware.hpp"

#include <algorithm>

namespace gatefile::api {

namespace {

using diag::Code;
using tree::Value;

bool is_set(const Value& value) {
    const bool* flag = std::get_if<bool>(&value.data);
    return flag == nullptr || *flag;
}

/// Traefik wants requests to be told apart in one way.
void check_source(const Cursor& at, const Value& settings) {
    const Value* source = find(settings, "sourceCriterion");
    if (source == nullptr) return;
    int ways = 0;
    for (const auto& field : std::get<Value::Map>(source->data)) {
        if (is_set(field.value)) ++ways;
    }
    if (ways > 1) {
        at.report(Code::InvalidValue,
                  "sourceCriterion",
                  "ipStrategy, requestHeaderName and requestHost exclude each other");
    }
}

void check_compress(const Cursor& at, const Value& settings) {
    if (find(settings, "excludedContentTypes") && find(settings, "includedContentTypes")) {
        at.report(Code::InvalidValue,
                  "includedContentTypes",
                  "includedContentTypes and excludedContentTypes exclude each other");
    }
    const Value* chosen = find(settings, "defaultEncoding");
    const Value* encodings = find(settings, "encodings");
    if (chosen == nullptr || encodings == nullptr) return;
    const auto& list = std::get<Value::List>(encodings->data);
    if (std::ranges::find(list, *chosen) == list.end()) {
        at.report(Code::InvalidValue, "defaultEncoding", "must be one of the encodings");
    }
}

}  // namespace

void check_together(const Cursor& at, std::string_view type, const Value& settings) {
    if (type == "rateLimit" || type == "inFlightReq") check_source(at, settings);
    if (type == "compress") check_compress(at, settings);
    if (type == "retry") {
        const Value* disabled = find(settings, "disableRetryOnNetworkError");
        if (disabled != nullptr && is_set(*disabled) && !find(settings, "status")) {
            at.report(Code::MissingField, "status", "Required value: nothing else is retried");
        }
    }
    if (type == "headers") {
        const auto& fields = std::get<Value::Map>(settings.data);
        if (std::ranges::none_of(fields, [](const auto& field) { return is_set(field.value); })) {
            at.report(Code::MissingField, "customRequestHeaders", "Required value: nothing is set");
        }
    }
}

}  // namespace gatefile::api
