// SPDX-License-Identifier: Apache-2.0
#include "check/raw.hpp"

#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {

const Raw* find(const Raw& map, std::string_view field) {
    const Raw* found = nullptr;
    for (const RawField& candidate : map.fields) {
        if (candidate.value.shape != Shape::Null &&
            base::equals_ignoring_case(candidate.key, field)) {
            found = &candidate.value;
        }
    }
    return found;
}

std::string_view text_of(const Raw& map, std::string_view field) {
    const Raw* found = find(map, field);
    return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::vector<std::string> list_of(const Raw& map, std::string_view field) {
    const Raw* found = find(map, field);
    std::vector<std::string> list;
    if (found == nullptr) return list;
    for (const Raw& item : found->items) {
        if (item.shape == Shape::Scalar) list.emplace_back(base::trim(item.text));
    }
    if (found->shape != Shape::Scalar || found->text.empty()) return list;
    for (const std::string_view item : base::split(found->text, ','))
        list.emplace_back(base::trim(item));
    return list;
}

bool is_true(const Raw& map, std::string_view field) {
    const std::string_view text = text_of(map, field);
    return text == "1" || text == "t" || text == "T" || text == "true" || text == "True" ||
           text == "TRUE";
}

std::vector<const Raw*> maps_of(const Raw& map, std::string_view field) {
    std::vector<const Raw*> maps;
    const Raw* found = find(map, field);
    if (found == nullptr) return maps;
    for (const Raw& item : found->items) {
        if (item.shape == Shape::Map) maps.push_back(&item);
    }
    return maps;
}

}  // namespace gatefile::traefik::check
