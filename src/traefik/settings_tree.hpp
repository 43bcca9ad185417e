// SPDX-License-Identifier: Apache-2.0
//
// Traefik's static configuration before it is understood: the same tree whether it was written as
// YAML, TOML or arguments. Keys count without regard to case, as Traefik has it; names keep theirs.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::traefik {

struct Setting {
    std::string name;                                      ///< as first written
    std::vector<std::string> values;                       ///< of a scalar or list
    std::map<std::string, Setting, std::less<>> children;  ///< by lower-case name

    Setting& child(std::string_view key);
    /// By a dotted path; null when it is not there.
    const Setting* find(std::string_view path) const;
    /// The single value at a path; empty when there is none.
    std::string_view text(std::string_view path) const;
    bool is_true(std::string_view path) const;
};

base::Result<Setting> settings_from_yaml(std::string_view text);
base::Result<Setting> settings_from_toml(std::string_view text);
/// "--a.b=c", "--a.b c", "--a.b"; anything else is passed over.
Setting settings_from_arguments(const std::vector<std::string>& arguments);

/// What is named below certificatesResolvers; one of no kind is none to Traefik.
std::vector<std::string> resolvers_of(const Setting& root);

}  // namespace gatefile::traefik
