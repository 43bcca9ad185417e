// SPDX-License-Identifier: Apache-2.0
#include "plain_names.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/traefik/origin.hpp"
#include "names.hpp"

namespace gatefile::traefik {

namespace {

using tree::Node;

/// "~.x" is "*.x", "~any" any, and what else is escaped is not worth a word in a name.
std::string without_escapes(std::string_view name) {
    std::string plain;
    while (!name.empty()) {
        if (name.starts_with("~any")) {
            plain += "any";
            name.remove_prefix(4);
        } else if (name.starts_with("~.")) {
            plain += "any.";
            name.remove_prefix(2);
        } else if (name.starts_with('~')) {
            plain += '-';
            name.remove_prefix(std::min<std::size_t>(name.size(), 3));
        } else {
            plain += name.front() == '_' ? '-' : name.front();
            name.remove_prefix(1);
        }
    }
    return plain;
}

/// "HTTPRoute" is what routes mostly are.
std::string_view prefix_of(std::string_view kind) {
    if (kind == "GRPCRoute") return "grpc-";
    if (kind == "TLSRoute") return "tls-";
    if (kind == "TCPRoute") return "tcp-";
    if (kind == "UDPRoute") return "udp-";
    return "";
}

std::string name_of(const NameOrigin& origin, std::string_view name) {
    std::string plain =
        fmt::format("{}{}-{}", prefix_of(origin.object.kind), origin.object.ns, origin.object.name);
    if (origin.rule) return fmt::format("{}-rule-{}", plain, *origin.rule + 1);
    if (origin.object.kind == "Service") {
        const auto parts = base::split(name, '_');
        if (parts.size() > 3) plain += "-" + without_escapes(parts[3]);
    }
    return plain;
}

constexpr std::pair<std::string_view, std::string_view> own_words[] = {
    {"gatefile_status_", "answer-"},
    {"gatefile_closed", "closed"},
    {"gatefile_stream", "half-open-for-an-hour"},
    {"gatefile_", ""},
    {"gatefile-", ""},
    {"gf-index_", "listener-"},
};

class Renamer {
public:
    Renamer(const PlainSections& names, tree::Arena& arena) : names_(names), arena_(arena) {}

    Node router(const Node& node) {
        return change(node, [this](std::string_view key, const Node& value) {
            if (key == "service") return one(value, names_.services);
            if (key == "middlewares") return all(value, names_.middlewares);
            return key == "parentRefs" ? all(value, names_.routers) : value;
        });
    }

    Node service(const Node& node) {
        return change(node, [this](std::string_view key, const Node& value) {
            if (key == "middlewares") return all(value, names_.middlewares);
            if (!value.is_map()) return value;
            if (key == "loadBalancer") {
                return change(value, [this](std::string_view inner, const Node& field) {
                    return inner == "serversTransport" ? one(field, names_.transports) : field;
                });
            }
            return change(value, [this](std::string_view inner, const Node& field) {
                if (inner == "service" || inner == "fallback") return one(field, names_.services);
                if (inner == "services" || inner == "mirrors") return members(field);
                return field;
            });
        });
    }

    Node middleware(const Node& node) {
        return change(node, [this](std::string_view key, const Node& value) {
            if (key != "errors" && key != "chain") return value;
            return change(value, [this](std::string_view inner, const Node& field) {
                if (inner == "service") return one(field, names_.services);
                if (inner == "middlewares") return all(field, names_.middlewares);
                return field;
            });
        });
    }

private:
    template <typename Change>
    Node change(const Node& map, const Change& value_of) {
        if (!map.is_map()) return map;
        std::vector<tree::Entry> entries(map.entries().begin(), map.entries().end());
        for (tree::Entry& entry : entries)
            entry.value = value_of(entry.key, entry.value);
        return Node::map(arena_.copy(entries));
    }

    Node one(const Node& value, const PlainNames& names) {
        return value.is_string() ? Node::string(arena_.copy(names(value.as_string()))) : value;
    }

    Node all(const Node& list, const PlainNames& names) {
        if (!list.is_list()) return list;
        std::vector<Node> items;
        for (const Node& item : list.items())
            items.push_back(one(item, names));
        return Node::list(arena_.copy(items));
    }

    Node members(const Node& list) {
        if (!list.is_list()) return list;
        std::vector<Node> items;
        for (const Node& item : list.items()) {
            items.push_back(change(item, [this](std::string_view key, const Node& value) {
                return key == "name" ? one(value, names_.services) : value;
            }));
        }
        return Node::list(arena_.copy(items));
    }

    const PlainSections& names_;
    tree::Arena& arena_;
};

}  // namespace

std::string plain_name(std::string_view name) {
    // By their names Traefik chooses among the UDP routers of all providers.
    for (const std::string_view rank : {first_of_names, last_of_names}) {
        if (name.starts_with(rank))
            return std::string(rank) + plain_name(name.substr(rank.size()));
    }
    if (const std::optional<NameOrigin> origin = origin_of(name)) return name_of(*origin, name);
    for (const auto& [own, plain] : own_words) {
        if (name.starts_with(own)) {
            return std::string(plain) + without_escapes(name.substr(own.size()));
        }
    }
    return without_escapes(name);
}

PlainNames::PlainNames(const Node* section) {
    if (section == nullptr || !section->is_map()) return;
    std::set<std::string> taken;
    for (const tree::Entry& entry : section->entries()) {
        const std::string plain = plain_name(entry.key);
        std::string unique = plain;
        for (int number = 2; !taken.insert(unique).second; ++number)
            unique = fmt::format("{}-{}", plain, number);
        names_.emplace(entry.key, std::move(unique));
    }
}

std::string_view PlainNames::operator()(std::string_view name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? name : std::string_view(found->second);
}

Node with_plain_names(const Node& element,
                      std::string_view section,
                      const PlainSections& names,
                      tree::Arena& arena) {
    Renamer renamer(names, arena);
    if (section == "routers") return renamer.router(element);
    if (section == "services") return renamer.service(element);
    if (section == "middlewares") return renamer.middleware(element);
    return element;
}

}  // namespace gatefile::traefik
