// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <utility>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik {
namespace {

constexpr std::size_t longest_name = 200;
constexpr std::size_t hash_digits = 32;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

void append_part(std::string& name, std::string_view part) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (part.empty()) name += "~any";  // no escape: n is no hexadecimal digit
    if (part.starts_with("*.")) {
        name += '~';  // a dot follows, which no escape has
        part.remove_prefix(1);
    }
    while (!part.empty()) {
        const auto escaped = std::ranges::find_if_not(part, is_plain);
        name.append(part.begin(), escaped);
        if (escaped == part.end()) return;
        const auto byte = static_cast<unsigned char>(*escaped);
        name += '~';
        name += digits[byte >> 4U];
        name += digits[byte & 15U];
        part = {escaped + 1, part.end()};
    }
}

}  // namespace

std::string shortened(std::string name) {
    if (name.size() <= longest_name) return name;
    std::string hash = base::sha256_hex(name).substr(0, hash_digits);
    name.resize(longest_name - hash_digits - 2);
    return name + "~~" + hash;
}

std::string make_name(std::initializer_list<std::string_view> parts) {
    std::string name;
    std::size_t size = 0;
    for (const std::string_view part : parts)
        size += part.size() + 1;
    name.reserve(size);
    bool first = true;
    for (const std::string_view part : parts) {
        if (!first) name += '_';
        first = false;
        append_part(name, part);
    }
    return shortened(std::move(name));
}

std::string with_part(std::string_view name, std::string_view part) {
    std::string longer(name);
    longer += '_';
    append_part(longer, part);
    return shortened(std::move(longer));
}

std::string rule_name(const ir::RouteId& route, const ir::Rule& rule) {
    const std::string kind = base::to_lower(route.kind);
    const std::string index = "r" + std::to_string(rule.index);
    if (rule.variant.empty()) return make_name({kind, route.ns, route.name, index});
    return make_name({kind, route.ns, route.name, index, "v-" + rule.variant});
}

std::string place_of(std::string_view label, std::string_view hostname) {
    std::string place(label);
    place += '_';
    return place + make_name({hostname});
}

std::string leaf_name(std::string_view rule, std::size_t match, std::string_view place) {
    const std::string number = std::to_string(match);
    std::string name;
    name.reserve(rule.size() + number.size() + place.size() + 3);
    name += rule;
    name += "_m";
    name += number;
    name += '_';
    name += place;
    return shortened(std::move(name));
}

std::string listener_label(const ir::Config& config, const ir::Listener& listener) {
    const bool both =
        listener.tls && std::ranges::any_of(config.listeners, [&](const ir::Listener& other) {
            return !other.tls && other.entry_point == listener.entry_point;
        });
    return both ? make_name({listener.entry_point, listener.hostname, "tls"})
                : make_name({listener.entry_point, listener.hostname});
}

std::string stream_name(const ir::RouteId& route) {
    return make_name({base::to_lower(route.kind), route.ns, route.name, "r0"});
}

std::string stream_router_name(const ir::RouteId& route,
                               std::string_view entry_point,
                               std::string_view hostname) {
    std::string name = with_part(stream_name(route), entry_point);
    return hostname.empty() ? name : with_part(name, hostname);
}

}  // namespace gatefile::traefik
