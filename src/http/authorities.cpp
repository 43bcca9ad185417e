// SPDX-License-Identifier: Apache-2.0
#include "authorities.hpp"

#include <array>
#include <cstdlib>

#include <curl/curl.h>
#include <unistd.h>

namespace gatefile::http {

namespace {

constexpr std::array<const char*, 6> usual_files = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                   // older RHEL
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",                                  // Alpine without the package
    "/usr/share/ssl/certs/ca-bundle.crt",
};

bool is_there(const char* file) {
    return ::access(file, R_OK) == 0;
}

}  // namespace

std::string system_authorities() {
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0')
        return file;
    const curl_version_info_data* libcurl = curl_version_info(CURLVERSION_NOW);
    if (libcurl->age >= CURLVERSION_TENTH && libcurl->cainfo != nullptr && is_there(libcurl->cainfo))
        return "";
    for (const char* file : usual_files) {
        if (is_there(file)) return file;
    }
    return "";
}

}  // namespace gatefile::http
