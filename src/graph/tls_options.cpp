// SPDX-License-Identifier: Apache-2.0
#include "tls_options.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

constexpr std::string_view min_version_option = "gatefile.dev/min-version";
constexpr std::string_view max_version_option = "gatefile.dev/max-version";
constexpr std::string_view cipher_suites_option = "gatefile.dev/cipher-suites";
constexpr std::string_view curves_option = "gatefile.dev/curves";

struct Version {
    std::string_view number;
    std::string_view name;
};

// Ascending. Names here and below are those of Go's crypto/tls.
constexpr std::array<Version, 4> versions = {{
    {"1.0", "VersionTLS10"},
    {"1.1", "VersionTLS11"},
    {"1.2", "VersionTLS12"},
    {"1.3", "VersionTLS13"},
}};

constexpr std::array<std::string_view, 5> curves = {
    "CurveP256", "CurveP384", "CurveP521", "X25519", "X25519MLKEM768"};

constexpr std::array<std::string_view, 24> cipher_suites = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
};

/// The place among the versions; their number when it is none of them.
std::size_t rank(std::string_view text) {
    const auto found = std::find_if(versions.begin(), versions.end(), [&](const Version& version) {
        return version.number == text || version.name == text;
    });
    return static_cast<std::size_t>(found - versions.begin());
}

std::optional<std::string> version_fault(std::string_view value) {
    if (rank(value) < versions.size()) return std::nullopt;
    return fmt::format("{} is no TLS version; known are 1.0, 1.1, 1.2 and 1.3",
                       base::quote_for_message(value));
}

std::optional<std::string>
list_fault(std::string_view value, std::span<const std::string_view> known, std::string_view what) {
    for (const std::string_view item : base::split(value, ',')) {
        const std::string_view name = base::trim(item);
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const std::string_view near = base::nearest(name, known);
        return fmt::format("{} is no known {}{}",
                           base::quote_for_message(name),
                           what,
                           near.empty() ? "" : fmt::format("; did you mean {}?", near));
    }
    return std::nullopt;
}

std::optional<std::string> resolver_fault(std::string_view value) {
    const bool good = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    if (good) return std::nullopt;
    return fmt::format("{} is no name of a certificate resolver", base::quote_for_message(value));
}

}  // namespace

std::optional<std::string>
option_fault(std::string_view key, std::string_view value, OptionsOf whose) {
    constexpr std::array known = {min_version_option,
                                  max_version_option,
                                  cipher_suites_option,
                                  curves_option,
                                  cert_resolver_option};
    constexpr std::size_t of_backends = 3;
    if (key == min_version_option || key == max_version_option) return version_fault(value);
    if (key == cipher_suites_option) return list_fault(value, cipher_suites, "cipher suite");
    const bool is_listener = whose == OptionsOf::Listener;
    if (is_listener && key == curves_option) return list_fault(value, curves, "curve");
    if (is_listener && key == cert_resolver_option) return resolver_fault(value);
    const std::string_view near =
        base::nearest(key, std::span(known).first(is_listener ? known.size() : of_backends));
    return fmt::format("the option {} is not known{}",
                       base::quote_for_message(key),
                       near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

std::optional<std::string> options_fault(const api::StringMap& options) {
    const std::string* lowest = api::find(options, min_version_option);
    const std::string* highest = api::find(options, max_version_option);
    // What Traefik does without min-version.
    constexpr std::string_view usual = "1.2";
    const std::string_view low = lowest ? *lowest : usual;
    if (!highest || rank(low) <= rank(*highest)) return std::nullopt;
    return fmt::format("the lowest TLS version, {}{}, is above the highest, {}",
                       base::quote_for_message(low),
                       lowest ? "" : " without a min-version",
                       base::quote_for_message(*highest));
}

}  // namespace gatefile::graph
