// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/published_text.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "gatefile/base/hash.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::traefik {

namespace {

using tree::Node;

constexpr std::string_view generation_header = "X-Gatefile-Generation";
constexpr std::size_t generation_digits = 64;
constexpr std::size_t mark_digits = 32;

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// Hexadecimal words of this length become zeros that stand behind `before`, with nothing but
/// punctuation in between.
void blank(std::string& text, std::string_view before, std::size_t digits) {
    constexpr std::size_t most_between = 8;
    for (std::size_t at = text.find(before); at != std::string::npos;
         at = text.find(before, at + before.size())) {
        std::size_t word = at + before.size();
        const std::size_t last = std::min(text.size(), word + most_between);
        while (word < last && !is_hex(text[word]))
            ++word;
        const std::size_t end = word + digits;
        if (end > text.size()) continue;
        const auto first = text.begin() + static_cast<std::ptrdiff_t>(word);
        const auto past = text.begin() + static_cast<std::ptrdiff_t>(end);
        if (std::all_of(first, past, is_hex)) std::fill(first, past, '0');
    }
}

void blank_marks(std::string& text) {
    blank(text, generation_header, generation_digits);
    blank(text, "X-Gatefile-Hop", mark_digits);
    blank(text, "/gatefile-auth/", mark_digits);
}

/// Behind the list that begins at `at`, in compact JSON.
std::size_t end_of_list(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    bool quoted = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted) {
            if (c == '\\') ++at;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[') {
            ++depth;
        } else if (c == ']' && --depth == 0) {
            return at + 1;
        }
    }
    return text.size();
}

/// The whole key: of no servers there is none in most services.
std::string without_json_servers(std::string_view text) {
    constexpr std::string_view key = "\"servers\":[";
    // A quote, with which it begins, is everywhere: this looks at a tenth of the text.
    const std::boyer_moore_horspool_searcher searcher(key.begin(), key.end());
    const auto next = [&](std::size_t behind) {
        const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(behind),
                                       text.end(),
                                       searcher);
        return static_cast<std::size_t>(found - text.begin());
    };
    std::string out;
    out.reserve(text.size());
    std::size_t from = 0;
    for (std::size_t at = next(0); at != text.size(); at = next(from)) {
        out += text.substr(from, at - from);
        from = end_of_list(text, at + key.size() - 1);
        if (out.ends_with(',')) {
            out.pop_back();
        } else if (text.substr(from).starts_with(',')) {
            ++from;
        }
    }
    out += text.substr(from);
    return out;
}

/// As write_yaml() writes: a list is indented further than its key.
std::string without_yaml_servers(std::string_view text) {
    std::string out;
    std::size_t skipped_below = std::string_view::npos;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const std::size_t indent = line.find_first_not_of(' ');
        if (skipped_below != std::string_view::npos && indent != std::string_view::npos &&
            indent > skipped_below)
            continue;
        skipped_below = std::string_view::npos;
        const std::string_view words =
            indent != std::string_view::npos ? line.substr(indent) : std::string_view();
        if (words == "servers: []") continue;
        if (words == "servers:") {
            skipped_below = indent;
            continue;
        }
        out += line;
        out += '\n';
    }
    return out;
}

/// Load balancers of "http", "tcp" and "udp" by the name of their service.
using Balancers = std::map<std::pair<std::string_view, std::string_view>, Node>;

const Node* balancer_of(const Node& service) {
    const Node* balancer = service.find("loadBalancer");
    return balancer != nullptr && balancer->is_map() ? balancer : nullptr;
}

/// An empty list where the key is left out: a Service without endpoints.
Node servers_of(const Node& balancer) {
    const Node* servers = balancer.find("servers");
    return servers != nullptr ? *servers : Node::list({});
}

bool has_servers(const Node& balancer) {
    const Node* servers = balancer.find("servers");
    return servers != nullptr && !(servers->is_list() && servers->items().empty());
}

