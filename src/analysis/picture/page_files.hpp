// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "gatefile/base/embedded.hpp"

namespace gatefile::analysis {

/// page.html and what is put into it.
std::span<const base::EmbeddedFile> page_files();

}  // namespace gatefile::analysis
