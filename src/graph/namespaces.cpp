// SPDX-License-Identifier: Apache-2.0
#include "namespaces.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace gatefile::graph {
namespace {

/// The API server sets it on every Namespace, whatever a manifest says.
constexpr std::string_view name_label = "kubernetes.io/metadata.name";

class Labels {
public:
    Labels(const api::Snapshot& snapshot, const Selection& selection, std::string_view ns)
        : ns_(ns), object_(snapshot.find_namespace(ns)) {
        const auto& given = selection.namespace_labels;
        if (given.empty()) return;
        const auto found = given.find(std::string(ns));
        if (found != given.end()) given_ = &found->second;
    }

    /// Whether the value of this label can be told at all.
    bool knows(std::string_view key) const { return key == name_label || object_ || given_; }

    std::optional<std::string_view> find(std::string_view key) const {
        if (key == name_label) return ns_;
        if (given_) {
            if (const std::string* value = api::find(*given_, key)) return *value;
        }
        if (object_) {
            if (const std::string* value = api::find(object_->meta.labels, key)) return *value;
        }
        return std::nullopt;
    }

private:
    std::string_view ns_;
    const api::Namespace* object_;
    const api::StringMap* given_ = nullptr;
};

Judgement selects(const Labels& labels, const api::LabelSelector& selector) {
    // One requirement that fails for certain settles it, however little is known otherwise.
    Judgement judgement = Judgement::Yes;
    for (const auto& [key, value] : selector.match_labels) {
        if (!labels.knows(key)) {
            judgement = Judgement::Unknown;
        } else if (labels.find(key) != value) {
            return Judgement::No;
        }
    }
    for (const api::LabelSelector::Expression& expression : selector.match_expressions) {
        if (!labels.knows(expression.key)) {
            judgement = Judgement::Unknown;
        } else if (!holds(expression, labels.find(expression.key))) {
            return Judgement::No;
        }
    }
    return judgement;
}

}  // namespace

bool holds(const api::LabelSelector::Expression& expression,
           std::optional<std::string_view> value) {
    const auto listed = [&] {
        return value && std::find(expression.values.begin(), expression.values.end(), *value) !=
                            expression.values.end();
    };
    if (expression.op == "In") return listed();
    if (expression.op == "NotIn") return !listed();
    if (expression.op == "Exists") return value.has_value();
    if (expression.op == "DoesNotExist") return !value;
    return false;
}

Judgement takes(const api::Snapshot& snapshot,
                const Selection& selection,
                const api::RouteNamespaces& namespaces,
                std::string_view own,
                std::string_view ns) {
    switch (namespaces.from) {
    case api::FromNamespaces::All:
        return Judgement::Yes;
    case api::FromNamespaces::Same:
        return own == ns ? Judgement::Yes : Judgement::No;
    case api::FromNamespaces::Selector:
        return namespaces.selector ? selects(Labels(snapshot, selection, ns), *namespaces.selector)
                                   : Judgement::No;
    case api::FromNamespaces::None:
        return Judgement::No;
    }
    return Judgement::No;
}

std::string label_to_give(const api::LabelSelector& selector, std::string_view ns) {
    if (selector.match_labels.empty()) return fmt::format("{}=KEY=VALUE", ns);
    const auto& [key, value] = selector.match_labels.front();
    return fmt::format("{}={}={}", ns, key, value);
}

}  // namespace gatefile::graph
