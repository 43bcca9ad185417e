// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with the input, as values. Stages add to a Diagnostics; only cli and agent print.
// Status conditions are a fold over these (module status), so a stage that refuses something must
// say so here, with the object, the path and, where it concerns one parentRef or listener only,
// that one.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/diag/code.hpp"
#include "gatefile/diag/path.hpp"

namespace gatefile::diag {

/// Which object; `kind` is the API's own word ("HTTPRoute"). Empty for a file that yields none.
struct ObjectRef {
    std::string kind;
    std::string ns;  ///< empty for cluster-scoped kinds
    std::string name;

    auto operator<=>(const ObjectRef&) const = default;
    /// "HTTPRoute shop/cart", "GatewayClass dmz", or "" when there is no object.
    std::string text() const;
};

/// Where in a text; set by the readers. For objects it is looked up from the path when printing.
struct SourcePosition {
    std::string source;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    auto operator<=>(const SourcePosition&) const = default;
};

struct Diagnostic {
    Code code{};
    ObjectRef object;
    Path path;
    std::string detail;  ///< what was found; a clause without a full stop, foreign text quoted
    std::string hint;    ///< what to do; may be empty
    /// Set when it holds for one parentRef of a route only: the index in spec.parentRefs.
    std::optional<std::size_t> parent;
    /// Set when it concerns one listener of a Gateway: the listener's name.
    std::optional<std::string> listener;
    /// Set when this is only so because an object was not among those read: which one; without a
    /// name any of its kind and namespace.
    std::optional<ObjectRef> absent;
    std::optional<SourcePosition> at;
};

class Diagnostics {
public:
    void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
    void append(const Diagnostics& other);
    const std::vector<Diagnostic>& items() const { return items_; }
    bool empty() const { return items_.empty(); }
    bool has_errors() const;
    std::size_t count(Severity severity) const;
    /// By source, line, column, object, path, code, detail; equal ones fall together.
    void sort();

private:
    std::vector<Diagnostic> items_;
};

}  // namespace gatefile::diag
