// SPDX-License-Identifier: Apache-2.0
#include "gatefile/agent/lease.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::agent {
namespace {

using tree::Entry;
using tree::Node;

const Node* find(const Node* node, std::string_view key) {
    return node != nullptr ? node->find(key) : nullptr;
}

std::string text_of(const Node* node) {
    return node != nullptr && node->is_string() ? std::string(node->as_string()) : std::string();
}

std::int64_t number_of(const Node* node) {
    return node != nullptr && node->is_int() ? node->as_int() : 0;
}

/// The API has it as int32, and more would overflow a duration.
std::chrono::seconds seconds_of(const Node* node) {
    constexpr std::int64_t most = 1 << 30;
    return std::chrono::seconds(std::clamp<std::int64_t>(number_of(node), 0, most));
}

/// A MicroTime.
std::string micro_time(base::Timestamp at) {
    std::string text = base::format_rfc3339(at);
    text.insert(text.size() - 1, ".000000");
    return text;
}

/// Whether the holder gave a sign of life between the two.
bool same_record(const LeaseState& a, const LeaseState& b) {
    const auto record = [](const LeaseState& lease) {
        return std::tie(
            lease.holder, lease.duration, lease.acquire_time, lease.renew_time, lease.transitions);
    };
    return record(a) == record(b);
}

Node string(std::string_view text) {
    return Node::string(text);
}

/// The strings are views: all that is put in lives until the text is written.
class Body {
public:
    Node map(std::vector<Entry> entries) { return Node::map(arena_.copy(entries)); }
    Node list(std::vector<Node> items) { return Node::list(arena_.copy(items)); }

    std::vector<Entry> metadata(const LeaseName& name, std::string_view resource_version) {
        std::vector<Entry> entries{{"name", {}, string(name.name)},
                                   {"namespace", {}, string(name.ns)}};
        if (!resource_version.empty()) {
            entries.push_back({"resourceVersion", {}, string(resource_version)});
        }
        return entries;
    }

    std::string write(std::vector<Entry> metadata, const LeaseState& spec) {
        const Node root =
            map({{"apiVersion", {}, string("coordination.k8s.io/v1")},
                 {"kind", {}, string("Lease")},
                 {"metadata", {}, map(std::move(metadata))},
                 {"spec",
                  {},
                  map({{"holderIdentity", {}, string(spec.holder)},
                       {"leaseDurationSeconds", {}, Node::integer(spec.duration.count())},
                       {"acquireTime", {}, string(spec.acquire_time)},
                       {"renewTime", {}, string(spec.renew_time)},
                       {"leaseTransitions", {}, Node::integer(spec.transitions)}})}});
        return tree::write_json(root, tree::JsonStyle::Compact);
    }

private:
    tree::Arena arena_;
};

}  // namespace

LeaseState parse_lease(const Node& lease) {
    const Node* spec = lease.find("spec");
    LeaseState state;
    state.resource_version = text_of(find(lease.find("metadata"), "resourceVersion"));
    state.holder = text_of(find(spec, "holderIdentity"));
    state.duration = seconds_of(find(spec, "leaseDurationSeconds"));
    state.acquire_time = text_of(find(spec, "acquireTime"));
    state.renew_time = text_of(find(spec, "renewTime"));
    state.transitions = number_of(find(spec, "leaseTransitions"));
    return state;
}

Election::Election(LeaseName name, std::string identity, LeaseTimes times)
    : name_(std::move(name)), identity_(std::move(identity)), times_(times) {}

bool Election::is_ours() const {
    return exists_ && lease_.holder == identity_;
}

bool Election::is_held_by_another(Clock::time_point now) const {
    return exists_ && !lease_.holder.empty() && !is_ours() && now < changed_ + lease_.duration;
}

Election::Clock::time_point Election::later(Clock::time_point now, double random) const {
    const std::chrono::duration<double> retry = times_.retry;
    const double stretch = is_ours() ? 1.0 : 1.0 + times_.jitter * random;
    return now + std::chrono::duration_cast<Clock::duration>(retry * stretch);
}

Election::Step Election::next(Clock::time_point now) const {
    if (now < due_) return {Do::Wait, due_};
    if (!known_) return {Do::Read, now};
    return {exists_ ? Do::Update : Do::Create, now};
}

