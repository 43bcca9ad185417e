// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::traefik::check {

/// A place in one of the files.
struct Place {
    std::string file;
    tree::Position at;
};

inline void report(diag::Diagnostics& out,
                   diag::Code code,
                   const Place& place,
                   const diag::Path& path,
                   std::string detail,
                   std::string hint = "") {
    out.add({.code = code,
             .object = {},
             .path = path,
             .detail = std::move(detail),
             .hint = std::move(hint),
             .parent = {},
             .listener = {},
             .at = diag::SourcePosition{place.file, place.at.line, place.at.column}});
}

}  // namespace gatefile::traefik::check
