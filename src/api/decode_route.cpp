// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

namespace gatefile::api {

namespace {

ParentRef decode_parent_ref(const Cursor& at) {
    return {.group = at.optional_text("group").value_or("gateway.networking.k8s.io"),
            .kind = at.optional_text("kind").value_or("Gateway"),
            .ns = at.optional_text("namespace"),
            .name = at.text("name"),
            .section_name = at.optional_text("sectionName"),
            .port = at.port("port")};
}

StreamBackendRef decode_stream_backend_ref(const Cursor& at) {
    return {.ref = decode_backend_object_reference(at),
            .weight = at.optional_int("weight").value_or(1)};
}

StreamRule decode_stream_rule(const Cursor& at) {
    return {.name = at.optional_text("name"),
            .backend_refs = at.list("backendRefs", decode_stream_backend_ref)};
}

template <typename Kind>
Kind decode_stream_route(const Cursor& object, Meta meta, RouteKind kind) {
    Kind decoded;
    decoded.kind = kind;
    decoded.meta = std::move(meta);
    object.object("spec", [&decoded](const Cursor& spec) {
        decode_route(spec, decoded);
        decoded.rules = spec.list("rules", decode_stream_rule);
        return true;
    });
    return decoded;
}

}  // namespace

std::string_view name_of(RouteKind kind) {
    switch (kind) {
    case RouteKind::Http:
        return "HTTPRoute";
    case RouteKind::Grpc:
        return "GRPCRoute";
    case RouteKind::Tls:
        return "TLSRoute";
    case RouteKind::Tcp:
        return "TCPRoute";
    case RouteKind::Udp:
        return "UDPRoute";
    }
    return "";
}

BackendObjectReference decode_backend_object_reference(const Cursor& at) {
    return {.group = at.text("group"),
            .kind = at.optional_text("kind").value_or("Service"),
            .name = at.text("name"),
            .ns = at.optional_text("namespace"),
            .port = at.port("port")};
}

void decode_route(const Cursor& spec, Route& route) {
    route.parent_refs = spec.list("parentRefs", decode_parent_ref);
    route.hostnames = spec.texts("hostnames");
    route.use_default_gateways = spec.optional_text("useDefaultGateways");
}

TlsRoute decode_tls_route(const Cursor& object, Meta meta) {
    return decode_stream_route<TlsRoute>(object, std::move(meta), RouteKind::Tls);
}

TcpRoute decode_tcp_route(const Cursor& object, Meta meta) {
    return decode_stream_route<TcpRoute>(object, std::move(meta), RouteKind::Tcp);
}

UdpRoute decode_udp_route(const Cursor& object, Meta meta) {
    return decode_stream_route<UdpRoute>(object, std::move(meta), RouteKind::Udp);
}

}  // namespace gatefile::api
