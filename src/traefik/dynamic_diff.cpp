// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/dynamic_diff.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "toml_tree.hpp"

namespace gatefile::traefik {
namespace {

constexpr std::string_view generation_part = "http.middlewares.gatefile-generation";
constexpr std::string_view hop_header = "X-Gatefile-Hop";

struct Part {
    tree::Node node;
    diag::SourcePosition at;
};
struct Published {
    std::vector<tree::Document> documents;  ///< keep the nodes alive
    std::map<std::string, Part> parts;
};

/// What tells a certificate from others; a path where it is not in the file.
std::string certificate_name(const tree::Node& entry) {
    const tree::Node* chain = entry.find("certFile");
    if (chain == nullptr || !chain->is_string()) return "tls.certificates";
    const auto parsed = base::parse_certificate_chain(chain->as_string());
    if (!parsed) return fmt::format("tls.certificates.{}", chain->as_string());
    return fmt::format("tls.certificates.sha256:{:.16} ({})",
                       parsed->fingerprint,
                       base::join(parsed->dns_names, ", "));
}

void add_part(Published& published,
              std::string name,
              const tree::Node& node,
              const std::string& file,
              tree::Position at) {
    if (name == generation_part) return;
    published.parts.emplace(std::move(name),
                            Part{node, {.source = file, .line = at.line, .column = at.column}});
}

/// "http.routers.NAME" and the like; what is no map of maps is a part as it is.
void add_parts(Published& published, const tree::Node& root, const std::string& file) {
    if (!root.is_map()) return;
    for (const tree::Entry& section : root.entries()) {
        if (!section.value.is_map()) {
            add_part(
                published, std::string(section.key), section.value, file, section.key_position);
            continue;
        }
        for (const tree::Entry& kind : section.value.entries()) {
            const std::string prefix = fmt::format("{}.{}", section.key, kind.key);
            if (prefix == "tls.certificates" && kind.value.is_list()) {
                for (const tree::Node& entry : kind.value.items())
                    add_part(published, certificate_name(entry), entry, file, entry.position());
            } else if (kind.value.is_map()) {
                for (const tree::Entry& entry : kind.value.entries())
                    add_part(published,
                             fmt::format("{}.{}", prefix, entry.key),
                             entry.value,
                             file,
                             entry.key_position);
            } else {
                add_part(published, prefix, kind.value, file, kind.key_position);
            }
        }
    }
}

base::Result<tree::Document> read(const PublishedFile& file) {
    if (file.name.ends_with(".json")) return tree::read_json(file.bytes);
    if (file.name.ends_with(".toml")) return read_toml(file.bytes);
    return tree::read_yaml(file.bytes);
}

base::Result<Published> read(const std::vector<PublishedFile>& files) {
    Published published;
    for (const PublishedFile& file : files) {
        auto document = read(file);
        if (!document) {
            return base::Error{base::ErrorKind::Usage,
                               fmt::format("{}: {}",
                                           base::quote_for_message(file.name, 4096),
                                           document.error().text)};
        }
        add_parts(published, document->root, file.name);
        published.documents.push_back(std::move(*document));
    }
    return published;
}

/// A rule without the mark of its hop, which is drawn at each start of the agent.
std::string without_mark(std::string_view text) {
    constexpr std::size_t mark_length = 32;
    const std::string before = fmt::format("Header(`{}`, `", hop_header);
    const std::size_t at = text.find(before);
    std::string out(text);
    if (at != std::string_view::npos) out.erase(at + before.size(), mark_length);
    return out;
}

/// Credentials stand below such names.
bool is_secret(std::string_view path) {
    const std::string lower = base::to_lower(path);
    constexpr std::string_view words[] = {
        "key", "secret", "password", "token", "users", "authorization", "cookie:", "plugin"};
    return std::ranges::any_of(words, [&](std::string_view word) {
        return (lower + ":").find(word) != std::string::npos;
    });
}

std::string shown(std::string_view path, const tree::Node* node) {
    if (node == nullptr) return "nothing";
    if (is_secret(path)) return "(not shown)";
    if (node->is_string()) {
        const std::string_view text = node->as_string();
        if (!text.starts_with("-----BEGIN")) return base::quote_for_message(text, 200);
        const auto parsed = base::parse_certificate_chain(text);
        return parsed ? fmt::format("certificate sha256:{:.16}", parsed->fingerprint)
                      : "(not shown)";
    }
    if (node->is_list()) return fmt::format("a list of {}", node->items().size());
    if (node->is_map()) return fmt::format("{} fields", node->entries().size());
    return std::string(base::trim(tree::write_json(*node, tree::JsonStyle::Compact)));
}

class FieldDiff {
public:
    std::vector<std::string> run(const tree::Node& before, const tree::Node& after) {
        compare("", &before, &after);
        return std::move(fields_);
    }

private:
    void compare(const std::string& path, const tree::Node* before, const tree::Node* after) {
        if (before != nullptr && after != nullptr) {
            if (tree::equal(*before, *after) || same_but_for_marks(*before, *after)) return;
            if (before->is_map() && after->is_map()) return maps(path, *before, *after);
            if (before->is_list() && after->is_list()) return lists(path, *before, *after);
        }
        fields_.push_back(fmt::format("{} {}, before {}",
                                      path.empty() ? "value" : path,
                                      shown(path, after),
                                      shown(path, before)));
    }

