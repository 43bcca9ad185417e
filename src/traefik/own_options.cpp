// SPDX-License-Identifier: Apache-2.0
#include "own_options.hpp"

#include <string_view>

#include "gatefile/base/strings.hpp"

namespace gatefile::traefik {
namespace {

constexpr std::string_view option_prefix = "gatefile.dev/";

std::vector<std::string> words(std::string_view list) {
    std::vector<std::string> out;
    for (const std::string_view word : base::split(list, ',')) {
        const std::string_view trimmed = base::trim(word);
        if (!trimmed.empty()) out.emplace_back(trimmed);
    }
    return out;
}

/// "1.2" or "VersionTLS12"; empty for what Traefik would ignore in silence.
std::string tls_version(std::string_view text) {
    if (text == "1.2" || text == "VersionTLS12") return "VersionTLS12";
    if (text == "1.3" || text == "VersionTLS13") return "VersionTLS13";
    if (text == "1.1" || text == "VersionTLS11") return "VersionTLS11";
    if (text == "1.0" || text == "VersionTLS10") return "VersionTLS10";
    return "";
}

}  // namespace

OwnOptions own_options(const std::vector<std::pair<std::string, std::string>>& options) {
    OwnOptions out;
    for (const auto& [key, value] : options) {
        const std::string_view name = std::string_view(key).substr(option_prefix.size());
        if (name == "cert-resolver") {
            out.cert_resolver = value;
            continue;
        }
        out.any = true;
        if (name == "min-version") out.options.min_version = tls_version(value);
        if (name == "max-version") out.options.max_version = tls_version(value);
        if (name == "cipher-suites") out.options.cipher_suites = words(value);
        if (name == "curves") out.options.curves = words(value);
    }
    return out;
}

OwnOptions own_options(const ir::Tls& tls) {
    OwnOptions out = own_options(tls.options);
    if (const auto& clients = tls.client_validation) {
        out.any = true;
        out.options.client_auth = {.ca_pem = clients->ca_pem,
                                   .required = !clients->insecure_fallback};
    }
    return out;
}

}  // namespace gatefile::traefik