Balancers all_balancers(const Node& root) {
    Balancers found;
    if (!root.is_map()) return found;
    for (const tree::Entry& section : root.entries()) {
        const Node* services = section.value.find("services");
        if (services == nullptr || !services->is_map()) continue;
        for (const tree::Entry& service : services->entries()) {
            const Node* balancer = balancer_of(service.value);
            if (balancer != nullptr) found.emplace(std::pair(section.key, service.key), *balancer);
        }
    }
    return found;
}

/// The fields of `then` with the servers of `now`, at their place there: nothing else may make the
/// text differ from a fresh one.
std::vector<tree::Entry> with_servers(const Node& then, const Node& now) {
    constexpr std::string_view key = "servers";
    const auto is_servers = [](const tree::Entry& field) { return field.key == key; };
    std::vector<tree::Entry> fields(then.entries().begin(), then.entries().end());
    const auto fresh = std::ranges::find_if(now.entries(), is_servers);
    if (fresh == now.entries().end()) {
        std::erase_if(fields, is_servers);
        return fields;
    }
    const auto old = std::ranges::find_if(fields, is_servers);
    if (old != fields.end()) {
        old->value = fresh->value;
        return fields;
    }
    const auto place = std::ranges::find_if(fields, [&](const tree::Entry& field) {
        return std::any_of(fresh, now.entries().end(), [&](const tree::Entry& behind) {
            return behind.key == field.key;
        });
    });
    fields.insert(place, *fresh);
    return fields;
}

/// Whose servers load balancers have.
class Backends {
public:
    /// What a crash cut off is no line.
    explicit Backends(std::string_view lines) {
        for (std::size_t end = lines.find('\n'); end != std::string_view::npos;
             end = lines.find('\n')) {
            const std::string_view line = lines.substr(0, end);
            lines.remove_prefix(end + 1);
            const std::size_t blank = line.find(' ');
            if (blank == std::string_view::npos) continue;
            named_.emplace(line.substr(0, blank), line.substr(blank + 1));
        }
    }

    /// Nothing where neither a line nor the name says it.
    std::optional<std::string_view> of(std::string_view section, std::string_view name) const {
        const auto line = section == "http" ? named_.find(name) : named_.end();
        if (line != named_.end()) return line->second;
        return name.starts_with("service_") ? std::optional(name) : std::nullopt;
    }

private:
    std::map<std::string_view, std::string_view> named_;
};

/// By the names of backends as well.
Balancers with_backends(const Balancers& balancers, const Backends& backends) {
    Balancers found = balancers;
    for (const auto& [place, balancer] : balancers) {
        const auto backend = backends.of(place.first, place.second);
        if (backend) found.emplace(std::pair(place.first, *backend), balancer);
    }
    return found;
}

class Refresher {
public:
    Refresher(const Written& older, const Written& newer, const Node& now, tree::Arena& arena)
        : then_backends_(older.backends), now_backends_(newer.backends),
          now_(with_backends(all_balancers(now), now_backends_)), arena_(arena) {}

    /// The path is of keys: section, "services", name, "loadBalancer", "servers".
    Node root(const Node& root) {
        return each(root, [this](const tree::Entry& section) {
            return each(section.value, [&](const tree::Entry& kind) {
                if (kind.key != "services") return kind.value;
                return each(kind.value, [&](const tree::Entry& service) {
                    return refreshed(section.key, service);
                });
            });
        });
    }
    bool changed() const { return changed_; }
    std::vector<std::string> unknown;

private:
    template <typename Change>
    Node each(const Node& map, const Change& change) {
        if (!map.is_map()) return map;
        std::vector<tree::Entry> entries(map.entries().begin(), map.entries().end());
        for (tree::Entry& entry : entries)
            entry.value = change(entry);
        return Node::map(arena_.copy(entries));
    }

