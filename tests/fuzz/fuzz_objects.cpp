// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what an API server sends: objects that no schema of ours has checked (its own may be
// older or newer), decoded as the agent does it and translated, in both formats.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "gatefile/api/store.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/tree/read.hpp"

using namespace gatefile;

namespace {

std::shared_ptr<const api::Snapshot> decoded(std::string_view bytes, diag::Diagnostics& found) {
    api::ObjectStore store;
    for (const tree::Document& document : tree::read(bytes, nullptr).documents) {
        const tree::Node* kind = document.root.is_map() ? document.root.find("kind") : nullptr;
        if (kind == nullptr || !kind->is_string()) continue;
        auto object = api::decode_object(kind->as_string(), document.root, found);
        if (object) store.put(std::move(*object));
    }
    return store.snapshot();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const traefik::Format format : {traefik::Format::File, traefik::Format::Plugin}) {
        diag::Diagnostics found;
        const auto snapshot = decoded(bytes, found);
        Settings settings;
        settings.static_config = traefik::assumed_static_config();
        settings.render.format = format;
        settings.now = base::Timestamp{};
        const auto result = translate(snapshot, settings, std::move(found));
        GATEFILE_CHECK(result.has_value());
        const std::string& text = result->files.files.front().bytes;
        GATEFILE_CHECK(format == traefik::Format::File ? tree::read_yaml(text).has_value()
                                                       : tree::read_json(text).has_value());
    }
    return 0;
}
