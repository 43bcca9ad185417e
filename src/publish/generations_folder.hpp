// SPDX-License-Identifier: Apache-2.0
//
// How generations lie in DIR/.gatefile/generations.
#pragma once

#include <cstdint>
#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/base/unique_fd.hpp"

namespace gatefile::publish {

std::string meta_name(std::uint64_t number);
std::string loaded_name(std::uint64_t number);
std::string backends_name(std::uint64_t number);
std::string kept_name(std::uint64_t number, const std::string& name);
/// Made where it is missing. Whoever may read the directory may enter: one that Traefik cannot read
/// would stop its provider.
base::Result<base::UniqueFd> make_folder(const std::string& directory);

}  // namespace gatefile::publish
