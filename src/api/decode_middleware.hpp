// SPDX-License-Identifier: Apache-2.0
//
// The parts of a Middleware that no table of fields describes.
#pragma once

#include <span>
#include <string_view>

#include "cursor.hpp"
#include "gatefile/api/traefik_middleware.hpp"
#include "middleware_fields.hpp"

namespace gatefile::api {

/// The settings of `plugin`, which has one entry: any JSON, in which `urn:k8s:secret:NAME:KEY`
/// stands for what is in a Secret.
tree::Value decode_plugin(const Cursor& plugin, Middleware& middleware);

/// What the table has; others in the same map are left to the caller. No references are in it.
tree::Value decode_known_fields(const Cursor& at, std::span<const MiddlewareField> fields);

/// What fields mean together; Traefik refuses all that is reported here.
void check_together(const Cursor& at, std::string_view type, const tree::Value& settings);

}  // namespace gatefile::api
