// SPDX-License-Identifier: Apache-2.0
//
// What Traefik 3.7 knows of each type of middleware: fields, types, limits, defaults. Written by
// hand after its documentation; the order is that of the output.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gatefile/api/traefik_middleware.hpp"

namespace gatefile::api {

enum class Shape : std::uint8_t {
    Text,
    Flag,
    Integer,
    Duration,  ///< a number of seconds, or Go's "1m30s"
    Texts,
    TextMap,
    CodeMap,  ///< HTTP status codes or ranges of them to a code
    Object,
    Secret,   ///< the name of one; leaves the settings, see Middleware::secrets
    Chain,    ///< see Middleware::chain
    Service,  ///< see Middleware::service
};

/// What a text has to be, each one of a list.
enum class TextCheck : std::uint8_t {
    None,
    Regex,
    Address,  ///< an IP address or a CIDR
    Codes,    ///< "500", "500-599"
    HeaderName,
    Path,  ///< begins with a slash
    Url,
    MediaType,
    Encoding,
    BreakerExpression,
    RetryExpression,
    RejectCode,  ///< of a number: a status that has a name
    SameSite,    ///< of a cookie
    CookieName,
    CookieText,  ///< what may stand in a Set-Cookie header
    Strategy,    ///< of a load balancer
};

struct MiddlewareField {
    std::string_view name;
    Shape shape = Shape::Text;
    TextCheck check = TextCheck::None;
    bool required = false;
    std::string_view fallback = {};  ///< items of a list are separated by spaces
    std::int64_t least = 0;
    std::int64_t most = 0;
    Middleware::SecretUse use{};
    std::span<const MiddlewareField> fields = {};
};

struct MiddlewareType {
    std::string_view name;
    std::span<const MiddlewareField> fields;
};

/// Null for what is no type of middleware; `plugin` is none of these.
const MiddlewareType* find_middleware_type(std::string_view name);

}  // namespace gatefile::api
