// SPDX-License-Identifier: Apache-2.0
#include "list_items.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace gatefile::api::schema {

namespace {

/// An order of scalars; lists and maps do not occur as keys or set items in any schema of ours.
int compare(const tree::Node* a, const tree::Node* b) {
    if (!a || !b) return a ? 1 : b ? -1 : 0;
    if (a->kind() != b->kind()) return a->kind() < b->kind() ? -1 : 1;
    if (a->is_string()) return a->as_string().compare(b->as_string());
    if (a->is_int()) return a->as_int() < b->as_int() ? -1 : a->as_int() > b->as_int() ? 1 : 0;
    if (a->is_bool()) return static_cast<int>(a->as_bool()) - static_cast<int>(b->as_bool());
    if (a->is_float()) return a->as_float() < b->as_float() ? -1 : a->as_float() > b->as_float();
    return 0;
}

int compare_items(const tree::Node& a, const tree::Node& b, const SchemaNode& schema) {
    if (schema.list_type == ListType::Set) return compare(&a, &b);
    for (const std::string_view key : schema.list_keys) {
        const int order = compare(a.find(key), b.find(key));
        if (order != 0) return order;
    }
    return 0;
}

/// The server prints the keys as JSON.
std::string show_item(const tree::Node& item, const SchemaNode& schema) {
    if (schema.list_type == ListType::Set) return show(item);
    std::string keys;
    for (const std::string_view key : schema.list_keys) {
        const tree::Node* value = item.find(key);
        if (!value) continue;
        keys += fmt::format("{}\"{}\":{}", keys.empty() ? "" : ",", key, show(*value));
    }
    return "{" + keys + "}";
}

void report(std::span<const tree::Node> items,
            std::size_t index,
            const SchemaNode& schema,
            const Link& at,
            Faults& faults) {
    faults.add(diag::Code::DuplicateItem, at / index, duplicate(show_item(items[index], schema)));
}

void check_many(std::span<const tree::Node> items,
                const SchemaNode& schema,
                const Link& at,
                Faults& faults) {
    std::vector<std::size_t> order(items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return compare_items(items[a], items[b], schema) < 0;
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (compare_items(items[order[i - 1]], items[order[i]], schema) != 0) continue;
        report(items, order[i], schema, at, faults);
    }
}

}  // namespace

void check_unique(std::span<const tree::Node> items,
                  const SchemaNode& schema,
                  const Link& at,
                  Faults& faults) {
    constexpr std::size_t few = 16;
    if (items.size() > few) {
        check_many(items, schema, at, faults);
        return;
    }
    for (std::size_t i = 1; i < items.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (compare_items(items[i], items[j], schema) != 0) continue;
            report(items, i, schema, at, faults);
            break;
        }
    }
}

}  // namespace gatefile::api::schema
