// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gatefile::http {

/// The file of certificate authorities for servers for which none are named: $SSL_CERT_FILE, as Go
/// and OpenSSL have it, else the system's. Empty: libcurl's own default is as good. A static program
/// runs on other systems than it was built on, and each keeps the file somewhere else.
std::string system_authorities();

}  // namespace gatefile::http
