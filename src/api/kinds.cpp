// SPDX-License-Identifier: Apache-2.0
#include "kinds.hpp"

#include "decode.hpp"

namespace gatefile::api {

namespace {

template <auto Decode, auto Objects>
void decode_into(const Cursor& object, Meta meta, Snapshot& into) {
    auto decoded = Decode(object, std::move(meta));
    if (!object.refused()) (into.*Objects).push_back(std::move(decoded));
}

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";

constexpr KindRow rows[] = {
    {gateway_group, "GatewayClass", decode_into<decode_gateway_class, &Snapshot::gateway_classes>},
    {gateway_group, "Gateway", decode_into<decode_gateway, &Snapshot::gateways>},
    {gateway_group, "HTTPRoute", decode_into<decode_http_route, &Snapshot::http_routes>},
    {gateway_group,
     "ReferenceGrant",
     decode_into<decode_reference_grant, &Snapshot::reference_grants>},
    {"", "Namespace", decode_into<decode_namespace, &Snapshot::namespaces>},
    {"", "Service", decode_into<decode_service, &Snapshot::services>},
    {"discovery.k8s.io",
     "EndpointSlice",
     decode_into<decode_endpoint_slice, &Snapshot::endpoint_slices>},
    {"", "Secret", decode_into<decode_secret, &Snapshot::secrets>},
    {"", "ConfigMap", decode_into<decode_config_map, &Snapshot::config_maps>},
};

}  // namespace

const KindRow* find_row(std::string_view group, std::string_view kind) {
    const KindRow* row = find_row_by_kind(kind);
    return row != nullptr && row->group == group ? row : nullptr;
}

const KindRow* find_row_by_kind(std::string_view kind) {
    for (const KindRow& row : rows) {
        if (row.kind == kind) return &row;
    }
    return nullptr;
}

}  // namespace gatefile::api
