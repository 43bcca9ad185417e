// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/snapshot_file.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"
#include "snapshot_secrets.hpp"

namespace gatefile::source {

namespace {

using tree::Entry;
using tree::Node;
using Entries = std::vector<Entry>;

constexpr std::string_view begin_certificate = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end_certificate = "-----END CERTIFICATE-----";

/// kubectl keeps the whole object in it, of Secrets the values too.
constexpr std::string_view last_applied = "kubectl.kubernetes.io/last-applied-configuration";

bool is_body(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' || c == '\n' ||
               c == '\r';
    });
}

/// The certificates in a text that may have keys beside them.
std::string certificates_in(std::string_view text) {
    std::string found;
    while (true) {
        const std::size_t begin = text.find(begin_certificate);
        if (begin == std::string_view::npos) return found;
        text.remove_prefix(begin);
        const std::size_t end = text.find(end_certificate);
        if (end == std::string_view::npos) return found;
        const std::string_view body =
            text.substr(begin_certificate.size(), end - begin_certificate.size());
        if (is_body(body)) {
            found += text.substr(0, end + end_certificate.size());
            found += '\n';
        }
        text.remove_prefix(end);
    }
}

const Node* map_at(const Node& node, std::string_view key) {
    const Node* found = node.find(key);
    return found != nullptr && found->is_map() ? found : nullptr;
}

class Cleaner {
public:
    Cleaner(const WholeObject& whole, bool is_parameters, tree::Arena& arena)
        : whole_(whole), is_parameters_(is_parameters), arena_(arena) {}

    Node run() {
        Entries entries;
        const Node* version = whole_.object.find("apiVersion");
        entries.push_back({"apiVersion",
                           {},
                           whole_.api_version.empty() && version != nullptr
                               ? *version
                               : text(whole_.api_version)});
        entries.push_back({"kind", {}, text(whole_.ref.kind)});
        entries.push_back({"metadata", {}, metadata()});
        if (whole_.ref.kind == "Secret") {
            add_secret(entries);
        } else if (whole_.ref.kind == "ConfigMap") {
            add_config_map(entries);
        } else {
            add_rest(entries);
        }
        return map(entries);
    }

private:
    Node text(std::string_view value) { return Node::string(arena_.copy(value)); }
    Node map(const Entries& entries) { return Node::map(arena_.copy(entries)); }

    Node metadata() {
        Entries entries = {{"name", {}, text(whole_.ref.name)}};
        if (!whole_.ref.ns.empty()) entries.push_back({"namespace", {}, text(whole_.ref.ns)});
        const Node* given = map_at(whole_.object, "metadata");
        const Node* created = given ? given->find("creationTimestamp") : nullptr;
        if (created != nullptr && created->is_string()) {
            entries.push_back({"creationTimestamp", {}, *created});
        }
        if (whole_.ref.kind == "Secret") {
            const Entries marks = {{api::redacted_annotation, {}, Node::string("true")}};
            entries.push_back({"annotations", {}, map(marks)});
            return map(entries);
        }
        if (given == nullptr) return map(entries);
        for (const std::string_view field : {"labels", "annotations"}) {
            const Node* named = map_at(*given, field);
            if (named == nullptr) continue;
            Entries kept;
            std::ranges::copy_if(named->entries(),
                                 std::back_inserter(kept),
                                 [](const Entry& entry) { return entry.key != last_applied; });
            std::ranges::sort(kept, {}, &Entry::key);
            if (!kept.empty()) entries.push_back({field, {}, map(kept)});
        }
        return map(entries);
    }

    void add_secret(Entries& entries) {
        if (const Node* type = whole_.object.find("type")) entries.push_back({"type", {}, *type});
        std::map<std::string_view, std::string> values;
        if (const Node* data = map_at(whole_.object, "data")) {
            for (const Entry& entry : data->entries()) {
                if (!entry.value.is_string()) continue;
                const auto bytes = base::decode_base64(entry.value.as_string());
                values[entry.key] = bytes ? certificates_in(*bytes) : "";
            }
        }
        if (const Node* strings = map_at(whole_.object, "stringData")) {
            for (const Entry& entry : strings->entries()) {
                if (entry.value.is_string())
                    values[entry.key] = certificates_in(entry.value.as_string());
            }
        }
        Entries data;
        for (const auto& [key, value] : values) {
            const std::string_view kept = value.empty() ? redacted_value : value;
            data.push_back({key, {}, text(base::encode_base64(kept))});
        }
        if (!data.empty()) entries.push_back({"data", {}, map(data)});
    }

    void add_config_map(Entries& entries) {
        const Node* data = map_at(whole_.object, "data");
        if (data != nullptr && is_parameters_) {
            entries.push_back({"data", {}, *data});
            return;
        }
        const Node* bundle = data ? data->find("ca.crt") : nullptr;
        if (bundle == nullptr || !bundle->is_string()) return;
        const Entries kept = {{"ca.crt", {}, text(certificates_in(bundle->as_string()))}};
        entries.push_back({"data", {}, map(kept)});
    }

