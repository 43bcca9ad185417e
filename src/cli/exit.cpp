// SPDX-License-Identifier: Apache-2.0
#include "exit.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "progress.hpp"

namespace gatefile::cli {

int fail(const base::Error& error) {
    print_error(fmt::format("gatefile: {}\n", error.text));
    return error.kind == base::ErrorKind::Usage ? exit_usage : exit_environment;
}

void print(std::string_view text) {
    clear_progress();
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_error(std::string_view text) {
    clear_progress();
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace gatefile::cli
