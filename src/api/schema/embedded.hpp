// SPDX-License-Identifier: Apache-2.0
//
// The files of data/ that the build put into the binary (embed.py writes the other half).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gatefile::api::schema {

/// Which of Gateway API's release channels a schema belongs to.
enum class Channel : std::uint8_t { Both, Standard, Experimental };

struct EmbeddedSchema {
    std::string_view group;
    std::string_view kind;
    Channel channel;
    std::string_view text;  ///< JSON
};

std::span<const EmbeddedSchema> embedded_schemas();

}  // namespace gatefile::api::schema
