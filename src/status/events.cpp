// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/events.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::status {
namespace {

using tree::Node;

/// The API server's limit of a note.
constexpr std::size_t note_limit = 1024;
/// Of a name, and what is put behind it.
constexpr std::size_t name_limit = 253;
constexpr std::size_t suffix_digits = 16;
/// Where Events about objects without a namespace are.
constexpr std::string_view cluster_namespace = "default";

std::string limited(std::string text) {
    if (text.size() <= note_limit) return text;
    constexpr std::string_view mark = "...";
    text.resize(note_limit - mark.size());
    text.resize(base::valid_utf8_prefix(text));
    text += mark;
    return text;
}

const Condition* find(const std::vector<Condition>* conditions, std::string_view type) {
    if (conditions == nullptr) return nullptr;
    const auto found = std::find_if(conditions->begin(), conditions->end(), [&](auto& condition) {
        return condition.type == type;
    });
    return found == conditions->end() ? nullptr : &*found;
}

const std::vector<Condition>* conditions_of(const ObjectStatus* status,
                                            const api::ParentRef& parent) {
    if (status == nullptr) return nullptr;
    const auto found = std::find_if(status->parents.begin(), status->parents.end(), [&](auto& p) {
        return p.parent_ref == parent;
    });
    return found == status->parents.end() ? nullptr : &found->conditions;
}

/// Whether the object was refused by a parent that it names no more: its parentRef was mended.
bool left_refusal(const ObjectStatus* before, const ObjectStatus& after) {
    if (before == nullptr) return false;
    return std::any_of(before->parents.begin(), before->parents.end(), [&](const auto& parent) {
        const Condition* accepted = find(&parent.conditions, "Accepted");
        return accepted != nullptr && !accepted->status &&
               conditions_of(&after, parent.parent_ref) == nullptr;
    });
}

/// "Gateway infra/gate, listener web: "
std::string prefix_of(const api::ParentRef& parent, const std::string& own_ns) {
    std::string text = diag::ObjectRef{parent.kind, parent.ns.value_or(own_ns), parent.name}.text();
    if (parent.section_name) text += ", listener " + *parent.section_name;
    if (parent.port) text += fmt::format(", port {}", *parent.port);
    return text + ": ";
}

class Teller {
public:
    Teller(const UidOf& uid_of, const Reporter& reporter, base::Timestamp now)
        : uid_of_(uid_of), reporter_(reporter), time_(base::format_rfc3339(now)) {
        time_.insert(time_.size() - 1, ".000000");
    }

    void tell(const ObjectStatus* before, const ObjectStatus& after) {
        const auto* old = before != nullptr ? &before->conditions : nullptr;
        for (const char* type : {"Accepted", "Programmed"}) {
            compare(after, was_true(find(old, type)), find(&after.conditions, type), "");
        }
        const bool is_mended = left_refusal(before, after);
        for (const RouteParentStatus& parent : after.parents) {
            const Condition* was =
                find(conditions_of(before, parent.parent_ref), "Accepted");
            const Condition* is = find(&parent.conditions, "Accepted");
            const bool is_way_back = was == nullptr && is_mended && was_true(is);
            compare(after,
                    was_true(was) && !is_way_back,
                    is,
                    prefix_of(parent.parent_ref, after.object.ns));
        }
    }

    std::vector<Event> take() { return std::move(events_); }

private:
    /// What nothing was said of is taken to have been well.
    static bool was_true(const Condition* before) { return before == nullptr || before->status; }

    void compare(const ObjectStatus& object,
                 bool was,
                 const Condition* after,
                 const std::string& prefix) {
        if (after == nullptr || after->status == was) return;
        const std::string uid = uid_of_(object.object);
        if (uid.empty()) return;
        std::string note = prefix;
        if (!after->status) note += after->reason + ": ";
        add(object, *after, uid, limited(note + after->message));
    }

    void add(const ObjectStatus& object,
             const Condition& condition,
             const std::string& uid,
             const std::string& note) {
        const diag::ObjectRef& ref = object.object;
        const std::string ns = ref.ns.empty() ? std::string(cluster_namespace) : ref.ns;
        const std::string reason = (condition.status ? "" : "Not") + condition.type;
        const std::string suffix =
            base::sha256_hex(fmt::format("{}\n{}\n{}\n{}", uid, reason, time_, note))
                .substr(0, suffix_digits);
        std::string name = ref.name.substr(0, name_limit - suffix_digits - 1);
        // What stands before a dot ends in a letter or digit.
        while (name.ends_with('-') || name.ends_with('.')) {
            name.pop_back();
        }
        name += "." + suffix;
        const tree::Entry metadata[] = {field("name", name), field("namespace", ns)};
        std::vector<tree::Entry> regarding{field("apiVersion", object.api_version),
                                           field("kind", ref.kind)};
        if (!ref.ns.empty()) regarding.push_back(field("namespace", ref.ns));
        regarding.push_back(field("name", ref.name));
        regarding.push_back(field("uid", uid));
        const tree::Entry body[] = {
            field("apiVersion", "events.k8s.io/v1"),
            field("kind", "Event"),
            {"metadata", {}, Node::map(metadata)},
            field("eventTime", time_),
            field("reportingController", reporter_.controller),
            field("reportingInstance", reporter_.instance),
            field("action", condition.type == "Accepted" ? "Accept" : "Program"),
            field("reason", reason),
            {"regarding", {}, Node::map(regarding)},
            field("note", note),
            field("type", condition.status ? "Normal" : "Warning")};
        events_.push_back({ns, tree::write_json(Node::map(body), tree::JsonStyle::Compact)});
    }

    static tree::Entry field(std::string_view key, std::string_view value) {
        return {key, {}, Node::string(value)};
    }

    const UidOf& uid_of_;
    const Reporter& reporter_;
    std::string time_;
    std::vector<Event> events_;
};

}  // namespace

std::vector<Event> events(const Report& before,
                          const Report& after,
                          const UidOf& uid_of,
                          const Reporter& reporter,
                          base::Timestamp now) {
    Teller teller(uid_of, reporter, now);
    auto old = before.objects.begin();
    for (const ObjectStatus& object : after.objects) {
        while (old != before.objects.end() && place_of(old->object) < place_of(object.object)) {
            ++old;
        }
        const bool found =
            old != before.objects.end() && place_of(old->object) == place_of(object.object);
        teller.tell(found ? &*old : nullptr, object);
    }
    return teller.take();
}

}  // namespace gatefile::status
