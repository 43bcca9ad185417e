// SPDX-License-Identifier: Apache-2.0
#include "addresses.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

using Ipv6Bytes = std::array<std::uint8_t, 16>;

/// An IPv4 address comes as ::ffff:a.b.c.d.
std::optional<Ipv6Bytes> parse_ip(std::string_view text) {
    if (text.size() > 45 || text.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string terminated(text);
    Ipv6Bytes bytes{};
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
    bytes[10] = bytes[11] = 0xFF;
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + 12) == 1) return bytes;
    return std::nullopt;
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
        return false;
    }
    return std::all_of(label.begin(), label.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

bool is_local_ipv4(const std::uint8_t* a) {
    return a[0] == 0 || a[0] == 127 || (a[0] == 169 && a[1] == 254) || a[0] >= 224;
}

}  // namespace

bool is_ip_address(std::string_view text) {
    return parse_ip(text).has_value();
}

bool is_dns_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty() || text.size() > 253) return false;
    std::string_view last;
    for (const std::string_view label : base::split(text, '.')) {
        if (!is_label(label)) return false;
        last = label;
    }
    // As resolvers see it, a last label of digits makes an address of it ("127.1", "0x7f.1").
    return !(last.front() >= '0' && last.front() <= '9');
}

bool is_local_address(std::string_view text) {
    const std::optional<Ipv6Bytes> ip = parse_ip(text);
    if (!ip) {
        if (text.ends_with('.')) text.remove_suffix(1);
        const std::string name = base::to_lower(text);
        return name == "localhost" || name.ends_with(".localhost");
    }
    const Ipv6Bytes& b = *ip;
    const bool zero_prefix = std::all_of(b.begin(), b.begin() + 10, [](auto x) { return x == 0; });
    if (zero_prefix && b[10] == 0xFF && b[11] == 0xFF) return is_local_ipv4(b.data() + 12);
    // ::, ::1 and the deprecated IPv4-compatible addresses.
    if (zero_prefix && b[10] == 0 && b[11] == 0) return is_local_ipv4(b.data() + 12);
    return (b[0] == 0xFE && (b[1] & 0xC0) == 0x80) || b[0] == 0xFF;
}

bool same_address(std::string_view a, std::string_view b) {
    if (base::equals_ignoring_case(a, b)) return true;
    const std::optional<Ipv6Bytes> left = parse_ip(a);
    return left && left == parse_ip(b);
}

}  // namespace gatefile::graph
