// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "exit.hpp"

namespace gatefile::cli {

int print_version() {
    print("gatefile " GATEFILE_VERSION "\n");
    return exit_ok;
}

}  // namespace gatefile::cli
