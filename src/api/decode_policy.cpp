// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

namespace gatefile::api {

namespace {

BackendTlsPolicy::Target decode_target(const Cursor& at) {
    return {.group = at.text("group"),
            .kind = at.text("kind"),
            .name = at.text("name"),
            .section_name = at.optional_text("sectionName")};
}

BackendTlsPolicy::SubjectAltName decode_subject_alt_name(const Cursor& at) {
    const std::string type = at.text("type");
    return {.type = type, .value = at.text(type == "URI" ? "uri" : "hostname")};
}

ObjectReference decode_local_reference(const Cursor& at) {
    return {.group = at.text("group"), .kind = at.text("kind"), .name = at.text("name"), .ns = {}};
}

}  // namespace

BackendTlsPolicy decode_backend_tls_policy(const Cursor& object, Meta meta) {
    BackendTlsPolicy decoded{.meta = std::move(meta)};
    object.object("spec", [&decoded](const Cursor& spec) {
        decoded.targets = spec.list("targetRefs", decode_target);
        decoded.options = spec.text_map("options");
        spec.object("validation", [&decoded](const Cursor& validation) {
            decoded.hostname = validation.text("hostname");
            decoded.ca_certificate_refs =
                validation.list("caCertificateRefs", decode_local_reference);
            decoded.well_known_ca_certificates =
                validation.optional_text("wellKnownCACertificates");
            decoded.subject_alt_names = validation.list("subjectAltNames", decode_subject_alt_name);
            return true;
        });
        return true;
    });
    return decoded;
}

ClusterTrustBundle decode_cluster_trust_bundle(const Cursor& object, Meta meta) {
    ClusterTrustBundle decoded{.meta = std::move(meta)};
    object.object("spec", [&decoded](const Cursor& spec) {
        decoded.trust_bundle = spec.text("trustBundle");
        return true;
    });
    return decoded;
}

}  // namespace gatefile::api
