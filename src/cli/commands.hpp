// SPDX-License-Identifier: Apache-2.0
//
// One function per command: options to exit code.
#pragma once

#include "options.hpp"

namespace gatefile::cli {

int convert(const Options& options);
int check(const Options& options);
int run_agent(const Options& options);
int print_static(const Options& options);
int print_roles(const Options& options);
int print_version();

}  // namespace gatefile::cli
