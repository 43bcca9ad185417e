// SPDX-License-Identifier: Apache-2.0
#include "metadata.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "names.hpp"

namespace gatefile::api::schema {

namespace {

using diag::Code;

constexpr std::size_t annotations_limit = 256 * 1024;

void report(const Reasons& reasons, const tree::Node& value, const Link& at, Faults& faults) {
    for (const std::string& reason : reasons) {
        faults.add(Code::InvalidValue, at, invalid(value, reason));
    }
}

const tree::Node* find_string(const tree::Node& map, std::string_view key) {
    const tree::Node* found = map.find(key);
    return found && found->is_string() ? found : nullptr;
}

/// Services may begin with a digit since Kubernetes 1.34.
bool is_label_kind(const KnownKind& kind) {
    return kind.group.empty() && (kind.kind == "Service" || kind.kind == "Namespace");
}

Reasons name_reasons(std::string_view name, const KnownKind& kind) {
    if (is_label_kind(kind)) return dns1123_label_reasons(name);
    return dns1123_subdomain_reasons(name);
}

/// A ClusterTrustBundle is named after its signer, with colons for slashes.
bool is_trust_bundle_name(std::string_view name) {
    const auto parts = base::split(name, ':');
    return std::all_of(parts.begin(), parts.end(), is_dns1123_subdomain);
}

bool is_name_of(std::string_view name, const KnownKind& kind) {
    if (kind.kind == "ClusterTrustBundle") return is_trust_bundle_name(name);
    if (is_label_kind(kind)) return is_dns1123_label(name);
    return is_dns1123_subdomain(name);
}

void check_name(const tree::Node& metadata, const KnownKind& kind, const Link& at, Faults& faults) {
    const tree::Node* name = find_string(metadata, "name");
    if (!name || name->as_string().empty()) {
        const tree::Node* generated = find_string(metadata, "generateName");
        faults.add_blocking(
            Code::MissingField,
            at / "name",
            required("name or generateName is required"),
            generated ? "only an API server makes names from generateName: write a name" : "");
        return;
    }
    if (!is_name_of(name->as_string(), kind)) {
        report(name_reasons(name->as_string(), kind), *name, at / "name", faults);
    }
}

/// The server clears the namespace of cluster-scoped objects.
void check_namespace(const tree::Node& metadata,
                     const KnownKind& kind,
                     const Link& at,
                     Faults& faults) {
    const tree::Node* ns = find_string(metadata, "namespace");
    if (!ns || !kind.namespaced || ns->as_string().empty()) return;
    if (!is_dns1123_label(ns->as_string())) {
        report(dns1123_label_reasons(ns->as_string()), *ns, at / "namespace", faults);
    }
}

void check_annotations(const tree::Node& annotations, const Link& at, Faults& faults) {
    std::size_t bytes = 0;
    for (const tree::Entry& entry : annotations.entries()) {
        bytes += entry.key.size();
        if (entry.value.is_string()) bytes += entry.value.as_string().size();
        if (is_qualified_name(entry.key)) continue;
        const std::string lower = base::to_lower(entry.key);
        report(qualified_name_reasons(lower), tree::Node::string(entry.key), at, faults);
    }
    if (bytes > annotations_limit) {
        faults.add_blocking(Code::InvalidValue, at, too_long(annotations_limit));
    }
}

void check_finalizers(const tree::Node& finalizers, const Link& at, Faults& faults) {
    std::size_t index = 0;
    for (const tree::Node& item : finalizers.items()) {
        if (item.is_string() && !is_qualified_name(item.as_string())) {
            report(qualified_name_reasons(item.as_string()), item, at / index, faults);
        }
        ++index;
    }
}

}  // namespace

void check_labels(const tree::Node& labels, const Link& at, Faults& faults) {
    for (const tree::Entry& entry : labels.entries()) {
        if (!is_qualified_name(entry.key)) {
            report(qualified_name_reasons(entry.key), tree::Node::string(entry.key), at, faults);
        }
        if (!entry.value.is_string() || is_label_value(entry.value.as_string())) continue;
        report(label_value_reasons(entry.value.as_string()), entry.value, at, faults);
    }
}

void check_metadata(const tree::Node& object, const KnownKind& kind, Faults& faults) {
    const Link root;
    const Link at = root / "metadata";
    const tree::Node* metadata = object.find("metadata");
    if (!metadata) {
        faults.add_blocking(
            Code::MissingField, at / "name", required("name or generateName is required"));
        return;
    }
    if (!metadata->is_map()) return;
    check_name(*metadata, kind, at, faults);
    check_namespace(*metadata, kind, at, faults);
    const tree::Node* labels = metadata->find("labels");
    if (labels && labels->is_map()) check_labels(*labels, at / "labels", faults);
    const tree::Node* annotations = metadata->find("annotations");
    if (annotations && annotations->is_map()) {
        check_annotations(*annotations, at / "annotations", faults);
    }
    const tree::Node* finalizers = metadata->find("finalizers");
    if (finalizers && finalizers->is_list())
        check_finalizers(*finalizers, at / "finalizers", faults);
}

}  // namespace gatefile::api::schema
