// SPDX-License-Identifier: Apache-2.0
//
// A URL as logs, status and messages may have it.
#pragma once

#include <string>
#include <string_view>

namespace gatefile::agent {

/// Without user and password.
inline std::string shown_url(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t end = url.find('/', host);
    const std::size_t at = url.substr(0, end).rfind('@');
    if (at == std::string_view::npos || at < host) return std::string(url);
    return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

}  // namespace gatefile::agent
