// SPDX-License-Identifier: Apache-2.0
#include "cursor.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::api {

std::string wrong_type(tree::Kind found, tree::Kind wanted) {
    return fmt::format("Invalid value: \"{0}\": must be of type {1}: \"{0}\"",
                       tree::kind_name(found),
                       tree::kind_name(wanted));
}

diag::Path Cursor::path() const {
    if (parent_ == nullptr) return {};
    return field_.data() != nullptr ? parent_->path() / field_ : parent_->path() / index_;
}

void Cursor::refuse(diag::Code code, diag::Path path, std::string detail) const {
    report_->refused = true;
    report_->diagnostics.add({.code = code,
                              .object = report_->object,
                              .path = std::move(path),
                              .detail = std::move(detail)});
}

void Cursor::report(diag::Code code, std::string_view field, std::string detail) const {
    refuse(code, path() / field, std::move(detail));
}

void Cursor::report_unsupported(std::string_view field, std::string_view found) const {
    report(diag::Code::InvalidValue,
           field,
           fmt::format("Unsupported value: {}", base::quote_for_message(found)));
}

const tree::Node* Cursor::value(std::string_view field, tree::Kind kind) const {
    const tree::Node* found = node_->find(field);
    if (found == nullptr || found->is_null()) return nullptr;
    if (found->kind() == kind) return found;
    report(diag::Code::WrongType, field, wrong_type(found->kind(), kind));
    return nullptr;
}

bool Cursor::expect(tree::Kind kind) const {
    if (node_->kind() == kind) return true;
    refuse(diag::Code::WrongType, path(), wrong_type(node_->kind(), kind));
    return false;
}

std::optional<std::string> Cursor::optional_text(std::string_view field) const {
    const tree::Node* found = value(field, tree::Kind::String);
    if (found == nullptr) return std::nullopt;
    return std::string(found->as_string());
}

std::string Cursor::text(std::string_view field) const {
    const tree::Node* found = value(field, tree::Kind::String);
    return found == nullptr ? std::string() : std::string(found->as_string());
}

std::optional<bool> Cursor::boolean(std::string_view field) const {
    const tree::Node* found = value(field, tree::Kind::Bool);
    if (found == nullptr) return std::nullopt;
    return found->as_bool();
}

std::optional<std::int64_t>
Cursor::integer(std::string_view field, std::int64_t least, std::int64_t most) const {
    const tree::Node* found = value(field, tree::Kind::Int);
    if (found == nullptr) return std::nullopt;
    const std::int64_t number = found->as_int();
    if (number >= least && number <= most) return number;
    report(diag::Code::InvalidValue,
           field,
           fmt::format(
               "Invalid value: {}: must be between {} and {}, inclusive", number, least, most));
    return std::nullopt;
}

std::optional<int> Cursor::optional_int(std::string_view field) const {
    const auto number =
        integer(field, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
    if (!number) return std::nullopt;
    return static_cast<int>(*number);
}

std::optional<std::uint16_t> Cursor::port(std::string_view field) const {
    const auto number = integer(field, 1, std::numeric_limits<std::uint16_t>::max());
    if (!number) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

std::optional<std::chrono::milliseconds> Cursor::duration(std::string_view field) const {
    const tree::Node* found = value(field, tree::Kind::String);
    if (found == nullptr) return std::nullopt;
    const auto parsed = base::parse_duration(found->as_string());
    if (!parsed) {
        report(diag::Code::InvalidValue,
               field,
               fmt::format("Invalid value: {}: must be a duration such as 1h2m3s4ms",
                           base::quote_for_message(found->as_string())));
    }
    return parsed;
}

std::vector<std::string> Cursor::texts(std::string_view field) const {
    std::vector<std::string> found;
    const tree::Node* node = value(field, tree::Kind::List);
    if (node == nullptr) return found;
    const Cursor list(*this, field, *node);
    const std::span<const tree::Node> items = node->items();
    found.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Cursor item(list, i, items[i]);
        if (item.expect(tree::Kind::String)) found.emplace_back(items[i].as_string());
    }
    return found;
}

StringMap Cursor::text_map(std::string_view field) const {
    StringMap found;
    const tree::Node* node = value(field, tree::Kind::Map);
    if (node == nullptr) return found;
    const Cursor map(*this, field, *node);
    found.reserve(node->entries().size());
    for (const tree::Entry& entry : node->entries()) {
        if (entry.value.is_null()) {
            found.emplace_back(entry.key, "");  // as Go decodes a null in a map of strings
        } else if (Cursor(map, entry.key, entry.value).expect(tree::Kind::String)) {
            found.emplace_back(entry.key, entry.value.as_string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace gatefile::api
