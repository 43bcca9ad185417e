// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/bundle.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api {

namespace {

using Release = std::pair<std::int64_t, std::int64_t>;

constexpr Release newest_known{1, 7};

constexpr std::string_view definition_kind = "CustomResourceDefinition";

std::string_view text_of(const tree::Node* node) {
    return node != nullptr && node->is_string() ? node->as_string() : std::string_view();
}

/// Of "v1.7.0" or "v1.8.0-rc.1"; a patch release has no new fields.
std::optional<Release> release_of(std::string_view version) {
    if (!version.starts_with('v')) return std::nullopt;
    const auto parts = base::split(version.substr(1, version.find_first_of("-+") - 1), '.');
    if (parts.size() < 2) return std::nullopt;
    const auto major = base::parse_int(parts[0]);
    const auto minor = base::parse_int(parts[1]);
    if (!major || !minor) return std::nullopt;
    return Release{*major, *minor};
}

}  // namespace

std::optional<std::string> newer_bundle(const tree::Node& definition) {
    const tree::Node* metadata = definition.find("metadata");
    const tree::Node* annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
    if (annotations == nullptr) return std::nullopt;
    const auto release = release_of(text_of(annotations->find(bundle_annotation)));
    if (!release || *release <= newest_known) return std::nullopt;
    return fmt::format("Gateway API v{}.{} is newer than v{}.{}, the newest that this gatefile "
                       "knows; kinds and fields that are new in it are not served",
                       release->first,
                       release->second,
                       newest_known.first,
                       newest_known.second);
}

std::optional<diag::Diagnostic> report_newer_bundle(const tree::Document& document,
                                                    const tree::Node& object) {
    if (text_of(object.find("kind")) != definition_kind) return std::nullopt;
    auto detail = newer_bundle(object);
    if (!detail) return std::nullopt;
    diag::Diagnostic found{
        .code = diag::Code::GatewayApiVersion,
        .object = {.kind = std::string(definition_kind),
                   .ns = {},
                   .name = std::string(text_of(object.find("metadata")->find("name")))},
        .path = diag::Path("metadata.annotations") / bundle_annotation,
        .detail = std::move(*detail),
        .hint = "look for a newer gatefile"};
    found.at = position_of({.document = document, .object = object}, found);
    return found;
}

}  // namespace gatefile::api