    Node refreshed(std::string_view section, const tree::Entry& service) {
        const Node* then = balancer_of(service.value);
        if (then == nullptr) return service.value;
        const auto backend = then_backends_.of(section, service.key);
        // Where both have it, its fields are in the same order.
        const bool is_same = !backend || now_backends_.of(section, service.key) == backend;
        const auto now = now_.find({section, is_same ? service.key : *backend});
        const bool is_known = now != now_.end();
        if (is_known && tree::equal(servers_of(*then), servers_of(now->second)))
            return service.value;
        if (!is_known || !backend) {
            // Without servers none can go; that is also how our own answers are written.
            if (has_servers(*then) && backend != inner_backend)
                note_unknown(std::string(backend.value_or(service.key)));
            return service.value;
        }
        changed_ = true;
        return each(service.value, [&](const tree::Entry& field) {
            if (field.key != "loadBalancer") return field.value;
            return Node::map(arena_.copy(with_servers(field.value, now->second)));
        });
    }

    /// Rules may have the same backend.
    void note_unknown(std::string name) {
        if (std::ranges::find(unknown, name) == unknown.end()) unknown.push_back(std::move(name));
    }

    Backends then_backends_;
    Backends now_backends_;
    Balancers now_;
    tree::Arena& arena_;
    bool changed_ = false;
};

base::Result<tree::Document> read(std::string_view text, Format format) {
    return format == Format::Plugin ? tree::read_json(text) : tree::read_yaml(text);
}

}  // namespace

std::string id_without_marks(std::string_view bytes) {
    std::string text(bytes);
    blank_marks(text);
    return base::sha256_hex(text);
}

std::string id_without_servers(std::string_view bytes) {
    std::string text =
        bytes.starts_with('{') ? without_json_servers(bytes) : without_yaml_servers(bytes);
    blank_marks(text);
    return base::sha256_hex(text);
}

std::string mark_of_cluster(std::string_view name) {
    constexpr std::size_t digits = 16;
    return "cluster-" + base::sha256_hex(name).substr(0, digits);
}

bool is_made_with_cluster(std::string_view bytes, std::string_view name) {
    const std::size_t at = bytes.find(clusters_header);
    if (at == std::string_view::npos) return false;
    const std::size_t end = bytes.find_first_of("}\n", at);
    return bytes.substr(at, end == std::string_view::npos ? end : end - at)
               .find(mark_of_cluster(name)) != std::string_view::npos;
}

std::string backends_of(const Dynamic& dynamic) {
    std::string lines;
    for (const Service& service : dynamic.services) {
        const auto* balancer = std::get_if<LoadBalancer>(&service.settings);
        if (balancer == nullptr || balancer->backend.empty() || balancer->backend == service.name)
            continue;
        lines += service.name;
        lines += ' ';
        lines += balancer->backend;
        lines += '\n';
    }
    return lines;
}

base::Result<Refreshed> refresh_servers(const Written& older, const Written& newer, Format format) {
    const auto then = read(older.bytes, format);
    if (!then) return then.error();
    const auto now = read(newer.bytes, format);
    if (!now) return now.error();
    tree::Arena arena;
    Refresher refresher(older, newer, now->root, arena);
    const Node root = refresher.root(then->root);
    Refreshed result;
    result.unknown = std::move(refresher.unknown);
    if (!refresher.changed()) return result;
    result.bytes = format == Format::Plugin
                       ? tree::write_json(root, tree::JsonStyle::Compact)
                       : tree::write_yaml(root, tree::Templates::Neutralised);
    // As in write(): the hash of the text with zeros in its place.
    blank(result.bytes, generation_header, generation_digits);
    result.generation = base::sha256_hex(result.bytes);
    const std::size_t header = result.bytes.find(generation_header);
    const std::size_t at = header == std::string::npos
                               ? header
                               : result.bytes.find(std::string(generation_digits, '0'), header);
    if (at == std::string::npos)
        return base::Error{base::ErrorKind::Usage, "it has no generation mark"};
    result.bytes.replace(at, generation_digits, result.generation);
    return result;
}

}  // namespace gatefile::traefik
