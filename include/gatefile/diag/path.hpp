// SPDX-License-Identifier: Apache-2.0
//
// Where in an object: "spec.rules[2].filters[0].urlRewrite". Owns its segments; values that are
// extended by copying, so a helper can hand out `path / "x"` without lifetime rules. Build paths
// only once there is something to report.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatefile::diag {

class Path {
public:
    using Segment = std::variant<std::string, std::size_t>;

    Path() = default;
    /// From field names separated by dots, without indices: "spec.rules".
    explicit Path(std::string_view dotted);

    Path operator/(std::string_view field) const;
    Path operator/(std::size_t index) const;
    /// operator/ for const char*, so that a literal is not taken for an index.
    Path operator/(const char* field) const { return *this / std::string_view(field); }

    const std::vector<Segment>& segments() const { return segments_; }
    bool empty() const { return segments_.empty(); }
    /// "spec.rules[2].matches"; a field with other characters than [A-Za-z0-9_-] is ["quoted"].
    std::string text() const;
    /// Whether this path is `other` or lies below it.
    bool starts_with(const Path& other) const;

    auto operator<=>(const Path&) const = default;

private:
    std::vector<Segment> segments_;
};

}  // namespace gatefile::diag
