// SPDX-License-Identifier: Apache-2.0
#include "path_form.hpp"

#include <vector>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/url_path.hpp"
#include "gatefile/ir/match.hpp"

namespace gatefile::ir {
namespace {

constexpr std::string_view reserved_characters = ":/?#[]@!$&'()*+,;=%";

}  // namespace

std::string comparable_path(std::string_view written) {
    if (written.find('%') == std::string_view::npos) return std::string(written);
    std::string out;
    out.reserve(written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
        const int escaped = base::escaped_byte(written.substr(i));
        if (escaped < 0) {
            out += written[i];
            continue;
        }
        const char byte = static_cast<char>(escaped);
        if (reserved_characters.find(byte) != std::string_view::npos) {
            base::append_escape(out, byte);
        } else {
            out += byte;
        }
        i += 2;
    }
    return out;
}

std::string resolved_path(std::string_view path) {
    std::vector<std::string_view> kept;
    for (const std::string_view segment : base::split(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment != "..") {
            kept.push_back(segment);
        } else if (!kept.empty()) {
            kept.pop_back();
        }
    }
    std::string out;
    out.reserve(path.size() + 1);
    for (const std::string_view segment : kept)
        out.append("/").append(segment);
    if (out.empty() || path.ends_with('/')) out += '/';
    return out;
}

std::string routing_path(std::string_view sent) {
    return resolved_path(comparable_path(base::sent_on(sent)));
}

std::string_view comparable_prefix(std::string_view comparable) {
    while (comparable.size() > 1 && comparable.ends_with('/'))
        comparable.remove_suffix(1);
    return comparable;
}

}  // namespace gatefile::ir
