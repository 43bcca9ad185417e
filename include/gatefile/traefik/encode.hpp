// SPDX-License-Identifier: Apache-2.0
//
// Traefik's model to a tree, with each format's spelling and defaults, and to the published text.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/flatten.hpp"
#include "gatefile/traefik/static_config.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

enum class Keys : std::uint8_t { Inline, Omit, Files };

/// Where private keys go (--keys). What stands for an omitted one is a fingerprint, never bytes of
/// it.
struct KeyPlacement {
    KeyPlacement(Keys keys = Keys::Inline, std::string key_directory = {})
        : where(keys), directory(std::move(key_directory)) {}

    Keys where;
    std::string directory;  ///< for Keys::Files: as Traefik will find it
};

/// A key's file in that directory, by what is in it.
std::string key_file_name(std::string_view key);
/// What stands for a key that is left out.
std::string omitted_key(std::string_view key);
bool is_omitted_key(std::string_view text);

/// `dynamic` has to outlive the tree, which refers to its names and rules.
tree::Node
encode(const Dynamic& dynamic, Format format, const KeyPlacement& keys, tree::Arena& arena);

/// gatefile.yml or gatefile.json
std::string_view file_name(Format format);

/// The published text with its generation mark (a content hash of all the rest) put in.
struct Text {
    std::string file_name;
    std::string bytes;
    std::string generation;
    /// With Keys::Files: what the text names, without the directory; by name, unique.
    std::vector<std::pair<std::string, base::SecretBytes>> keys;
};
Text write(const Dynamic& dynamic, Format format, const KeyPlacement& keys);
/// The same, with a generation of write(), for key-value stores.
Flat write_pairs(const Dynamic& dynamic,
                 const KeyPlacement& keys,
                 const std::string& generation,
                 EmptyValues empties);

}  // namespace gatefile::traefik
