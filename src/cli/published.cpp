// SPDX-License-Identifier: Apache-2.0
#include "published.hpp"

#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "settings.hpp"

namespace gatefile::cli {

namespace {

using tree::Node;

class KeyPlacer {
public:
    KeyPlacer(const traefik::KeyPlacement& keys, tree::Arena& arena) : keys_(keys), arena_(arena) {}

    base::Result<Node> place(const Node& node) {
        if (node.is_list()) return place_list(node);
        if (!node.is_map()) return node;
        std::vector<tree::Entry> entries(node.entries().begin(), node.entries().end());
        for (tree::Entry& entry : entries) {
            const bool is_key = entry.key == "keyFile" && entry.value.is_string();
            auto changed = is_key ? place_key(entry.value) : place(entry.value);
            if (!changed) return changed;
            entry.value = *changed;
        }
        return Node::map(arena_.copy(entries));
    }

    KeyFiles files() && {
        KeyFiles files;
        for (auto& [name, key] : files_)
            files.emplace_back(name, base::SecretBytes(std::move(key)));
        return files;
    }

private:
    base::Result<Node> place_list(const Node& list) {
        std::vector<Node> items;
        for (const Node& item : list.items()) {
            auto changed = place(item);
            if (!changed) return changed;
            items.push_back(*changed);
        }
        return Node::list(arena_.copy(items));
    }

    base::Result<Node> place_key(const Node& value) {
        std::string key(value.as_string());
        if (traefik::is_omitted_key(key)) return value;
        if (!key.starts_with("-----BEGIN")) {
            auto read = read_whole_file(key);
            if (!read) return read.error();
            key = std::move(*read);
        }
        switch (keys_.where) {
        case traefik::Keys::Inline:
            return Node::string(arena_.copy(key));
        case traefik::Keys::Omit:
            return Node::string(arena_.copy(traefik::omitted_key(key)));
        case traefik::Keys::Files:
            break;
        }
        std::string name = traefik::key_file_name(key);
        const Node path = Node::string(arena_.copy(keys_.directory + "/" + name));
        files_.insert_or_assign(std::move(name), std::move(key));
        return path;
    }

    const traefik::KeyPlacement& keys_;
    tree::Arena& arena_;
    std::map<std::string, std::string> files_;
};

}  // namespace

base::Result<Published> read_published(const std::string& directory) {
    const std::filesystem::path folder(directory);
    for (const auto format : {traefik::Format::File, traefik::Format::Plugin}) {
        std::error_code unknown;
        const std::string path = (folder / traefik::file_name(format)).string();
        if (!std::filesystem::exists(path, unknown)) continue;
        const auto text = read_whole_file(path);
        if (!text) return text.error();
        auto document = format == traefik::Format::Plugin ? tree::read_json(*text)
                                                          : tree::read_yaml(*text);
        if (!document) return document.error().within("reading " + path);
        return Published{.document = std::move(*document), .format = format};
    }
    return base::Error{base::ErrorKind::Io,
                       fmt::format("{} has no {} and no {}",
                                   directory,
                                   traefik::file_name(traefik::Format::File),
                                   traefik::file_name(traefik::Format::Plugin))};
}

base::Result<PlacedKeys>
place_keys(const Node& root, const traefik::KeyPlacement& keys, tree::Arena& arena) {
    KeyPlacer placer(keys, arena);
    auto placed = placer.place(root);
    if (!placed) return placed.error();
    return PlacedKeys{.root = *placed, .files = std::move(placer).files()};
}

}  // namespace gatefile::cli
