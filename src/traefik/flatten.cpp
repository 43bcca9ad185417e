// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/flatten.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::traefik {

namespace {

using tree::Node;
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Of what has to be there, but has no value of its own: Redis cannot keep an empty one.
constexpr std::string_view anything = "true";

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

/// Traefik takes a number for an index, etcd's client leaves locks out.
bool is_plain_key(std::string_view key) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !key.empty() && key.find('/') == std::string_view::npos &&
           key.find("___lock") == std::string_view::npos && !std::ranges::all_of(key, is_digit);
}

class Flattener {
public:
    Flattener(Pairs& pairs, EmptyValues empties) : pairs_(pairs), empties_(empties) {}

    /// False when it cannot be said; some pairs may have been added.
    bool add(const std::string& path, std::string_view name, const Node& node) {
        switch (node.kind()) {
        case tree::Kind::Map:
            return add_map(path, name, node);
        case tree::Kind::List:
            return add_list(path, name, node);
        case tree::Kind::Null:
            return true;
        case tree::Kind::String:
            if (!node.as_string().empty()) put(path, std::string(node.as_string()));
            return true;
        case tree::Kind::Bool:
            put(path, node.as_bool() ? "true" : "false");
            return true;
        case tree::Kind::Int:
            put(path, std::to_string(node.as_int()));
            return true;
        case tree::Kind::Float:
            put(path, fmt::format("{}", node.as_float()));
            return true;
        }
        return false;
    }

private:
    void put(std::string path, std::string value) {
        pairs_.emplace_back(std::move(path), std::move(value));
    }

    bool add_map(const std::string& path, std::string_view name, const Node& map) {
        if (map.entries().empty()) put(path, std::string(anything));
        // An empty value takes a header away, elsewhere it says nothing.
        const bool needs_empty = is_one_of(
            name, {"customRequestHeaders", "customResponseHeaders", "sslProxyHeaders"});
        std::set<std::string> seen;
        for (const tree::Entry& entry : map.entries()) {
            // Traefik knows no case in keys.
            if (!is_plain_key(entry.key) || !seen.insert(base::to_lower(entry.key)).second)
                return false;
            const std::string below = fmt::format("{}/{}", path, entry.key);
            const bool empty = entry.value.is_string() && entry.value.as_string().empty();
            if (needs_empty && empty) {
                if (empties_ == EmptyValues::Lost) return false;
                put(below, "");
            }
            if (!add(below, entry.key, entry.value)) return false;
        }
        return true;
    }

    bool add_list(const std::string& path, std::string_view name, const Node& list) {
        const auto items = list.items();
        if (items.empty()) {
            // A list of maps is empty whatever its value; one of words, if it has none.
            const bool of_maps = is_one_of(name, {"servers", "services", "mirrors"});
            put(of_maps ? path : path + "/empty", std::string(anything));
            return true;
        }
        if (items.front().is_map()) return add_maps(path, list);
        std::string words;
        for (const Node& item : items) {
            if (!item.is_string()) return false;
            std::string_view word = item.as_string();
            // Traefik trims the items; the last line end of a PEM block may go.
            if (word.ends_with('\n')) word.remove_suffix(1);
            if (word.empty() || base::trim(word) != word ||
                word.find(',') != std::string_view::npos)
                return false;
            if (!words.empty()) words += ',';
            words += word;
        }
        put(path, std::move(words));
        return true;
    }

    /// Traefik sorts the keys, not the numbers: 02 stands before 10.
    bool add_maps(const std::string& path, const Node& list) {
        const auto items = list.items();
        const std::size_t width = std::to_string(items.size() - 1).size();
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (!add(fmt::format("{}/{:0{}}", path, i, width), "", items[i])) return false;
        }
        return true;
    }

    Pairs& pairs_;
    EmptyValues empties_;
};

/// What answers in place of something that cannot be said; nothing where none is wanted.
Pairs instead_of(std::string_view section, const std::string& path) {
    if (section == "middlewares") {
        return {{path + "/ipAllowList/rejectStatusCode", "500"},
                {path + "/ipAllowList/sourceRange", "255.255.255.255/32"}};
    }
    return {{path + "/loadBalancer/passHostHeader", "true"}};
}

void add_section(const std::string& path,
                 std::string_view section,
                 const Node& named,
                 EmptyValues empties,
                 Flat& flat) {
    for (const tree::Entry& entry : named.entries()) {
        const std::string below = fmt::format("{}/{}", path, entry.key);
        const std::size_t before = flat.pairs.size();
        if (Flattener(flat.pairs, empties).add(below, entry.key, entry.value)) continue;
        flat.pairs.resize(before);
        for (auto& pair : instead_of(section, below))
            flat.pairs.push_back(std::move(pair));
        flat.refused.push_back(below);
    }
}

}  // namespace

Flat flatten(const Node& root, EmptyValues empties) {
    Flat flat;
    for (const tree::Entry& protocol : root.entries()) {
        for (const tree::Entry& section : protocol.value.entries()) {
            const std::string path = fmt::format("{}/{}", protocol.key, section.key);
            if (section.value.is_map()) {
                add_section(path, section.key, section.value, empties, flat);
            } else {
                Flattener(flat.pairs, empties).add(path, section.key, section.value);
            }
        }
    }
    std::ranges::sort(flat.pairs);
    return flat;
}

}  // namespace gatefile::traefik
