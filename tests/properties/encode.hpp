// SPDX-License-Identifier: Apache-2.0
//
// Generated objects in the words of a manifest.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "cluster.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::properties {

tree::Value text(std::string_view value);
tree::Value number(std::int64_t value);
tree::Value map(std::initializer_list<std::pair<std::string_view, tree::Value>> fields);

template <typename Items, typename Encode>
tree::Value list(const Items& items, Encode encode) {
    tree::Value::List out;
    for (const auto& item : items)
        out.push_back(encode(item));
    return {.data = std::move(out)};
}

/// With kind, name and namespace, and no more.
tree::Value
object(std::string_view version, std::string_view kind, std::string_view ns, std::string_view name);

/// Of the kinds that are generated.
tree::Value encode(const api::HttpFilter& filter);
tree::Value encode(const api::HttpRoute& route);
tree::Value encode(const api::GrpcRoute& route);
tree::Value encode(const api::TlsRoute& route);

}  // namespace gatefile::properties
