// SPDX-License-Identifier: Apache-2.0
//
// How the checks report: a chain of links says where they are, and becomes a diag::Path only when
// there is something to say. Texts are those of k8s.io/apimachinery's field errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api::schema {

/// One step down from `up`; lives on the stack of the check that is at work there.
struct Link {
    const Link* up = nullptr;
    std::string_view field;
    std::size_t index = 0;
    bool is_index = false;

    Link operator/(std::string_view name) const { return {this, name, 0, false}; }
    Link operator/(std::size_t at) const { return {this, {}, at, true}; }
};

diag::Path path_of(const Link& link);

class Faults {
public:
    /// What a hostile object may cost in messages; the last one says that there are more.
    static constexpr std::size_t limit = 500;

    Faults(const diag::ObjectRef& ref, diag::Diagnostics& out) : ref_(ref), out_(out) {}

    void add(diag::Code code, const Link& at, std::string detail, std::string hint = {});
    /// The server does not evaluate rules on an object with one of these: a value of another type,
    /// outside an enumeration or too long, or a field that is missing.
    void add_blocking(diag::Code code, const Link& at, std::string detail, std::string hint = {});
    /// Those of a part that was checked apart, as blocking ones; the object is set here.
    void take(const diag::Diagnostics& found);
    std::size_t errors() const { return errors_; }  ///< warnings do not count
    bool blocked() const { return blocked_; }
    bool full() const { return count_ >= limit; }

private:
    void add(diag::Diagnostic diagnostic);

    const diag::ObjectRef& ref_;
    diag::Diagnostics& out_;
    std::size_t count_ = 0;
    std::size_t errors_ = 0;
    bool blocked_ = false;
};

/// A scalar as the server prints it; a list or map by its type.
std::string show(const tree::Node& value);

std::string invalid(const tree::Node& value, std::string_view reason);  ///< "Invalid value: 0: ..."
std::string invalid_without_value(std::string_view reason);             ///< "Invalid value: ..."
std::string unsupported(const tree::Node& value, std::span<const tree::Node> supported);
std::string too_many(std::size_t found, std::int64_t limit);
std::string too_long(std::int64_t limit);
std::string duplicate(std::string_view shown);
std::string required(std::string_view reason = {});
std::string forbidden(std::string_view reason);

/// "did you mean \"x\"?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gatefile::api::schema
