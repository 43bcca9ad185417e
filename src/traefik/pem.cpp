// SPDX-License-Identifier: Apache-2.0
#include "pem.hpp"

namespace gatefile::traefik {

std::string pem_blocks(std::string_view text) {
    constexpr std::string_view begin = "-----BEGIN ";
    constexpr std::string_view end = "-----END ";
    constexpr std::string_view dashes = "-----";
    std::string out;
    for (std::size_t at = text.find(begin); at != std::string_view::npos;
         at = text.find(begin, at)) {
        const std::size_t footer = text.find(end, at);
        if (footer == std::string_view::npos) break;
        std::size_t stop = text.find(dashes, footer + end.size());
        if (stop == std::string_view::npos) break;
        stop += dashes.size();
        for (const char c : text.substr(at, stop - at)) {
            if (c == '\n' || (c >= ' ' && c <= '~')) out += c;
        }
        out += '\n';
        at = stop;
    }
    return out;
}

}  // namespace gatefile::traefik
