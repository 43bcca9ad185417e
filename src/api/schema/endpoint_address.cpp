// SPDX-License-Identifier: Apache-2.0
#include "endpoint_address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace gatefile::api::schema {

namespace {

bool is_unspecified(const Address& address) {
    return std::all_of(
        address.bytes.begin(), address.bytes.end(), [](auto byte) { return byte == 0; });
}

bool is_loopback(const Address& address) {
    if (address.is_v4) return address.bytes[0] == 127;
    return address.bytes[15] == 1 && std::all_of(address.bytes.begin(),
                                                 address.bytes.end() - 1,
                                                 [](auto byte) { return byte == 0; });
}

bool is_link_local(const Address& address) {
    if (address.is_v4) return address.bytes[0] == 169 && address.bytes[1] == 254;
    return address.bytes[0] == 0xFE && (address.bytes[1] & 0xC0) == 0x80;
}

bool is_link_local_multicast(const Address& address) {
    if (address.is_v4) {
        return address.bytes[0] == 224 && address.bytes[1] == 0 && address.bytes[2] == 0;
    }
    return address.bytes[0] == 0xFF && (address.bytes[1] & 0x0F) == 0x02;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN + 1> buffer{};
    if (text.empty() || text.size() >= buffer.size() || text.find('\0') != text.npos) return {};
    text.copy(buffer.data(), text.size());
    Address address;
    address.is_v4 = inet_pton(AF_INET, buffer.data(), address.bytes.data()) == 1;
    if (!address.is_v4 && inet_pton(AF_INET6, buffer.data(), address.bytes.data()) != 1) return {};
    return address;
}

Reasons address_reasons(std::string_view text, std::string_view type) {
    if (type == "FQDN") {
        return is_dns1123_subdomain(text) ? Reasons() : dns1123_subdomain_reasons(text);
    }
    const std::optional<Address> address = parse_address(text);
    if (type == "IPv4" && (!address || !address->is_v4)) return {"must be a valid IPv4 address"};
    if (type == "IPv6" && (!address || address->is_v4)) return {"must be a valid IPv6 address"};
    if (!address) return {};
    Reasons reasons;
    if (is_unspecified(*address)) {
        reasons.emplace_back("may not be unspecified (0.0.0.0 or ::)");
    }
    if (is_loopback(*address)) {
        reasons.emplace_back("may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if (is_link_local(*address)) {
        reasons.emplace_back("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if (is_link_local_multicast(*address)) {
        reasons.emplace_back(
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
    return reasons;
}

}  // namespace gatefile::api::schema
