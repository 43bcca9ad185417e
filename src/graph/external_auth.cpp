// SPDX-License-Identifier: Apache-2.0
#include "external_auth.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "header_changes.hpp"

namespace gatefile::graph {

std::vector<AuthFault> find_auth_faults(const diag::Path& at, const api::ExternalAuth& auth) {
    std::vector<AuthFault> faults;
    if (auth.protocol != "HTTP") {
        faults.push_back(
            {at / "protocol",
             "not served: Traefik's forwardAuth speaks HTTP only, not Envoy's ext_authz"});
        return faults;
    }
    const auto check = [&](const std::vector<std::string>& names, const char* field) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (is_header_name(names[i])) continue;
            faults.push_back(
                {at / "http" / field / i,
                 fmt::format("{} is no name of a header", base::quote_for_message(names[i]))});
        }
    };
    check(auth.allowed_headers, "allowedHeaders");
    check(auth.allowed_response_headers, "allowedResponseHeaders");
    return faults;
}

}  // namespace gatefile::graph
