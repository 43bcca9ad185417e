// SPDX-License-Identifier: Apache-2.0
//
// The static configuration that Traefik needs for a set of listener ports (`gatefile static`), and
// the provider plugin that it needs for the plugin format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/embedded.hpp"
#include "gatefile/traefik/static_config.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

struct WantedPort {
    std::uint16_t port = 0;  ///< the listener's
    graph::Transport transport = graph::Transport::Tcp;
};

struct SnippetSettings {
    Format format = Format::File;
    std::string directory;  ///< what --out names
    StaticConfig present;   ///< entry points that are there keep their names
    SlotSettings slots;     ///< for the port map
    bool inner = false;     ///< with the entry point that requests come in by again
};

/// A map to be written as YAML: entryPoints, providers and, for the plugin, experimental.
tree::Node static_snippet(std::span<const WantedPort> wanted,
                          const SnippetSettings& settings,
                          tree::Arena& arena);

/// The plugin's module path: where Traefik looks below plugins-local/src.
std::string_view plugin_module();

/// Of the plugin that is in this program: what a Traefik that runs it says (X-Gatefile-Plugin).
std::string_view plugin_version();

/// The plugin's files, from src/plugin.
std::span<const base::EmbeddedFile> plugin_files();

}  // namespace gatefile::traefik
