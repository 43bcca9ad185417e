// SPDX-License-Identifier: Apache-2.0
//
// Names for people in place of ours, in a configuration that leaves gatefile: short, unique, and
// the same wherever an element is referred to.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

/// "shop-cart-rule-1" for "httproute_shop_cart_r0_m0_web_~any_a.example"; what ranks a UDP router
/// stays in front.
std::string plain_name(std::string_view name);

/// The new names of one section: plain_name(), with a number behind it where that is taken.
class PlainNames {
public:
    PlainNames() = default;
    /// A section is a map of elements by name; null: none.
    explicit PlainNames(const tree::Node* section);

    /// A name that no element has stays as it is.
    std::string_view operator()(std::string_view name) const;

private:
    std::map<std::string, std::string, std::less<>> names_;
};

/// The sections that routers, services and middlewares refer to. Not those of TLS options: by their
/// names Traefik tells whether two routers agree on a host, and these have to agree with ours.
struct PlainSections {
    PlainNames routers, services, middlewares, transports;
};

/// An element with the names in it changed; `section` is "routers", "services" or "middlewares",
/// others stay as they are.
tree::Node with_plain_names(const tree::Node& element,
                            std::string_view section,
                            const PlainSections& names,
                            tree::Arena& arena);

}  // namespace gatefile::traefik
