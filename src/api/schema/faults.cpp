// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::api::schema {

diag::Path path_of(const Link& link) {
    if (!link.up) return {};
    diag::Path path = path_of(*link.up);
    return link.is_index ? path / link.index : path / link.field;
}

void Faults::add(diag::Code code, const Link& at, std::string detail, std::string hint) {
    if (full()) return;
    add({.code = code,
         .object = ref_,
         .path = path_of(at),
         .detail = std::move(detail),
         .hint = std::move(hint)});
}

void Faults::add_blocking(diag::Code code, const Link& at, std::string detail, std::string hint) {
    blocked_ = true;
    add(code, at, std::move(detail), std::move(hint));
}

void Faults::take(const diag::Diagnostics& found) {
    blocked_ = blocked_ || !found.empty();
    for (diag::Diagnostic each : found.items()) {
        each.object = ref_;
        add(std::move(each));
    }
}

void Faults::add(diag::Diagnostic diagnostic) {
    if (full()) return;
    ++count_;
    if (diag::info(diagnostic.code).severity == diag::Severity::Error) ++errors_;
    if (full()) {
        diagnostic.path = {};
        diagnostic.hint.clear();
        diagnostic.detail = fmt::format("more than {} faults; the rest is not listed", limit - 1);
    }
    out_.add(std::move(diagnostic));
}

std::string show(const tree::Node& value) {
    switch (value.kind()) {
    case tree::Kind::Bool:
        return value.as_bool() ? "true" : "false";
    case tree::Kind::Int:
        return fmt::format("{}", value.as_int());
    case tree::Kind::Float:
        return fmt::format("{}", value.as_float());
    case tree::Kind::String:
        return base::quote_for_message(value.as_string());
    case tree::Kind::Null:
    case tree::Kind::List:
    case tree::Kind::Map:
        break;
    }
    return base::quote_for_message(tree::kind_name(value.kind()));
}

std::string invalid(const tree::Node& value, std::string_view reason) {
    return fmt::format("Invalid value: {}: {}", show(value), reason);
}

std::string invalid_without_value(std::string_view reason) {
    return fmt::format("Invalid value: {}", reason);
}

std::string unsupported(const tree::Node& value, std::span<const tree::Node> supported) {
    std::string list;
    for (const tree::Node& each : supported) {
        list += list.empty() ? "" : ", ";
        list += each.is_string() ? show(each) : fmt::format("\"{}\"", show(each));
    }
    return fmt::format("Unsupported value: {}: supported values: {}", show(value), list);
}

std::string too_many(std::size_t found, std::int64_t limit) {
    return fmt::format(
        "Too many: {}: must have at most {} {}", found, limit, limit == 1 ? "item" : "items");
}

std::string too_long(std::int64_t limit) {
    return fmt::format(
        "Too long: may not be more than {} {}", limit, limit == 1 ? "byte" : "bytes");
}

std::string duplicate(std::string_view shown) {
    return fmt::format("Duplicate value: {}", shown);
}

std::string required(std::string_view reason) {
    return reason.empty() ? "Required value" : fmt::format("Required value: {}", reason);
}

std::string forbidden(std::string_view reason) {
    return fmt::format("Forbidden: {}", reason);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    constexpr std::size_t longest_typo = 64;
    if (word.size() > longest_typo) return {};
    const std::string_view near = base::nearest(word, candidates);
    return near.empty() ? "" : fmt::format("did you mean {}?", base::quote_for_message(near));
}

}  // namespace gatefile::api::schema
