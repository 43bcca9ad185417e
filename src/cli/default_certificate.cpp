// SPDX-License-Identifier: Apache-2.0
#include "default_certificate.hpp"

#include <string>

#include "gatefile/base/x509.hpp"
#include "gatefile/publish/directory.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

constexpr std::int64_t day = 24 * 3600;
constexpr std::int64_t lifetime = 3650 * day;
/// One that ends sooner is made anew.
constexpr std::int64_t rest = 30 * day;

bool is_usable(const std::string& pem, base::Timestamp now) {
    const auto leaf = base::parse_certificate_chain(pem);
    return leaf && base::check_key_pair(pem, pem) && leaf->not_before.seconds <= now.seconds &&
           leaf->not_after.seconds > now.seconds + rest;
}

base::Result<std::string> own_certificate(const Options& options, base::Timestamp now) {
    if (options.out.empty() || options.out == "-") {
        return usage("--default-certificate", "own", "--out DIR, where it is kept, is wanted");
    }
    return publish::kept_beside(
        options.out,
        "default-certificate",
        [now](const std::string& pem) { return is_usable(pem, now); },
        [now] {
            // A clock that is a little behind must not find it invalid.
            return base::make_self_signed(
                "gatefile default certificate", {now.seconds - day}, {now.seconds + lifetime});
        });
}

base::Result<std::string> certificate_of_file(const std::string& path) {
    auto text = read_whole_file(path);
    if (!text) return text;
    if (auto pair = base::check_key_pair(*text, *text); !pair) {
        return pair.error().within("--default-certificate " + path);
    }
    return text;
}

}  // namespace

base::Result<std::optional<traefik::Certificate>> default_certificate(const Options& options,
                                                                      base::Timestamp now) {
    const std::string& where = options.default_certificate;
    if (where.empty()) return std::optional<traefik::Certificate>();
    auto pem = where == "own" ? own_certificate(options, now) : certificate_of_file(where);
    if (!pem) return pem.error();
    return std::optional<traefik::Certificate>({*pem, base::SecretBytes(*pem), true});
}

}  // namespace gatefile::cli
