// SPDX-License-Identifier: Apache-2.0
//
// Checked and defaulted nodes to structs, one function per kind; see cursor.hpp for what happens to
// wrong values. Defaults that a struct has as its initialisers are not repeated here.
#pragma once

#include "cursor.hpp"
#include "gatefile/api/core.hpp"
#include "gatefile/api/gateway.hpp"
#include "gatefile/api/grpc_route.hpp"
#include "gatefile/api/http_route.hpp"
#include "gatefile/api/meta.hpp"
#include "gatefile/api/policy.hpp"
#include "gatefile/api/route.hpp"
#include "gatefile/api/traefik_middleware.hpp"
#include "gatefile/api/traefik_service.hpp"

namespace gatefile::api {

/// Without `ns` and `origin`, which depend on more than the object.
Meta decode_meta(const Cursor& object);

GatewayClass decode_gateway_class(const Cursor& object, Meta meta);
Gateway decode_gateway(const Cursor& object, Meta meta);
ListenerSet decode_listener_set(const Cursor& object, Meta meta);
HttpRoute decode_http_route(const Cursor& object, Meta meta);
GrpcRoute decode_grpc_route(const Cursor& object, Meta meta);
TlsRoute decode_tls_route(const Cursor& object, Meta meta);
TcpRoute decode_tcp_route(const Cursor& object, Meta meta);
UdpRoute decode_udp_route(const Cursor& object, Meta meta);
BackendTlsPolicy decode_backend_tls_policy(const Cursor& object, Meta meta);
ReferenceGrant decode_reference_grant(const Cursor& object, Meta meta);
Namespace decode_namespace(const Cursor& object, Meta meta);
Service decode_service(const Cursor& object, Meta meta);
EndpointSlice decode_endpoint_slice(const Cursor& object, Meta meta);
Secret decode_secret(const Cursor& object, Meta meta);
ConfigMap decode_config_map(const Cursor& object, Meta meta);
ClusterTrustBundle decode_cluster_trust_bundle(const Cursor& object, Meta meta);
Middleware decode_middleware(const Cursor& object, Meta meta);
TraefikService decode_traefik_service(const Cursor& object, Meta meta);

/// What all routes have; `spec` is at the route's spec.
void decode_route(const Cursor& spec, Route& route);

/// The filters of a rule or of a backendRef (decode_http_filter.cpp).
HttpFilter decode_http_filter(const Cursor& filter);
BackendObjectReference decode_backend_object_reference(const Cursor& reference);
ValueMatch decode_value_match(const Cursor& match);
HttpBackendRef decode_http_backend_ref(const Cursor& reference);
SessionPersistence decode_session_persistence(const Cursor& persistence);

}  // namespace gatefile::api
