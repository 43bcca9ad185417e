// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "check/http_builder.hpp"

namespace gatefile::traefik::check {
namespace {

bool is_hex(char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

bool has_bad_escape(std::string_view text) {
    for (std::size_t at = text.find('%'); at != std::string_view::npos;
         at = text.find('%', at + 1)) {
        if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return true;
    }
    return false;
}

/// What is between the slashes and the path.
std::string authority_fault(std::string_view authority) {
    const std::size_t user = authority.rfind('@');
    constexpr std::string_view marks = "-._:~!$&'()*+,;=%@";
    if (user != std::string_view::npos &&
        !std::ranges::all_of(authority.substr(0, user), [&](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                   marks.find(c) != std::string_view::npos;
        }))
        return "its user has a character that has to be escaped";
    std::string_view host = user == std::string_view::npos ? authority : authority.substr(user + 1);
    std::string_view port;
    if (host.starts_with('[')) {
        const std::size_t close = host.rfind(']');
        if (close == std::string_view::npos) return "a \"]\" is missing";
        port = host.substr(close + 1);
    } else if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos) {
        port = host.substr(colon);
        host = host.substr(0, colon);
    }
    const bool is_port =
        port.empty() || (port[0] == ':' && std::ranges::all_of(port.substr(1), [](char c) {
                             return std::isdigit(static_cast<unsigned char>(c)) != 0;
                         }));
    if (!is_port) return "its port is no number";
    if (host.find_first_of(" \\^`{}|") != std::string_view::npos)
        return "its host has a character that no host has";
    return "";
}

}  // namespace

std::string url_fault(std::string_view url) {
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (std::ranges::any_of(url, is_control)) return "it has a control character";
    url = url.substr(0, url.find('#'));
    if (url == "*" || url.empty()) return "";
    std::string_view rest = url;
    const bool begins_as_scheme = std::isalpha(static_cast<unsigned char>(url[0])) != 0;
    const auto ends_scheme = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.';
    };
    const auto end = std::ranges::find_if(url, ends_scheme);
    const bool has_scheme = begins_as_scheme && end != url.end() && *end == ':';
    if (url[0] == ':') return "its scheme is missing";
    if (has_scheme) rest = url.substr(static_cast<std::size_t>(end - url.begin()) + 1);
    rest = rest.substr(0, rest.find('?'));
    if (!rest.starts_with('/')) {
        if (has_scheme) return "";
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment.find(':') != std::string_view::npos) return "its scheme is missing";
        return has_bad_escape(rest) ? "a % is not followed by two hexadecimal digits" : "";
    }
    if (rest.starts_with("//") && (has_scheme || !rest.starts_with("///"))) {
        const std::size_t slash = rest.find('/', 2);
        const std::string_view authority =
            rest.substr(2, slash == std::string_view::npos ? slash : slash - 2);
        if (std::string why = authority_fault(authority); !why.empty()) return why;
        rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    }
    return has_bad_escape(rest) ? "a % is not followed by two hexadecimal digits" : "";
}

}  // namespace gatefile::traefik::check
