// SPDX-License-Identifier: Apache-2.0
//
// Typed access to one object's nodes while they become structs. A field that is absent or null
// gives nothing; one of the wrong type gives nothing and a diagnostic, and the whole object is
// refused, as an API server would have done. Cursors hang together by pointers up the call stack,
// so the path of a value costs nothing until there is something to report.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gatefile/api/meta.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api {

/// The API server's words for it.
std::string wrong_type(tree::Kind found, tree::Kind wanted);

/// Where the cursors of one object report to.
struct DecodeReport {
    const diag::ObjectRef& object;
    diag::Diagnostics& diagnostics;
    bool refused = false;
};

class Cursor {
public:
    /// At an object itself; `object` must be a map.
    Cursor(const tree::Node& object, DecodeReport& report) : node_(&object), report_(&report) {}

    std::optional<std::string> optional_text(std::string_view field) const;
    /// Empty when absent.
    std::string text(std::string_view field) const;
    std::optional<bool> boolean(std::string_view field) const;
    std::optional<std::int64_t>
    integer(std::string_view field, std::int64_t least, std::int64_t most) const;
    std::optional<int> optional_int(std::string_view field) const;
    /// 1 to 65535.
    std::optional<std::uint16_t> port(std::string_view field) const;
    /// A Gateway API Duration.
    std::optional<std::chrono::milliseconds> duration(std::string_view field) const;
    std::vector<std::string> texts(std::string_view field) const;
    StringMap text_map(std::string_view field) const;

    /// The value of the row whose name the field has; names that no row has are reported.
    template <typename Value>
    using Choices = std::span<const std::pair<std::string_view, Value>>;
    template <typename Value>
    std::optional<Value> choice(std::string_view field,
                                std::type_identity_t<Choices<Value>> choices) const {
        const tree::Node* node = value(field, tree::Kind::String);
        if (node == nullptr) return std::nullopt;
        for (const auto& [name, meaning] : choices) {
            if (node->as_string() == name) return meaning;
        }
        report_unsupported(field, node->as_string());
        return std::nullopt;
    }

    /// `decode` is called with a Cursor at the field's map.
    template <typename Decode>
    auto object(std::string_view field, const Decode& decode) const
        -> std::optional<std::invoke_result_t<const Decode&, const Cursor&>> {
        const tree::Node* node = value(field, tree::Kind::Map);
        if (node == nullptr) return std::nullopt;
        return decode(Cursor(*this, field, *node));
    }

    /// `decode` is called with a Cursor at each of the list's maps.
    template <typename Decode>
    auto list(std::string_view field, const Decode& decode) const
        -> std::vector<std::invoke_result_t<const Decode&, const Cursor&>> {
        std::vector<std::invoke_result_t<const Decode&, const Cursor&>> decoded;
        const tree::Node* node = value(field, tree::Kind::List);
        if (node == nullptr) return decoded;
        const Cursor list(*this, field, *node);
        const std::span<const tree::Node> items = node->items();
        decoded.reserve(items.size());
        for (std::size_t i = 0; i < items.size(); ++i) {
            const Cursor item(list, i, items[i]);
            if (item.expect(tree::Kind::Map)) decoded.push_back(decode(item));
        }
        return decoded;
    }

    /// The field's value; null when it is absent, null or not of that kind (reported).
    const tree::Node* value(std::string_view field, tree::Kind kind) const;
    const tree::Node& node() const { return *node_; }
    diag::Path path() const;

    /// Refuses the object for what stands in `field`.
    void report(diag::Code code, std::string_view field, std::string detail) const;
    bool refused() const { return report_->refused; }

private:
    Cursor(const Cursor& parent, std::string_view field, const tree::Node& node)
        : node_(&node), parent_(&parent), field_(field), report_(parent.report_) {}
    Cursor(const Cursor& parent, std::size_t index, const tree::Node& node)
        : node_(&node), parent_(&parent), index_(index), report_(parent.report_) {}

    bool expect(tree::Kind kind) const;
    void refuse(diag::Code code, diag::Path path, std::string detail) const;
    void report_unsupported(std::string_view field, std::string_view found) const;

    const tree::Node* node_;
    const Cursor* parent_ = nullptr;
    std::string_view field_;  ///< has no data when this is an item of a list
    std::size_t index_ = 0;
    DecodeReport* report_;
};

}  // namespace gatefile::api
