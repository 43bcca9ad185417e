// SPDX-License-Identifier: Apache-2.0
#include "path_form.hpp"

#include <vector>

#include "gatefile/base/strings.hpp"
#include "gatefile/ir/match.hpp"

namespace gatefile::ir {
namespace {

constexpr std::string_view reserved_characters = ":/?#[]@!$&'()*+,;=%";

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

void append_encoded(std::string& out, unsigned byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

}  // namespace

std::string comparable_path(std::string_view written) {
    if (written.find('%') == std::string_view::npos) return std::string(written);
    std::string out;
    out.reserve(written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
        const int high =
            written[i] == '%' && i + 2 < written.size() ? hex_value(written[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(written[i + 2]) : -1;
        if (low < 0) {
            out += written[i];
            continue;
        }
        const auto byte = static_cast<unsigned>(high * 16 + low);
        if (reserved_characters.find(static_cast<char>(byte)) != std::string_view::npos) {
            append_encoded(out, byte);
        } else {
            out += static_cast<char>(byte);
        }
        i += 2;
    }
    return out;
}

std::string routing_path(std::string_view sent) {
    const std::string comparable = comparable_path(sent);
    std::vector<std::string_view> kept;
    for (const std::string_view segment : base::split(comparable, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment != "..") {
            kept.push_back(segment);
        } else if (!kept.empty()) {
            kept.pop_back();
        }
    }
    std::string out;
    out.reserve(comparable.size() + 1);
    for (const std::string_view segment : kept) {
        out += '/';
        out += segment;
    }
    if (out.empty() || comparable.ends_with('/')) out += '/';
    return out;
}

std::string_view comparable_prefix(std::string_view comparable) {
    while (comparable.size() > 1 && comparable.ends_with('/'))
        comparable.remove_suffix(1);
    return comparable;
}

}  // namespace gatefile::ir
