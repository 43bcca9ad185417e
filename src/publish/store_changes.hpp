// SPDX-License-Identifier: Apache-2.0
//
// What turns one set of pairs into another, and the keys of our own below a root.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/publish/store.hpp"

namespace gatefile::publish {

struct StoreChanges {
    std::vector<const std::pair<std::string, std::string>*> added;    ///< into `wanted`
    std::vector<const std::pair<std::string, std::string>*> changed;  ///< into `wanted`
    std::vector<std::string_view> removed;                            ///< into `present`

    std::size_t count() const { return added.size() + changed.size() + removed.size(); }
};
StoreChanges find_changes(const Pairs& present, const Pairs& wanted);

/// Below the root; Traefik reads http, tcp, udp and tls there, and passes everything else over.
inline constexpr std::string_view generation_key = "gatefile/generation";
/// Whether a key below the root is one that Traefik reads.
bool is_configuration(std::string_view key);

/// "ROOT holds keys that gatefile did not write".
base::Error foreign_keys(const std::string& root);

}  // namespace gatefile::publish
