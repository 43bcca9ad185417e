// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes' syntaxes of names (k8s.io/apimachinery, util/validation): whether a text has one, and
// the server's words when it has not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatefile::api::schema {

bool is_dns1123_label(std::string_view text);
bool is_dns1123_subdomain(std::string_view text);
bool is_qualified_name(std::string_view text);  ///< a label's key
bool is_label_value(std::string_view text);
bool is_config_map_key(std::string_view text);

/// Empty when the text is valid.
using Reasons = std::vector<std::string>;
Reasons dns1123_label_reasons(std::string_view text);
Reasons dns1123_subdomain_reasons(std::string_view text);
Reasons qualified_name_reasons(std::string_view text);
Reasons label_value_reasons(std::string_view text);
Reasons config_map_key_reasons(std::string_view text);

}  // namespace gatefile::api::schema
