// SPDX-License-Identifier: Apache-2.0
//
// Two dynamic configurations of Traefik, as published, part by part: routers, services, middlewares
// and the like by name, certificates by fingerprint. Whoever wrote them.
#pragma once

#include <string>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::traefik {

struct PublishedFile {
    std::string name;
    std::string bytes;  ///< JSON or TOML if the name ends so, else YAML
};

enum class PartFate { Removed, Added, Changed };

struct PartChange {
    PartFate fate = PartFate::Changed;
    std::string part;                 ///< "http.routers.shop"; foreign text
    std::vector<std::string> fields;  ///< of Changed: "priority: 3, before 2"; quoted, no secrets
    diag::SourcePosition before;      ///< empty source: not there
    diag::SourcePosition after;
};

/// Sorted by fate and part. What differs at each publication or start of the agent (the mark of the
/// generation, the marks of hops) is passed over. An Error (kind Usage) names a file that cannot be
/// parsed.
base::Result<std::vector<PartChange>> diff_dynamic(const std::vector<PublishedFile>& before,
                                                   const std::vector<PublishedFile>& after);

}  // namespace gatefile::traefik
