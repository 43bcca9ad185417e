// SPDX-License-Identifier: Apache-2.0
#include "snapshot_secrets.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "gatefile/base/strings.hpp"

namespace gatefile::source {

namespace {

using tree::Entry;
using tree::Node;

constexpr std::string_view secret_urn = "urn:k8s:secret:";

/// Whether a header of that name is known to carry what nobody else may have.
bool is_credential(std::string_view name) {
    static constexpr std::array<std::string_view, 13> parts = {"authorization",
                                                               "cookie",
                                                               "token",
                                                               "secret",
                                                               "passw",
                                                               "apikey",
                                                               "api-key",
                                                               "auth-key",
                                                               "access-key",
                                                               "credential",
                                                               "signature",
                                                               "session",
                                                               "jwt"};
    const std::string lower = base::to_lower(name);
    return std::ranges::any_of(
        parts, [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

/// Maps of header names to values: headers of Middlewares, and of health checks.
bool is_header_map(std::string_view key) {
    return key == "customRequestHeaders" || key == "customResponseHeaders" ||
           key == "sslProxyHeaders" || key == "headers";
}

/// Fields whose strings are secrets wherever they stand. References to Secrets are none of them:
/// `secret`, `caSecret` and `certSecret` name an object. Nor is `key`, which label selectors have.
bool is_secret_field(std::string_view key) {
    return key == "users" || key == "password" || key == "clientSecret";
}

/// A name and a password in a URL, not a part of a pattern or of what is put in its place.
bool is_login(std::string_view text) {
    return text.find(':') != std::string_view::npos &&
           text.find_first_of("()[]{}\\*+?^$|") == std::string_view::npos;
}

class Redactor {
public:
    explicit Redactor(tree::Arena& arena) : arena_(arena) {}

    Node any(const Node& node) {
        if (node.is_string()) return text(node);
        if (node.is_list()) return list(node, [this](const Node& item) { return any(item); });
        if (!node.is_map()) return node;
        return map(node, [this](const Entry& entry) { return field(entry); });
    }

private:
    template <typename Change>
    Node list(const Node& node, const Change& change) {
        std::vector<Node> items;
        for (const Node& item : node.items())
            items.push_back(change(item));
        return Node::list(arena_.copy(items));
    }

    template <typename Change>
    Node map(const Node& node, const Change& change) {
        std::vector<Entry> entries;
        for (const Entry& entry : node.entries()) {
            Entry made = entry;
            made.value = change(entry);
            entries.push_back(made);
        }
        return Node::map(arena_.copy(entries));
    }

    Node field(const Entry& entry) {
        const Node& value = entry.value;
        if (entry.key == "plugin" && value.is_map()) return all_below(value);
        if (is_secret_field(entry.key)) return texts_below(value);
        if (is_header_map(entry.key) && value.is_map()) {
            return map(value, [this](const Entry& header) {
                const bool hidden = is_credential(header.key) && header.value.is_string();
                return hidden ? texts_below(header.value) : field(header);
            });
        }
        const bool modifies =
            entry.key == "requestHeaderModifier" || entry.key == "responseHeaderModifier";
        return modifies && value.is_map() ? modifier(value) : any(value);
    }

    /// `set` and `add` are lists of {name, value}.
    Node modifier(const Node& node) {
        return map(node, [this](const Entry& entry) {
            if (!entry.value.is_list()) return entry.value;
            return list(entry.value, [this](const Node& item) {
                const Node* name = item.find("name");
                if (name == nullptr || !name->is_string() || !is_credential(name->as_string()))
                    return any(item);
                return map(item, [this](const Entry& part) {
                    return part.key == "value" ? texts_below(part.value) : part.value;
                });
            });
        });
    }

    Node texts_below(const Node& node) {
        if (node.is_list())
            return list(node, [this](const Node& item) { return texts_below(item); });
        if (node.is_map())
            return map(node, [this](const Entry& entry) { return texts_below(entry.value); });
        // An empty header is one that is removed.
        return node.is_string() && !node.as_string().empty() ? Node::string(redacted_value) : node;
    }

    /// Nobody here knows what a plugin's settings mean; a password may be a number, too.
    Node all_below(const Node& node) {
        if (node.is_list()) return list(node, [this](const Node& item) { return all_below(item); });
        if (node.is_map())
            return map(node, [this](const Entry& entry) { return all_below(entry.value); });
        if (node.is_int()) return Node::integer(0);
        if (node.is_float()) return Node::floating(0);
        // Which Secret it is in is no secret, and is checked.
        if (node.is_string() && node.as_string().starts_with(secret_urn)) return node;
        return texts_below(node);
    }

    /// Keys in PEM, and names and passwords in URLs.
    Node text(const Node& node) {
        const std::string_view whole = node.as_string();
        if (whole.find("PRIVATE KEY-----") != std::string_view::npos)
            return Node::string(redacted_value);
        const std::size_t scheme = whole.find("://");
        if (scheme == std::string_view::npos) return node;
        const std::size_t begin = scheme + 3;
        const std::size_t end = std::min(whole.find_first_of("/?# ", begin), whole.size());
        const std::size_t at = whole.substr(begin, end - begin).rfind('@');
        if (at == std::string_view::npos || !is_login(whole.substr(begin, at))) return node;
        std::string made(whole.substr(0, begin));
        made += redacted_value;
        made += whole.substr(begin + at);
        return Node::string(arena_.copy(made));
    }

    tree::Arena& arena_;
};

}  // namespace

Node without_secrets(const Node& node, tree::Arena& arena) {
    return Redactor(arena).any(node);
}

}  // namespace gatefile::source
