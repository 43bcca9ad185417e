// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

namespace gatefile::api {

namespace {

constexpr std::pair<std::string_view, FromNamespaces> from_namespaces[] = {
    {"All", FromNamespaces::All},
    {"Selector", FromNamespaces::Selector},
    {"Same", FromNamespaces::Same},
    {"None", FromNamespaces::None},
};

constexpr std::pair<std::string_view, TlsMode> tls_modes[] = {
    {"Terminate", TlsMode::Terminate},
    {"Passthrough", TlsMode::Passthrough},
};

GatewayClass::ParametersRef decode_class_parameters(const Cursor& at) {
    return {.group = at.text("group"),
            .kind = at.text("kind"),
            .name = at.text("name"),
            .ns = at.optional_text("namespace")};
}

LabelSelector::Expression decode_expression(const Cursor& at) {
    return {.key = at.text("key"), .op = at.text("operator"), .values = at.texts("values")};
}

LabelSelector decode_selector(const Cursor& at) {
    return {.match_labels = at.text_map("matchLabels"),
            .match_expressions = at.list("matchExpressions", decode_expression)};
}

RouteNamespaces decode_namespaces(const Cursor& at, FromNamespaces otherwise) {
    return {.from = at.choice<FromNamespaces>("from", from_namespaces).value_or(otherwise),
            .selector = at.object("selector", decode_selector)};
}

RouteNamespaces decode_route_namespaces(const Cursor& at) {
    return decode_namespaces(at, FromNamespaces::Same);
}

/// Which ListenerSets may attach: none unless it is said.
RouteNamespaces decode_allowed_listeners(const Cursor& at) {
    return at
        .object("namespaces",
                [](const Cursor& namespaces) {
                    return decode_namespaces(namespaces, FromNamespaces::None);
                })
        .value_or(RouteNamespaces{.from = FromNamespaces::None});
}

RouteGroupKind decode_route_group_kind(const Cursor& at) {
    return {.group = at.optional_text("group").value_or("gateway.networking.k8s.io"),
            .kind = at.text("kind")};
}

AllowedRoutes decode_allowed_routes(const Cursor& at) {
    return {.namespaces =
                at.object("namespaces", decode_route_namespaces).value_or(RouteNamespaces{}),
            .kinds = at.list("kinds", decode_route_group_kind)};
}

/// Secrets by default; where the API has no default the schema has seen to group and kind.
ObjectReference decode_secret_reference(const Cursor& at) {
    return {.group = at.text("group"),
            .kind = at.optional_text("kind").value_or("Secret"),
            .name = at.text("name"),
            .ns = at.optional_text("namespace")};
}

ObjectReference decode_object_reference(const Cursor& at) {
    return {.group = at.text("group"),
            .kind = at.text("kind"),
            .name = at.text("name"),
            .ns = at.optional_text("namespace")};
}

ListenerTls decode_listener_tls(const Cursor& at) {
    return {.mode = at.choice<TlsMode>("mode", tls_modes).value_or(TlsMode::Terminate),
            .certificate_refs = at.list("certificateRefs", decode_secret_reference),
            .options = at.text_map("options")};
}

/// The only list of filters that there is.
std::vector<HttpFilter> decode_listener_filters(const Cursor& at) {
    return at.list("requests", decode_http_filter);
}

Listener decode_listener(const Cursor& at) {
    return {.name = at.text("name"),
            .hostname = at.optional_text("hostname"),
            .port = at.port("port").value_or(0),
            .protocol = at.text("protocol"),
            .tls = at.object("tls", decode_listener_tls),
            .allowed_routes =
                at.object("allowedRoutes", decode_allowed_routes).value_or(AllowedRoutes{}),
            .filters = at.object("filters", decode_listener_filters)
                           .value_or(std::vector<HttpFilter>{})};
}

GatewayAddress decode_address(const Cursor& at) {
    return {.type = at.optional_text("type").value_or("IPAddress"),
            .value = at.optional_text("value")};
}

Gateway::Infrastructure decode_infrastructure(const Cursor& at) {
    return {.labels = at.text_map("labels"),
            .annotations = at.text_map("annotations"),
            .parameters_ref = at.object("parametersRef", decode_object_reference)};
}

FrontendValidation decode_validation(const Cursor& at) {
    return {.ca_certificate_refs = at.list("caCertificateRefs", decode_object_reference),
            .mode = at.optional_text("mode").value_or("AllowValidOnly")};
}

std::optional<FrontendValidation> decode_frontend_tls(const Cursor& at) {
    return at.object("validation", decode_validation);
}

GatewayTls::PerPort decode_per_port(const Cursor& at) {
    return {.port = at.port("port").value_or(0),
            .validation = at.object("tls", decode_frontend_tls).value_or(std::nullopt)};
}

GatewayTls decode_gateway_tls(const Cursor& at) {
    GatewayTls tls;
    at.object("backend", [&tls](const Cursor& backend) {
        tls.backend_client_certificate =
            backend.object("clientCertificateRef", decode_secret_reference);
        return true;
    });
    at.object("frontend", [&tls](const Cursor& frontend) {
        tls.frontend_default =
            frontend.object("default", decode_frontend_tls).value_or(std::nullopt);
        tls.frontend_per_port = frontend.list("perPort", decode_per_port);
        return true;
    });
    return tls;
}

ObjectReference decode_parent_gateway(const Cursor& at) {
    return {.group = at.optional_text("group").value_or("gateway.networking.k8s.io"),
            .kind = at.optional_text("kind").value_or("Gateway"),
            .name = at.text("name"),
            .ns = at.optional_text("namespace")};
}

ReferenceGrant::From decode_grant_from(const Cursor& at) {
    return {.group = at.text("group"), .kind = at.text("kind"), .ns = at.text("namespace")};
}

ReferenceGrant::To decode_grant_to(const Cursor& at) {
    return {.group = at.text("group"), .kind = at.text("kind"), .name = at.optional_text("name")};
}

}  // namespace

GatewayClass decode_gateway_class(const Cursor& object, Meta meta) {
    GatewayClass decoded{.meta = std::move(meta)};
    object.object("spec", [&decoded](const Cursor& spec) {
        decoded.controller_name = spec.text("controllerName");
        decoded.parameters_ref = spec.object("parametersRef", decode_class_parameters);
        decoded.description = spec.optional_text("description");
        return true;
    });
    return decoded;
}

Gateway decode_gateway(const Cursor& object, Meta meta) {
    Gateway decoded{.meta = std::move(meta)};
    object.object("spec", [&decoded](const Cursor& spec) {
        decoded.gateway_class_name = spec.text("gatewayClassName");
        decoded.listeners = spec.list("listeners", decode_listener);
        decoded.addresses = spec.list("addresses", decode_address);
        decoded.infrastructure = spec.object("infrastructure", decode_infrastructure);
        decoded.allowed_listeners = spec.object("allowedListeners", decode_allowed_listeners);
        decoded.tls = spec.object("tls", decode_gateway_tls);
        decoded.default_scope = spec.optional_text("defaultScope");
        return true;
    });
    object.object("status", [&decoded](const Cursor& status) {
        decoded.held_addresses = status.list("addresses", decode_address);
        return true;
    });
    return decoded;
}

ListenerSet decode_listener_set(const Cursor& object, Meta meta) {
    ListenerSet decoded{.meta = std::move(meta)};
    object.object("spec", [&decoded](const Cursor& spec) {
        decoded.parent_ref =
            spec.object("parentRef", decode_parent_gateway).value_or(ObjectReference{});
        decoded.listeners = spec.list("listeners", decode_listener);
        return true;
    });
    return decoded;
}

ReferenceGrant decode_reference_grant(const Cursor& object, Meta meta) {
    ReferenceGrant decoded{.meta = std::move(meta)};
    object.object("spec", [&decoded](const Cursor& spec) {
        decoded.from = spec.list("from", decode_grant_from);
        decoded.to = spec.list("to", decode_grant_to);
        return true;
    });
    return decoded;
}

}  // namespace gatefile::api
