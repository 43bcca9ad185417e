// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>

namespace gatefile::properties {

inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

/// How many of the rounds that a test has; GATEFILE_PROPERTY_ROUNDS multiplies them. Sanitizers
/// make a round some twenty times as long, and look for other faults.
inline std::uint64_t rounds(std::uint64_t usual) {
#ifdef __SANITIZE_ADDRESS__
    constexpr std::uint64_t share = 8;
#else
    constexpr std::uint64_t share = 1;
#endif
    return (usual + share - 1) / share * setting("GATEFILE_PROPERTY_ROUNDS", 1);
}

}  // namespace gatefile::properties