bool Election::leads(Clock::time_point now) const {
    return is_ours() && renewed_ && now < *renewed_ + times_.renew_deadline;
}

void Election::saw(std::optional<LeaseState> lease, Clock::time_point now, double random) {
    known_ = true;
    exists_ = lease.has_value();
    LeaseState found = lease ? *std::move(lease) : LeaseState();
    if (!same_record(found, lease_)) changed_ = now;
    lease_ = std::move(found);
    if (!is_ours()) renewed_.reset();
    if (is_held_by_another(now)) {
        known_ = false;
        due_ = later(now, random);
    }
}

void Election::wrote(LeaseState lease, Clock::time_point sent) {
    known_ = true;
    exists_ = true;
    lease_ = std::move(lease);
    changed_ = sent;
    renewed_ = sent;
    due_ = sent + times_.retry;
}

void Election::conflicted(Clock::time_point now) {
    known_ = false;
    due_ = now;
}

void Election::failed(Clock::time_point now, double random) {
    known_ = false;
    due_ = later(now, random);
}

std::string Election::body(base::Timestamp now) const {
    GATEFILE_CHECK(known_);
    LeaseState spec = lease_;
    spec.renew_time = micro_time(now);
    if (!is_ours()) {
        spec.acquire_time = spec.renew_time;
        spec.transitions = exists_ ? lease_.transitions + 1 : 0;
    }
    spec.holder = identity_;
    spec.duration = times_.duration;
    Body body;
    return body.write(body.metadata(name_, lease_.resource_version), spec);
}

std::string Election::release_body(base::Timestamp now) const {
    LeaseState spec = lease_;
    spec.holder.clear();
    spec.duration = std::chrono::seconds(1);
    spec.renew_time = micro_time(now);
    spec.acquire_time = spec.renew_time;
    Body body;
    return body.write(body.metadata(name_, lease_.resource_version), spec);
}

bool is_of(const Node& lease, const Member& member) {
    if (parse_lease(lease).holder == member.identity) return true;
    const Node* owners = find(lease.find("metadata"), "ownerReferences");
    return member.owner && owners != nullptr && owners->is_list() &&
           std::ranges::any_of(owners->items(), [&](const Node& owner) {
               return text_of(find(&owner, "uid")) == member.owner->uid;
           });
}

std::string member_body(const Member& member,
                        std::string_view resource_version,
                        base::Timestamp now,
                        const LeaseTimes& times) {
    LeaseState spec;
    spec.holder = member.identity;
    spec.duration = times.duration;
    spec.renew_time = micro_time(now);
    spec.acquire_time = spec.renew_time;
    Body body;
    std::vector<Entry> metadata = body.metadata(member.name, resource_version);
    metadata.push_back({"labels", {}, body.map({{instance_label, {}, string(member.instance)}})});
    metadata.push_back(
        {"annotations", {}, body.map({{generation_annotation, {}, string(member.generation)}})});
    if (member.owner) {
        metadata.push_back({"ownerReferences",
                            {},
                            body.list({body.map({{"apiVersion", {}, string("v1")},
                                                 {"kind", {}, string("Pod")},
                                                 {"name", {}, string(member.owner->name)},
                                                 {"uid", {}, string(member.owner->uid)}})})});
    }
    return body.write(std::move(metadata), spec);
}

void Members::saw(const Node& list, Clock::time_point now) {
    std::map<std::string, Seen, std::less<>> found;
    const Node* items = list.find("items");
    if (items == nullptr || !items->is_list()) return;
    for (const Node& item : items->items()) {
        const Node* metadata = item.find("metadata");
        std::string name = text_of(find(metadata, "name"));
        Seen seen{parse_lease(item),
                  text_of(find(find(metadata, "annotations"), generation_annotation)),
                  now};
        const auto before = members_.find(name);
        if (before != members_.end() && same_record(before->second.lease, seen.lease)) {
            seen.changed = before->second.changed;
        }
        found.insert_or_assign(std::move(name), std::move(seen));
    }
    members_ = std::move(found);
}

Members::Count Members::count(std::string_view generation, Clock::time_point now) const {
    Count count;
    for (const auto& [name, seen] : members_) {
        if (seen.lease.holder.empty() || now >= seen.changed + seen.lease.duration) continue;
        ++count.agents;
        if (seen.generation == generation) ++count.serving;
    }
    return count;
}

}  // namespace gatefile::agent
