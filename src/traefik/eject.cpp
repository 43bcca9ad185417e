// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/eject.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/traefik/origin.hpp"
#include "gatefile/traefik/published_text.hpp"
#include "gatefile/tree/write.hpp"
#include "plain_names.hpp"

namespace gatefile::traefik {

namespace {

using tree::Node;

constexpr std::string_view generation_name = "gatefile-generation";
constexpr std::string_view closed_name = "gatefile_closed";
/// More than a listener has roots: each of gatefile's own goes before each of these.
constexpr std::int64_t behind_ours = 1'000'000;
/// In whatever case Traefik's JSON has them.
constexpr std::array<std::string_view, 7> json_only{"requestHeaderModifier",
                                                    "responseHeaderModifier",
                                                    "requestRedirect",
                                                    "urlRewrite",
                                                    "snippet",
                                                    "rewriteTarget",
                                                    "upstreamVHost"};

/// Nothing in it can begin a template, end the line, or look like something else.
std::string comment_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = byte >= 0x20 && byte < 0x7F && c != '{' && c != '}' && c != '\\';
        if (plain) {
            out += c;
        } else {
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
        }
    }
    return out;
}

const Node* find_path(const Node& root, std::initializer_list<std::string_view> path) {
    const Node* node = &root;
    for (const std::string_view key : path) {
        if (node == nullptr || !node->is_map()) return nullptr;
        node = node->find(key);
    }
    return node;
}

