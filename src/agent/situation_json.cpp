// SPDX-License-Identifier: Apache-2.0
#include "situation_json.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"
#include "member_feed.hpp"
#include "shown_url.hpp"

namespace gatefile::agent {

namespace {

using tree::Node;

class Encoder {
public:
    Node text(std::string_view value) {
        if (base::is_utf8(value)) return Node::string(arena_.copy(value));
        const std::string quoted = base::quote_for_message(value, 100'000);
        return Node::string(arena_.copy(std::string_view(quoted).substr(1, quoted.size() - 2)));
    }
    Node time(base::Timestamp at) { return text(base::format_rfc3339(at)); }
    static Node number(std::size_t value) {
        return Node::integer(static_cast<std::int64_t>(value));
    }
    Node list(const std::vector<Node>& items) { return Node::list(arena_.copy(items)); }

    class Map {
    public:
        explicit Map(Encoder& encoder) : encoder_(encoder) {}
        Map& add(std::string_view key, Node value) {
            entries_.push_back({key, {}, value});
            return *this;
        }
        Map& add(std::string_view key, std::string_view value) {
            return add(key, encoder_.text(value));
        }
        Node end() { return Node::map(encoder_.arena_.copy(entries_)); }

    private:
        Encoder& encoder_;
        std::vector<tree::Entry> entries_;
    };
    Map map() { return Map(*this); }

private:
    tree::Arena arena_;
};

/// How many routes ask for a Gateway or ListenerSet, and how many have it.
struct RouteCounts {
    std::size_t accepted = 0;
    std::size_t refused = 0;
};

const status::Condition* find(const std::vector<status::Condition>& conditions,
                              std::string_view type) {
    const auto found = std::ranges::find(conditions, type, &status::Condition::type);
    return found == conditions.end() ? nullptr : &*found;
}

std::map<diag::ObjectRef, RouteCounts> count_routes(const status::Report& report) {
    std::map<diag::ObjectRef, RouteCounts> counts;
    for (const status::ObjectStatus& object : report.objects) {
        for (const status::RouteParentStatus& parent : object.parents) {
            const api::ParentRef& ref = parent.parent_ref;
            RouteCounts& of = counts[{ref.kind, ref.ns.value_or(object.object.ns), ref.name}];
            const status::Condition* accepted = find(parent.conditions, "Accepted");
            ++(accepted != nullptr && accepted->status ? of.accepted : of.refused);
        }
    }
    return counts;
}

class Writer {
public:
    explicit Writer(const Situation& situation) : situation_(situation) {}

    std::string write(const std::vector<Problem>& problems) {
        const bool ok = std::ranges::none_of(problems, &Problem::is_wrong);
        Encoder::Map root = json_.map();
        root.add("version", GATEFILE_VERSION)
            .add("at", json_.time(situation_.now))
            .add("ok", Node::boolean(ok))
            .add("out", situation_.settings.out.directory)
            .add("source", source())
            .add("generation", generation())
            .add("traefik", traefik())
            .add("paused", paused())
            .add("problems", write_problems(problems))
            .add("objectErrors", Encoder::number(situation_.errors.count))
            .add("gateways", gateways());
        return tree::write_json(root.end(), tree::JsonStyle::Compact);
    }

private:
    Node source() {
        Encoder::Map map = json_.map();
        if (!situation_.settings.cluster) {
            return map.add("kind", "files").end();
        }
        std::size_t followed = 0;
        for (const source::KindState& kind : situation_.kinds)
            followed += kind.synced ? 1 : 0;
        map.add("kind", "cluster")
            .add("server", situation_.server)
            .add("followed", Encoder::number(followed))
            .add("held", Encoder::number(situation_.held_objects));
        const AgentSettings& settings = situation_.settings;
        if (settings.cluster_name.empty()) return map.end();
        return map.add("cluster", settings.cluster_name)
            .add("weight", weight(settings.cluster_weight))
            .add("members", members())
            .end();
    }

    static Node weight(int value) { return Encoder::number(static_cast<std::size_t>(value)); }

    Node members() {
        std::vector<Node> items;
        for (const MemberSituation& member : situation_.members) {
            items.push_back(json_.map()
                                .add("cluster", member.settings->name)
                                .add("server", member.server)
                                .add("weight", weight(member.settings->weight))
                                .add("read", Node::boolean(member.is_read))
                                .add("kept", Node::boolean(member.is_kept))
                                .add("reachable", Node::boolean(!is_unreachable(member.kinds)))
                                .end());
        }
        return json_.list(items);
    }

