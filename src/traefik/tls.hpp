// SPDX-License-Identifier: Apache-2.0
//
// HTTPS (design.md §3.3): TLS options, certificates, and which Host values the roots of a listener
// need so that Traefik selects them by SNI.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "draft.hpp"
#include "gatefile/ir/tls_root.hpp"
#include "rule.hpp"

namespace gatefile::traefik {

/// A root router of a listener. More than one only for wildcard listeners with TLS.
struct Root {
    std::string part;  ///< for the name; empty for the first one
    Rule rule;
    std::optional<RouterTls> tls;
    /// Answers 421: these hosts would need TLS options that cannot be selected for them.
    bool misdirected = false;
    ir::TlsRoot meaning;  ///< where there is TLS
};

/// Per listener of the config, in its order; adds the options to the model.
std::vector<std::vector<Root>> render_roots(Draft& draft);

void render_certificates(Draft& draft);

}  // namespace gatefile::traefik
