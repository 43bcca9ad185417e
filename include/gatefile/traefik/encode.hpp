// SPDX-License-Identifier: Apache-2.0
//
// Traefik's model to a tree, with each format's spelling and defaults, and to the published text.
#pragma once

#include <cstdint>
#include <string>

#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/static_config.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

enum class Keys : std::uint8_t { Inline, Omit };

/// What stands for an omitted private key: a fingerprint, never bytes of it.
tree::Node encode(const Dynamic& dynamic, Format format, Keys keys, tree::Arena& arena);

/// The published text with its generation mark (a content hash of all the rest) put in. The name of
/// the file is gatefile.yml or gatefile.json.
struct Text {
    std::string file_name;
    std::string bytes;
    std::string generation;
};
Text write(const Dynamic& dynamic, Format format, Keys keys);

}  // namespace gatefile::traefik