    void add_rest(Entries& entries) {
        static constexpr std::array<std::string_view, 4> done = {
            "apiVersion", "kind", "metadata", "status"};
        for (const Entry& entry : whole_.object.entries()) {
            if (std::ranges::find(done, entry.key) != done.end()) continue;
            const bool endpoints = whole_.ref.kind == "EndpointSlice" && entry.key == "endpoints" &&
                                   entry.value.is_list();
            entries.push_back({entry.key,
                               {},
                               endpoints ? without_targets(entry.value)
                                         : without_secrets(entry.value, arena_)});
        }
        // All that is read of a status: where a Service is reached, which addresses a Gateway has.
        const std::string_view field = whole_.ref.kind == "Service"   ? "loadBalancer"
                                       : whole_.ref.kind == "Gateway" ? "addresses"
                                                                      : "";
        const Node* status = field.empty() ? nullptr : map_at(whole_.object, "status");
        const Node* kept = status ? status->find(field) : nullptr;
        const bool says_something =
            kept != nullptr && ((kept->is_map() && !kept->entries().empty()) ||
                                (kept->is_list() && !kept->items().empty()));
        if (says_something) entries.push_back({"status", {}, map({{field, {}, *kept}})});
    }

    /// Which Pod an endpoint is, with its uid.
    Node without_targets(const Node& endpoints) {
        std::vector<Node> kept;
        for (const Node& endpoint : endpoints.items()) {
            if (!endpoint.is_map()) continue;
            Entries entries;
            std::ranges::copy_if(endpoint.entries(),
                                 std::back_inserter(entries),
                                 [](const Entry& entry) { return entry.key != "targetRef"; });
            kept.push_back(map(entries));
        }
        return Node::list(arena_.copy(kept));
    }

    const WholeObject& whole_;
    bool is_parameters_;
    tree::Arena& arena_;
};

/// The ConfigMaps that parametersRef of a GatewayClass or Gateway names.
std::set<diag::ObjectRef> parameters_of(const std::vector<WholeObject>& objects) {
    std::set<diag::ObjectRef> found;
    const auto text = [](const Node& node, std::string_view key) {
        const Node* value = node.find(key);
        return value != nullptr && value->is_string() ? std::string(value->as_string())
                                                      : std::string();
    };
    for (const WholeObject& whole : objects) {
        const bool of_class = whole.ref.kind == "GatewayClass";
        if (!of_class && whole.ref.kind != "Gateway") continue;
        const Node* at = map_at(whole.object, "spec");
        if (at != nullptr && !of_class) at = map_at(*at, "infrastructure");
        const Node* ref = at != nullptr ? map_at(*at, "parametersRef") : nullptr;
        if (ref == nullptr || text(*ref, "kind") != "ConfigMap") continue;
        found.insert({"ConfigMap",
                      of_class ? text(*ref, "namespace") : whole.ref.ns,
                      text(*ref, "name")});
    }
    return found;
}

/// A kind's place in the order of all.
std::map<std::string, std::size_t> order_of_kinds() {
    std::map<std::string, std::size_t> order;
    const api::Snapshot none;
    api::for_each_kind(
        none, [&order](std::string_view kind, const auto&) { order.emplace(kind, order.size()); });
    return order;
}

/// One entry for each namespace; all kinds of all namespaces come first.
Node header(const std::vector<api::Extent>& complete, tree::Arena& arena) {
    const std::set<api::Extent> in_order(complete.begin(), complete.end());
    std::map<std::string_view, std::vector<Node>> kinds;
    for (const api::Extent& extent : in_order)
        kinds[extent.ns].push_back(Node::string(arena.copy(extent.kind)));
    std::vector<Node> items;
    for (const auto& [ns, names] : kinds) {
        Entries entries;
        if (!ns.empty()) entries.push_back({"namespace", {}, Node::string(arena.copy(ns))});
        entries.push_back({"kinds", {}, Node::list(arena.copy(names))});
        items.push_back(Node::map(arena.copy(entries)));
    }
    const Entries name = {{"name", {}, Node::string("snapshot")}};
    const Entries entries = {{"apiVersion", {}, Node::string("gatefile.dev/v1")},
                             {"kind", {}, Node::string("Snapshot")},
                             {"metadata", {}, Node::map(arena.copy(name))},
                             {"complete", {}, Node::list(arena.copy(items))}};
    return Node::map(arena.copy(entries));
}

}  // namespace

std::string write_snapshot(std::vector<WholeObject> objects,
                           const std::vector<api::Extent>& complete,
                           SnapshotFormat format) {
    const auto order = order_of_kinds();
    std::ranges::sort(objects, {}, [&order](const WholeObject& whole) {
        const auto place = order.find(whole.ref.kind);
        return std::tuple(place == order.end() ? order.size() : place->second,
                          std::string_view(whole.ref.ns),
                          std::string_view(whole.ref.name));
    });
    tree::Arena arena;
    std::vector<Node> documents = {header(complete, arena)};
    const std::set<diag::ObjectRef> parameters = parameters_of(objects);
    for (const WholeObject& whole : objects)
        documents.push_back(Cleaner(whole, parameters.contains(whole.ref), arena).run());
    if (format == SnapshotFormat::Json) {
        const Entries list = {{"apiVersion", {}, Node::string("v1")},
                              {"kind", {}, Node::string("List")},
                              {"items", {}, Node::list(documents)}};
        return tree::write_json(Node::map(list), tree::JsonStyle::Indented);
    }
    std::string text;
    for (const Node& document : documents)
        text += (text.empty() ? "" : "---\n") + tree::write_yaml(document, tree::Templates::Plain);
    return text;
}

}  // namespace gatefile::source
