// SPDX-License-Identifier: Apache-2.0
//
// What gatefile has published into a directory, read again to go on without it (`gatefile eject`).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/traefik/encode.hpp"
#include "gatefile/tree/node.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::cli {

struct Published {
    tree::Document document;
    traefik::Format format = traefik::Format::File;
};
base::Result<Published> read_published(const std::string& directory);

using KeyFiles = std::vector<std::pair<std::string, base::SecretBytes>>;

/// The document with its private keys where they are to be, wherever they are now: what is in files
/// goes with `gatefile cleanup`.
struct PlacedKeys {
    tree::Node root;
    KeyFiles files;  ///< as traefik::Text has them
};
base::Result<PlacedKeys>
place_keys(const tree::Node& root, const traefik::KeyPlacement& keys, tree::Arena& arena);

}  // namespace gatefile::cli