    static bool same_but_for_marks(const tree::Node& before, const tree::Node& after) {
        return before.is_string() && after.is_string() &&
               without_mark(before.as_string()) == without_mark(after.as_string());
    }

    void maps(const std::string& path, const tree::Node& before, const tree::Node& after) {
        std::set<std::string_view> keys;
        for (const tree::Node* map : {&before, &after}) {
            for (const tree::Entry& entry : map->entries())
                keys.insert(entry.key);
        }
        for (const std::string_view key : keys) {
            if (key == hop_header) continue;
            // A key is foreign where it is a name, such as a header's.
            const std::string quoted = base::quote_for_message(key);
            const std::string name = quoted.size() == key.size() + 2 ? std::string(key) : quoted;
            compare(path.empty() ? name : path + "." + name, before.find(key), after.find(key));
        }
    }

    void lists(const std::string& path, const tree::Node& before, const tree::Node& after) {
        const std::size_t length = std::max(before.items().size(), after.items().size());
        for (std::size_t i = 0; i < length; ++i) {
            compare(fmt::format("{}[{}]", path, i),
                    i < before.items().size() ? &before.items()[i] : nullptr,
                    i < after.items().size() ? &after.items()[i] : nullptr);
        }
    }

    std::vector<std::string> fields_;
};

}  // namespace

base::Result<std::vector<PartChange>> diff_dynamic(const std::vector<PublishedFile>& before,
                                                   const std::vector<PublishedFile>& after) {
    const auto old_one = read(before);
    if (!old_one) return old_one.error();
    const auto new_one = read(after);
    if (!new_one) return new_one.error();
    std::vector<PartChange> changes;
    for (const auto& [name, part] : old_one->parts) {
        if (!new_one->parts.contains(name))
            changes.push_back({PartFate::Removed, name, {}, part.at, {}});
    }
    for (const auto& [name, part] : new_one->parts) {
        const auto was = old_one->parts.find(name);
        if (was == old_one->parts.end()) {
            changes.push_back({PartFate::Added, name, {}, {}, part.at});
            continue;
        }
        auto fields = FieldDiff().run(was->second.node, part.node);
        if (!fields.empty())
            changes.push_back(
                {PartFate::Changed, name, std::move(fields), was->second.at, part.at});
    }
    std::ranges::sort(
        changes, {}, [](const PartChange& change) { return std::tie(change.fate, change.part); });
    return changes;
}

}  // namespace gatefile::traefik
