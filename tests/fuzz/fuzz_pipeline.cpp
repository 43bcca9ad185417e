// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as manifests, all the way: what comes out is read back, holds nothing that Traefik's
// template engine would run, and comes out the same a second time; in both formats.
#include <cstddef>
#include <cstdint>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/tree/read.hpp"

using namespace gatefile;

namespace {

Translation translated(std::string_view bytes, traefik::Format format) {
    diag::Diagnostics found;
    api::SnapshotBuilder builder({});
    for (const tree::Document& document : tree::read(bytes, nullptr).documents) {
        builder.add(document, found);
    }
    Settings settings;
    settings.static_config = traefik::assumed_static_config();
    settings.render.format = format;
    settings.now = base::Timestamp{};
    auto result = translate(builder.finish(), settings, std::move(found));
    GATEFILE_CHECK(result.has_value());
    return std::move(*result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Translation file = translated(bytes, traefik::Format::File);
    const std::string& yaml = file.files.files.front().bytes;
    GATEFILE_CHECK(yaml.find("{{") == std::string::npos);
    GATEFILE_CHECK(tree::read_yaml(yaml).has_value());
    GATEFILE_CHECK(translated(bytes, traefik::Format::File).files.files.front().bytes == yaml);
    const Translation plugin = translated(bytes, traefik::Format::Plugin);
    GATEFILE_CHECK(tree::read_json(plugin.files.files.front().bytes).has_value());
    return 0;
}