    Node generation() {
        const Keeper& keeper = situation_.keeper;
        if (keeper.published_id().empty()) return Node::null();
        Encoder::Map map = json_.map();
        const auto& all = keeper.history().list();
        const auto kept = std::ranges::find(all, keeper.published_id(), &publish::Generation::id);
        if (kept != all.end())
            map.add("number", Encoder::number(static_cast<std::size_t>(kept->number)));
        map.add("id", keeper.published_id().substr(0, 12));
        if (keeper.published_at()) map.add("at", json_.time(*keeper.published_at()));
        return map.add("rules", Encoder::number(keeper.published_weight())).end();
    }

    Node traefik() {
        const Proof& proof = situation_.proof;
        Encoder::Map map = json_.map();
        if (!proof.enabled()) return map.add("serves", "unknown").end();
        map.add("api", shown_url(*situation_.settings.traefik_api));
        const bool silent = proof.silence().has_value();
        switch (proof.state()) {
        case Proven::Nothing:
            return map.add("serves", "nothing").end();
        case Proven::Waiting:
            return map.add("serves", silent ? "unknown" : "soon").end();
        case Proven::Loaded:
            return map.add("serves", silent ? "unknown" : "yes").end();
        case Proven::NotLoaded:
            return map.add("serves", silent ? "unknown" : "no").end();
        }
        return map.end();
    }

    Node paused() {
        const auto& hold = situation_.keeper.hold();
        if (!hold) return Node::null();
        Encoder::Map map = json_.map();
        map.add("since", json_.time(hold->since)).add("reason", hold->reason);
        if (hold->rolled_back_to)
            map.add("rolledBackTo",
                    Encoder::number(static_cast<std::size_t>(hold->rolled_back_to->number)));
        if (const auto& waiting = situation_.keeper.waiting()) {
            map.add("waiting",
                    json_.map()
                        .add("id", waiting->id.substr(0, 12))
                        .add("rules", Encoder::number(waiting->weight))
                        .add("since", json_.time(waiting->since))
                        .end());
        }
        return map.end();
    }

    Node write_problems(const std::vector<Problem>& problems) {
        std::vector<Node> items;
        for (const Problem& problem : problems) {
            Encoder::Map map = json_.map();
            map.add("who", who_name(problem.who)).add("code", problem.code);
            if (!problem.subject.empty()) map.add("subject", problem.subject);
            map.add("what", problem.what);
            if (!problem.cure.empty()) map.add("cure", problem.cure);
            if (problem.since) map.add("since", json_.time(*problem.since));
            items.push_back(map.add("wrong", Node::boolean(problem.is_wrong)).end());
        }
        return json_.list(items);
    }

    void add_programmed(Encoder::Map& map, const std::vector<status::Condition>& conditions) {
        const status::Condition* programmed = find(conditions, "Programmed");
        map.add("programmed", Node::boolean(programmed != nullptr && programmed->status));
        if (programmed != nullptr) map.add("message", programmed->message);
    }

    void add_shared(Encoder::Map& map, const std::vector<status::Condition>& conditions) {
        const status::Condition* shared =
            find(conditions, diag::condition_name(diag::Condition::Shared));
        if (shared == nullptr) return;
        map.add("shared",
                json_.map().add("reason", shared->reason).add("message", shared->message).end());
    }

    Node gateways() {
        std::vector<Node> items;
        if (situation_.report == nullptr) return json_.list(items);
        const auto counts = count_routes(*situation_.report);
        for (const status::ObjectStatus& object : situation_.report->objects) {
            if (object.object.kind != "Gateway" && object.object.kind != "ListenerSet") continue;
            Encoder::Map map = json_.map();
            map.add("kind", object.object.kind)
                .add("namespace", object.object.ns)
                .add("name", object.object.name);
            add_programmed(map, object.conditions);
            std::vector<Node> listeners;
            for (const status::ListenerStatus& listener : object.listeners) {
                Encoder::Map one = json_.map();
                one.add("name", listener.name)
                    .add("attachedRoutes", Encoder::number(listener.attached_routes));
                add_programmed(one, listener.conditions);
                add_shared(one, listener.conditions);
                listeners.push_back(one.end());
            }
            const auto found = counts.find(object.object);
            const RouteCounts routes = found == counts.end() ? RouteCounts{} : found->second;
            items.push_back(map.add("listeners", json_.list(listeners))
                                .add("acceptedRoutes", Encoder::number(routes.accepted))
                                .add("refusedRoutes", Encoder::number(routes.refused))
                                .end());
        }
        return json_.list(items);
    }

    const Situation& situation_;
    Encoder json_;
};

}  // namespace

std::string situation_json(const Situation& situation, const std::vector<Problem>& problems) {
    return Writer(situation).write(problems);
}

}  // namespace gatefile::agent
