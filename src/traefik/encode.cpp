// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/encode.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "encode_http.hpp"
#include "encode_stream.hpp"
#include "encode_tls.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::traefik {
namespace {

constexpr std::string_view generation_name = "gatefile-generation";

/// Empty sections are left out: one of them makes Traefik's file provider refuse the whole file.
tree::Node root_node(const Dynamic& dynamic,
                     Format format,
                     const KeyPlacement& keys,
                     tree::Arena& arena,
                     const Middleware* generation) {
    NodeBuilder build(arena);
    Fields root;
    const tree::Node http = http_node(dynamic, format, keys, build, generation);
    if (!http.entries().empty()) root.add("http", http);
    const tree::Node tcp = tcp_node(dynamic, keys, build);
    if (!tcp.entries().empty()) root.add("tcp", tcp);
    const tree::Node tls = tls_node(dynamic, format, keys, build);
    if (!tls.entries().empty()) root.add("tls", tls);
    const tree::Node udp = udp_node(dynamic, build);
    if (!udp.entries().empty()) root.add("udp", udp);
    return build.map(root);
}

std::string text_of(const tree::Node& node, const tree::Arena& arena, Format format) {
    switch (format) {
    case Format::File:
        return tree::write_yaml(node, tree::Templates::Neutralised);
    case Format::Plugin:
        break;
    }
    // The nodes are larger than what is written of them; room that is not used costs nothing.
    return tree::write_json(node, tree::JsonStyle::Compact, arena.allocated_bytes());
}

}  // namespace

tree::Node
encode(const Dynamic& dynamic, Format format, const KeyPlacement& keys, tree::Arena& arena) {
    return root_node(dynamic, format, keys, arena, nullptr);
}

std::string_view file_name(Format format) {
    return format == Format::File ? "gatefile.yml" : "gatefile.json";
}

Text write(const Dynamic& dynamic, Format format, const KeyPlacement& keys) {
    const auto text_with = [&](std::string hash) {
        const Middleware mark{.name = std::string(generation_name),
                              .settings = GenerationMiddleware{std::move(hash)}};
        tree::Arena arena;
        const tree::Node root = root_node(dynamic, format, keys, arena, &mark);
        return text_of(root, arena, format);
    };
    // The hash is taken over the whole text with something of the same length in its place.
    const std::string placeholder(64, '0');
    Text text;
    text.file_name = std::string(file_name(format));
    text.bytes = text_with(placeholder);
    text.generation = base::sha256_hex(text.bytes);
    // Steps over nearly all of the text, in which single zeros are everywhere.
    const std::boyer_moore_horspool_searcher searcher(placeholder.begin(), placeholder.end());
    const auto found = std::search(text.bytes.begin(), text.bytes.end(), searcher);
    const auto at = static_cast<std::size_t>(found - text.bytes.begin());
    if (std::search(found + 1, text.bytes.end(), searcher) == text.bytes.end()) {
        text.bytes.replace(at, placeholder.size(), text.generation);
    } else {
        // Somebody wrote the placeholder into a manifest.
        text.bytes = text_with(text.generation);
    }
    if (keys.where == Keys::Files) text.keys = key_files(dynamic);
    return text;
}

Flat write_pairs(const Dynamic& dynamic,
                 const KeyPlacement& keys,
                 const std::string& generation,
                 EmptyValues empties) {
    const Middleware mark{.name = std::string(generation_name),
                          .settings = GenerationMiddleware{generation}};
    tree::Arena arena;
    return flatten(root_node(dynamic, Format::File, keys, arena, &mark), empties);
}

}  // namespace gatefile::traefik
