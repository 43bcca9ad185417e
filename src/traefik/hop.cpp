// SPDX-License-Identifier: Apache-2.0
#include "hop.hpp"

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "names.hpp"
#include "rule.hpp"

namespace gatefile::traefik {

namespace {

constexpr std::string_view mark_header = "X-Gatefile-Hop";

}  // namespace

Hop render_hop(Draft& draft, const std::string& owner, const std::string& inner) {
    const InnerEntryPoint& entry_point = *draft.settings.inner;
    // Of its own for each rule, so that no client's header leads into another one.
    const std::string mark = base::sha256_hex(entry_point.secret + "\n" + owner).substr(0, 32);
    Hop hop{.url = "http://" + entry_point.address,
            .mark = with_part(owner, "mark"),
            .strip_mark = with_part(owner, "unmark")};
    draft.dynamic.middlewares.push_back(
        {hop.mark, HeadersMiddleware{.request = {{std::string(mark_header), mark}}}});
    draft.dynamic.middlewares.push_back(
        {hop.strip_mark, HeadersMiddleware{.request = {{std::string(mark_header), ""}}}});
    draft.dynamic.routers.push_back({.name = with_part(owner, "hop"),
                                     .rule = call("Header", mark_header, mark).text(),
                                     .priority = ++draft.hops,
                                     .entry_points = {entry_point.name},
                                     .service = inner});
    return hop;
}

}  // namespace gatefile::traefik
