// SPDX-License-Identifier: Apache-2.0
//
// What every object has, and where it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/base/time.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::api {

/// Sorted by key.
using StringMap = std::vector<std::pair<std::string, std::string>>;

/// The value of a key; null when there is none.
const std::string* find(const StringMap& map, std::string_view key);

struct Meta {
    std::string name;
    std::string ns;   ///< empty for cluster-scoped kinds
    std::string uid;  ///< of one life of the object; empty in manifests
    StringMap labels;
    StringMap annotations;
    std::int64_t generation = 0;             ///< 0 in manifests
    std::optional<base::Timestamp> created;  ///< absent in manifests: ties go to namespace/name
    /// Index into Snapshot::origins: where the text is that this came from; no_origin for objects
    /// of an API server.
    static constexpr std::uint32_t no_origin = 0xffffffff;
    std::uint32_t origin = no_origin;
    /// The API server has it no more, and it is served on because nobody said to stop.
    bool gone = false;
    bool operator==(const Meta&) const = default;
};

}  // namespace gatefile::api
