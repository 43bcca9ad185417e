// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/store.hpp"

#include <algorithm>
#include <type_traits>

#include "decode.hpp"
#include "kinds.hpp"

namespace gatefile::api {

namespace {

using Key = std::pair<std::string, std::string>;

Key key_of(const diag::ObjectRef& object) {
    return {object.ns, object.name};
}

/// Calls `visit(objects of a, objects of b)` where both hold the same kind.
template <typename A, typename B, typename Visit>
void for_each_pair(A& a, B& b, const Visit& visit) {
    for_each_kind(a, [&](std::string_view kind, auto& left) {
        for_each_kind(b, [&](std::string_view other, auto& right) {
            using Left = std::remove_cvref_t<decltype(*left.begin())>;
            using Right = std::remove_cvref_t<decltype(right[0])>;
            if constexpr (std::is_same_v<typename Left::second_type::element_type, const Right>) {
                if (kind == other) visit(left, right);
            }
        });
    });
}

}  // namespace

std::optional<AnyObject>
decode_object(std::string_view kind, const tree::Node& object, diag::Diagnostics& diagnostics) {
    const KindRow* row = find_row_by_kind(kind);
    if (row == nullptr || !object.is_map()) return std::nullopt;
    diag::ObjectRef ref{.kind = std::string(kind), .ns = {}, .name = {}};
    DecodeReport report{.object = ref, .diagnostics = diagnostics};
    const Cursor cursor(object, report);
    Meta meta = decode_meta(cursor);
    if (const tree::Node* metadata = object.find("metadata"); metadata != nullptr) {
        const tree::Node* ns = metadata->find("namespace");
        if (ns != nullptr && ns->is_string()) meta.ns = ns->as_string();
    }
    if (meta.name.empty()) return std::nullopt;
    ref.ns = meta.ns;
    ref.name = meta.name;
    Snapshot one;
    row->decode(cursor, std::move(meta), one);
    std::optional<AnyObject> found;
    for_each_kind(one, [&found](std::string_view, const auto& objects) {
        if (!objects.empty()) found = objects.pointers().front();
    });
    return report.refused ? std::nullopt : found;
}

const Meta& meta_of(const AnyObject& object) {
    return std::visit([](const auto& pointer) -> const Meta& { return pointer->meta; }, object);
}

bool ObjectStore::put(AnyObject object) {
    return std::visit(
        [this](auto& pointer) {
            bool changed = false;
            for_each_kind(maps_, [&](std::string_view, auto& map) {
                using Pointer = typename std::remove_cvref_t<decltype(map)>::mapped_type;
                if constexpr (std::is_same_v<Pointer, std::remove_cvref_t<decltype(pointer)>>) {
                    Pointer& place = map[Key{pointer->meta.ns, pointer->meta.name}];
                    changed = place == nullptr || !(*place == *pointer);
                    if (changed) place = std::move(pointer);
                }
            });
            return changed;
        },
        object);
}

bool ObjectStore::remove(const diag::ObjectRef& object) {
    bool removed = false;
    for_each_kind(maps_, [&](std::string_view kind, auto& map) {
        if (kind == object.kind) removed = map.erase(key_of(object)) > 0;
    });
    return removed;
}

bool ObjectStore::mark_gone(const diag::ObjectRef& object, bool gone) {
    bool changed = false;
    for_each_kind(maps_, [&](std::string_view kind, auto& map) {
        if (kind != object.kind) return;
        const auto found = map.find(key_of(object));
        if (found == map.end() || found->second->meta.gone == gone) return;
        auto copy = *found->second;
        copy.meta.gone = gone;
        found->second = std::make_shared<const decltype(copy)>(std::move(copy));
        changed = true;
    });
    return changed;
}

const Meta* ObjectStore::find(const diag::ObjectRef& object) const {
    const Meta* found = nullptr;
    for_each_kind(maps_, [&](std::string_view kind, const auto& map) {
        if (kind != object.kind) return;
        const auto at = map.find(key_of(object));
        if (at != map.end()) found = &at->second->meta;
    });
    return found;
}

std::size_t ObjectStore::count(std::string_view wanted) const {
    std::size_t count = 0;
    for_each_kind(maps_, [&](std::string_view kind, const auto& map) {
        if (kind == wanted) count = map.size();
    });
    return count;
}

std::vector<diag::ObjectRef> ObjectStore::names(std::string_view wanted) const {
    std::vector<diag::ObjectRef> names;
    for_each_kind(maps_, [&](std::string_view kind, const auto& map) {
        if (kind != wanted) return;
        names.reserve(map.size());
        for (const auto& [key, object] : map)
            names.push_back({.kind = std::string(kind), .ns = key.first, .name = key.second});
    });
    return names;
}

std::shared_ptr<const Snapshot> ObjectStore::snapshot() const {
    auto made = std::make_unique<Snapshot>();
    made->from_cluster = true;
    for_each_pair(maps_, *made, [](const auto& map, auto& objects) {
        objects.reserve(map.size());
        for (const auto& [key, object] : map)
            objects.push_back(object);
    });
    made->index();
    return made;
}

}  // namespace gatefile::api
