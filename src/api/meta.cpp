// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/meta.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "decode.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api {

const std::string* find(const StringMap& map, std::string_view key) {
    const auto found = std::lower_bound(
        map.begin(), map.end(), key, [](const auto& entry, std::string_view wanted) {
            return entry.first < wanted;
        });
    return found != map.end() && found->first == key ? &found->second : nullptr;
}

namespace {

Meta decode_metadata(const Cursor& metadata) {
    Meta meta;
    meta.name = metadata.text("name");
    meta.uid = metadata.text("uid");
    meta.labels = metadata.text_map("labels");
    meta.annotations = metadata.text_map("annotations");
    meta.generation =
        metadata.integer("generation", 0, std::numeric_limits<std::int64_t>::max()).value_or(0);
    if (const tree::Node* created = metadata.value("creationTimestamp", tree::Kind::String)) {
        meta.created = base::parse_rfc3339(created->as_string());
        if (!meta.created) {
            metadata.report(diag::Code::InvalidValue,
                            "creationTimestamp",
                            fmt::format("Invalid value: {}: must be a time as RFC 3339 has it",
                                        base::quote_for_message(created->as_string())));
        }
    }
    return meta;
}

}  // namespace

Meta decode_meta(const Cursor& object) {
    return object.object("metadata", decode_metadata).value_or(Meta{});
}

}  // namespace gatefile::api
