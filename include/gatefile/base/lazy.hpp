// SPDX-License-Identifier: Apache-2.0
//
// A value that is worked out when it is first asked for and kept beside what it is worked out from.
// That must not change afterwards. A copy begins anew; comparisons pass it over.
#pragma once

#include <mutex>
#include <optional>

namespace gatefile::base {

template <typename Value>
class Lazy {
public:
    Lazy() = default;
    Lazy(const Lazy& /*other*/) {}
    Lazy& operator=(const Lazy& other) {
        if (this != &other) value_.reset();
        return *this;
    }
    ~Lazy() = default;
    bool operator==(const Lazy& /*other*/) const { return true; }

    /// From any thread; `make` runs once.
    template <typename Make>
    const Value& get(Make make) const {
        const std::scoped_lock lock(mutex_);
        if (!value_) value_ = make();
        return *value_;
    }

private:
    mutable std::mutex mutex_;
    mutable std::optional<Value> value_;
};

}  // namespace gatefile::base
