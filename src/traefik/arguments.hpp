// SPDX-License-Identifier: Apache-2.0
//
// Traefik's command line, found in a plain text or in a manifest that runs it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::traefik {

struct Invocation {
    std::vector<std::string> arguments;
    std::optional<Version> version;  ///< from the image's tag
};

/// Manifests: a Pod, or what has a Pod template, alone, among other documents, or in a List. The
/// first container counts whose image or arguments are Traefik's.
base::Result<Invocation> find_invocation(std::string_view text);

/// "docker.io/traefik:v3.7.15@sha256:…"; nothing for tags that are no version.
std::optional<Version> version_of_image(std::string_view image);

}  // namespace gatefile::traefik
