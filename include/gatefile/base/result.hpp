// SPDX-License-Identifier: Apache-2.0
//
// The channel for a bad environment (disk, network, permissions): a value or an Error. Bad input
// never comes this way, it becomes a diag::Diagnostic. Both types are values; nothing throws.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace gatefile::base {

enum class ErrorKind {
    Io,           ///< a file or directory could not be read or written
    Network,      ///< a peer could not be reached, or broke off
    Refused,      ///< a peer answered, and said no
    Usage,        ///< a setting contradicts another or cannot be understood
    Unsupported,  ///< the environment lacks something that was asked for
};

struct [[nodiscard]] Error {
    ErrorKind kind = ErrorKind::Io;
    std::string text;  ///< a clause without a full stop: "opening /x: No such file or directory"

    /// The same error with what was being done put in front: "publishing to DIR: opening ...".
    Error within(std::string_view doing) const { return {kind, std::string(doing) + ": " + text}; }
};

/// Aborts with file and line in every build; for broken invariants only, never for input.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    bool has_value() const { return state_.index() == 0; }

    const T& value() const& { return std::get<0>(state_); }
    T& value() & { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), ok_(false) {}

    explicit operator bool() const { return ok_; }
    bool has_value() const { return ok_; }
    const Error& error() const { return error_; }

private:
    Error error_;
    bool ok_ = true;
};

}  // namespace gatefile::base

#define GATEFILE_CHECK(condition)                                                                  \
    ((condition) ? static_cast<void>(0)                                                            \
                 : ::gatefile::base::check_failed(#condition, __FILE__, __LINE__))
