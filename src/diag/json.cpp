// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <iterator>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "printable.hpp"

namespace gatefile::diag {
namespace {

void append_utf8(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::size_t misleading = length_of_misleading(text.substr(i));
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (misleading == 0) {
            out += c;
        } else if (misleading == 3) {
            const auto low = static_cast<unsigned char>(text[i + 2]) & 0x3FU;
            const auto middle = static_cast<unsigned char>(text[i + 1]) & 0x3FU;
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", 0x2000U | middle << 6 | low);
            i += 2;
        } else {
            i += misleading - 1;
            const auto value = static_cast<unsigned char>(text[i]);
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(value));
        }
    }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    out += '"';
    append_utf8(out, base::is_utf8(text) ? std::string(text) : printable(text));
    out += '"';
}

void ObjectWriter::text(std::string_view key, std::string_view value) {
    append_json(start(key), value);
}

void ObjectWriter::number(std::string_view key, std::size_t value) {
    start(key) += std::to_string(value);
}

std::string& ObjectWriter::start(std::string_view key) {
    if (!first_) out_ += ", ";
    first_ = false;
    append_json(out_, key);
    out_ += ": ";
    return out_;
}

}  // namespace gatefile::diag