std::string_view text_of(const Node& map, std::string_view key) {
    const Node* value = map.is_map() ? map.find(key) : nullptr;
    return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

/// A router at an entry point, behind its like of gatefile's: as long as both are in place one of
/// them answers everything, with the TLS options by which its connections were made.
Node ranked_behind(const Node& router, tree::Arena& arena) {
    if (!router.is_map() || router.find("parentRefs") != nullptr) return router;
    std::vector<tree::Entry> entries(router.entries().begin(), router.entries().end());
    for (tree::Entry& entry : entries) {
        if (entry.key == "priority" && entry.value.is_int())
            entry.value = Node::integer(entry.value.as_int() - behind_ours);
    }
    return Node::map(arena.copy(entries));
}

/// Traefik serves the last router by name of each entry point, and goes on with one that is gone
/// where there is no other: so one that leads nowhere stays.
std::set<std::string_view> served_udp_routers(const Node* routers) {
    std::map<std::string, std::string_view, std::less<>> last;
    std::set<std::string_view> served;
    if (routers == nullptr || !routers->is_map()) return served;
    for (const tree::Entry& entry : routers->entries()) {
        const Node* points = find_path(entry.value, {"entryPoints"});
        if (points == nullptr || !points->is_list() || points->items().empty()) continue;
        std::string_view& held = last[std::string(points->items().front().as_string())];
        if (held.empty() || entry.key > held) held = entry.key;
    }
    for (const auto& [point, name] : last)
        served.insert(name);
    return served;
}

class Writer {
public:
    Writer(const Node& dynamic, const EjectSettings& settings)
        : dynamic_(dynamic), settings_(settings),
          udp_routers_(served_udp_routers(find_path(dynamic, {"udp", "routers"}))) {}

    std::string write() {
        for (const std::string& line : settings_.heading)
            comment("", line);
        if (!dynamic_.is_map()) return std::move(out_);
        for (const tree::Entry& protocol : dynamic_.entries()) {
            if (protocol.key == "tls") {
                write_tls(protocol.value);
            } else if (protocol.value.is_map()) {
                write_protocol(protocol.key, protocol.value);
            }
        }
        return std::move(out_);
    }

private:
    void comment(std::string_view indent, std::string_view text) {
        out_ += indent;
        out_ += '#';
        if (!text.empty()) out_ += ' ';
        out_ += comment_text(text);
        out_ += '\n';
    }

    /// Strings are in double quotes, so a line of the text is a line of YAML.
    void yaml(std::string_view indent, std::string_view key, const Node& value) {
        const std::array<tree::Entry, 1> entries{{{key, {}, value}}};
        const std::string text =
            tree::write_yaml(Node::map(entries), tree::Templates::Neutralised);
        for (const std::string_view line : base::split(text, '\n')) {
            if (line.empty()) continue;
            out_ += indent;
            out_ += line;
            out_ += '\n';
        }
    }

    bool is_wanted(std::string_view protocol, std::string_view section, std::string_view name) {
        if (name == generation_name || name == clusters_name) return false;
        return protocol != "udp" || section != "routers" || udp_routers_.contains(name);
    }

    void write_protocol(std::string_view protocol, const Node& sections) {
        const PlainSections names{
            .routers = PlainNames(sections.find("routers")),
            .services = PlainNames(sections.find("services")),
            .middlewares = PlainNames(sections.find("middlewares")),
            .transports = PlainNames(sections.find("serversTransports")),
        };
        bool is_open = false;
        for (const std::string_view section :
             {"routers", "middlewares", "services", "serversTransports"}) {
            const Node* elements = sections.find(section);
            if (elements == nullptr || !elements->is_map()) continue;
            bool is_section_open = false;
            for (const tree::Entry& element : in_order(section, elements->entries())) {
                if (!is_wanted(protocol, section, element.key)) continue;
                if (!std::exchange(is_open, true)) out_ += fmt::format("\n{}:\n", protocol);
                if (!std::exchange(is_section_open, true)) out_ += fmt::format("  {}:\n", section);
                describe(section, element);
                tree::Arena arena;
                const bool is_router = protocol == "http" && section == "routers";
                const Node ranked =
                    is_router ? ranked_behind(element.value, arena) : element.value;
                yaml("    ",
                     new_name(section, element.key, names),
                     with_plain_names(ranked, section, names, arena));
            }
        }
    }

    /// Routers as Traefik tries them, entry point by entry point; what has parents comes last.
    static std::vector<tree::Entry> in_order(std::string_view section,
                                             std::span<const tree::Entry> elements) {
        std::vector<tree::Entry> ordered(elements.begin(), elements.end());
        if (section != "routers") return ordered;
        const auto place = [](const tree::Entry& router) {
            const Node* points = find_path(router.value, {"entryPoints"});
            const Node* priority = find_path(router.value, {"priority"});
            const bool is_root =
                points != nullptr && points->is_list() && !points->items().empty();
            return std::tuple(!is_root,
                              is_root ? points->items().front().as_string() : std::string_view(),
                              priority != nullptr && priority->is_int() ? -priority->as_int() : 0);
        };
        std::ranges::stable_sort(ordered, {}, place);
        return ordered;
    }

    static std::string_view
    new_name(std::string_view section, std::string_view name, const PlainSections& names) {
        if (section == "routers") return names.routers(name);
        if (section == "services") return names.services(name);
        if (section == "middlewares") return names.middlewares(name);
        return names.transports(name);
    }

    void write_tls(const Node& tls) {
        if (!tls.is_map() || tls.entries().empty()) return;
        out_ += "\ntls:\n";
        for (const tree::Entry& entry : tls.entries()) {
            if (entry.key != "options" || !entry.value.is_map()) {
                if (entry.key == "certificates") {
                    comment("  ", "Traefik chooses by the name that a client asks for.");
                } else if (entry.key == "stores") {
                    comment("  ", "For names that no certificate is for.");
                }
                yaml("  ", entry.key, entry.value);
                continue;
            }
            comment("  ", "The names are gatefile's: both may be in place for a while.");
            yaml("  ", entry.key, entry.value);
        }
    }

    void describe(std::string_view section, const tree::Entry& element) {
        const std::string what = description(section, element);
        if (!what.empty()) comment("    ", what);
        const bool has_endpoints = find_path(element.value, {"loadBalancer", "servers"}) != nullptr;
        if (section == "services" && has_endpoints && !settings_.endpoints_note.empty()) {
            comment("    ", settings_.endpoints_note);
        }
    }

    std::string description(std::string_view section, const tree::Entry& element) const {
        const std::string_view name = element.key;
        if (const auto origin = origin_of(name)) {
            std::string text = origin->object.text();
            if (origin->rule) text += fmt::format(", rule {}", *origin->rule + 1);
            const std::string place =
                settings_.place ? settings_.place(origin->object, origin->rule) : std::string();
            return place.empty() ? text : fmt::format("{} ({})", text, place);
        }
        if (name.starts_with("gatefile_status_")) {
            return section == "services"
                       ? "Has no servers: the middleware of this name answers."
                       : "Answers everyone with this status: nobody has that address.";
        }
        if (name.find(closed_name) != std::string_view::npos) {
            return section == "services" ? "Has no servers: connections end here."
                                         : "Takes what nothing else takes, and leads nowhere.";
        }
        if (section == "routers" &&
            text_of(element.value, "service").starts_with("gatefile_status_")) {
            return "What this listener takes and no route of it matches.";
        }
        if (section == "routers") return "Leads on to the routers that name it as their parent.";
        return {};
    }

    const Node& dynamic_;
    const EjectSettings& settings_;
    std::set<std::string_view> udp_routers_;
    std::string out_;
};

}  // namespace

std::string write_ejected(const Node& dynamic, const EjectSettings& settings) {
    return Writer(dynamic, settings).write();
}

base::Result<void> refuse_json_only(const Node& dynamic) {
    const Node* middlewares = find_path(dynamic, {"http", "middlewares"});
    std::vector<std::string> found;
    if (middlewares == nullptr || !middlewares->is_map()) return {};
    for (const tree::Entry& entry : middlewares->entries()) {
        if (!entry.value.is_map()) continue;
        for (const tree::Entry& setting : entry.value.entries()) {
            const bool is_hidden = std::ranges::any_of(json_only, [&](std::string_view type) {
                return base::equals_ignoring_case(type, setting.key);
            });
            if (!is_hidden) continue;
            found.push_back(
                fmt::format("{} ({})", base::quote_for_message(entry.key), setting.key));
        }
    }
    if (found.empty()) return {};
    return base::Error{base::ErrorKind::Usage,
                       "YAML cannot express these middlewares: " + base::join(found, ", ") +
                           "; eject the manifests or the cluster instead, with --approximate"};
}

}  // namespace gatefile::traefik
