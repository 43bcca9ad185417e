// SPDX-License-Identifier: Apache-2.0
//
// --default-certificate: what Traefik shows where no listener's certificate fits. Without one it
// makes an RSA key at every reload.
#pragma once

#include <optional>

#include "gatefile/base/result.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "options.hpp"

namespace gatefile::cli {

/// Of a file; or one of our own, which is kept beside what is published, so that each run has the
/// same one. `now`: whether that has to be renewed. Nothing without the option.
base::Result<std::optional<traefik::Certificate>> default_certificate(const Options& options,
                                                                      base::Timestamp now);

}  // namespace gatefile::cli
