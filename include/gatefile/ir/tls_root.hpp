// SPDX-License-Identifier: Apache-2.0
//
// Which TLS options the proxy chooses. It knows hosts beforehand, by name: the name chooses the
// options of a connection (by its server name) and those of a request (by its Host), and where the
// two differ the answer is 421. So a listener with a wildcard may need more than one root.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gatefile::ir {

/// A part of an HTTPS listener.
struct TlsRoot {
    std::size_t listener = 0;        ///< in Config::listeners
    std::vector<std::string> names;  ///< "a.x", "*.x" for one label; "*" for what nobody names
    bool rest = false;  ///< takes the hosts of the listener that its other roots do not name
    std::optional<std::size_t> options;  ///< the listener that has these; nothing: everybody's
    bool misdirected = false;            ///< answers 421 to everything
};

}  // namespace gatefile::ir
