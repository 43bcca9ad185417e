// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <algorithm>
#include <memory>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::traefik {
namespace {

using base::Error;
using base::ErrorKind;

/// Words as a shell would split them, without expansions; a line's `#` at its start and `\` at its
/// end do not count.
std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    for (std::string_view line : base::split(text, '\n')) {
        line = base::trim(line);
        if (line.starts_with('#')) continue;
        std::string word;
        char quote = 0;
        bool any = false;
        const auto finish = [&] {
            if (any && word != "\\" && word != "-") words.push_back(word);
            word.clear();
            any = false;
        };
        for (const char c : line) {
            if (quote != 0 && c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
                any = true;
            } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
                finish();
            } else {
                word += c;
                any = true;
            }
        }
        finish();
    }
    return words;
}

const tree::Node* find(const tree::Node& node, std::initializer_list<std::string_view> path) {
    const tree::Node* at = &node;
    for (const std::string_view key : path) {
        at = at->find(key);
        if (at == nullptr) return nullptr;
    }
    return at;
}

std::string_view text_at(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

std::optional<Invocation> read_container(const tree::Node& container) {
    Invocation invocation;
    for (const std::string_view key : {"command", "args"}) {
        const tree::Node* list = container.find(key);
        if (list == nullptr || !list->is_list()) continue;
        for (const tree::Node& item : list->items()) {
            if (item.is_string()) invocation.arguments.emplace_back(item.as_string());
        }
    }
    const std::string_view image = text_at(container, "image");
    invocation.version = version_of_image(image);
    const bool has_entry_points =
        std::ranges::any_of(invocation.arguments, [](const std::string& argument) {
            return base::to_lower(argument).starts_with("--entrypoints.");
        });
    if (has_entry_points || image.find("traefik") != std::string_view::npos) return invocation;
    return std::nullopt;
}

std::optional<Invocation> read_object(const tree::Node& object) {
    if (const tree::Node* items = object.find("items"); items != nullptr && items->is_list()) {
        for (const tree::Node& item : items->items()) {
            // A List holds no Lists.
            if (item.find("items") != nullptr) continue;
            if (auto found = read_object(item)) return found;
        }
    }
    const tree::Node* containers = find(object, {"spec", "template", "spec", "containers"});
    if (containers == nullptr) containers = find(object, {"spec", "containers"});
    if (containers == nullptr || !containers->is_list()) return std::nullopt;
    for (const tree::Node& container : containers->items()) {
        if (auto found = read_container(container)) return found;
    }
    return std::nullopt;
}

}  // namespace

base::Result<Invocation> find_invocation(std::string_view text) {
    if (text.find("apiVersion") == std::string_view::npos) {
        return Invocation{.arguments = split_words(text)};
    }
    const tree::ReadResult read =
        tree::read(text, std::make_shared<const std::string>("Traefik's manifest"));
    for (const tree::Document& document : read.documents) {
        if (auto found = read_object(document.root)) return std::move(*found);
    }
    if (!read.faults.empty()) return Error{ErrorKind::Usage, read.faults.front().text};
    return Error{ErrorKind::Usage, "no container of the manifest runs Traefik"};
}

std::optional<Version> version_of_image(std::string_view image) {
    image = image.substr(0, image.find('@'));
    const std::size_t colon = image.rfind(':');
    if (colon == std::string_view::npos || image.find('/', colon) != std::string_view::npos) {
        return std::nullopt;
    }
    return parse_version(image.substr(colon + 1));
}

}  // namespace gatefile::traefik
