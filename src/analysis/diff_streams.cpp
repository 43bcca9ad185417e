// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "diff_parts.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

enum class Transport { Tcp, Tls, Udp };

Transport transport_of(ir::StreamKind kind) {
    switch (kind) {
    case ir::StreamKind::Tcp:
        return Transport::Tcp;
    case ir::StreamKind::TlsPassthrough:
    case ir::StreamKind::TlsTerminate:
        return Transport::Tls;
    case ir::StreamKind::Udp:
        return Transport::Udp;
    }
    return Transport::Tcp;
}

std::string_view scheme_of(Transport transport) {
    switch (transport) {
    case Transport::Tcp:
        return "tcp";
    case Transport::Tls:
        return "tls";
    case Transport::Udp:
        return "udp";
    }
    return "";
}

/// Streams of one entry point that are told apart by SNI, if at all.
using StreamDoor = std::pair<std::string, Transport>;
using Index = std::map<StreamDoor, std::map<std::string, const ir::Stream*, std::less<>>>;

Index index_of(const ir::Config& config) {
    Index index;
    for (const ir::Stream& stream : config.streams)
        index[{stream.entry_point, transport_of(stream.kind)}].emplace(stream.hostname, &stream);
    return index;
}

/// What becomes of the connections for a name.
struct Course {
    const ir::Stream* stream = nullptr;
    const ir::StreamHost* host = nullptr;
    bool passed_on() const { return host != nullptr && !host->members.empty(); }
};

Course course_of(const Index& index, const StreamDoor& door, std::string_view name) {
    Course course;
    const auto streams = index.find(door);
    if (streams == index.end()) return course;
    const auto patterns = covering_patterns(name);
    for (const std::string& pattern : patterns) {
        const auto at = streams->second.find(pattern);
        if (at == streams->second.end()) continue;
        course.stream = at->second;
        break;
    }
    if (course.stream == nullptr) return course;
    for (const std::string& pattern : patterns) {
        const auto at = std::ranges::find(course.stream->hosts, pattern, &ir::StreamHost::hostname);
        if (at == course.stream->hosts.end()) continue;
        course.host = &*at;
        break;
    }
    return course;
}

class StreamDiff {
public:
    StreamDiff(const View& before, const View& after, std::vector<Difference>& found)
        : before_(before), after_(after), found_(found), old_index_(index_of(before.config())),
          new_index_(index_of(after.config())) {}

    void run() {
        std::map<StreamDoor, std::set<std::string>> names;
        for (const ir::Config* config : {&before_.config(), &after_.config()}) {
            for (const ir::Stream& stream : config->streams) {
                auto& at = names[{stream.entry_point, transport_of(stream.kind)}];
                at.insert(stream.hostname);
                for (const ir::StreamHost& host : stream.hosts)
                    at.insert(host.hostname);
            }
        }
        for (const auto& [door, all] : names) {
            for (const std::string& name : all)
                compare(door, name);
        }
    }

private:
    void compare(const StreamDoor& door, const std::string& name) {
        const Course old_course = course_of(old_index_, door, name);
        const Course new_course = course_of(new_index_, door, name);
        if (!old_course.passed_on() && !new_course.passed_on()) return;
        const ir::Stream& any =
            new_course.stream != nullptr ? *new_course.stream : *old_course.stream;
        const std::string host = name.empty() ? "*" : name;
        Difference difference{
            .code = diag::Code::DiffStreamChanged,
            .subjects = {base::quote_for_message(
                fmt::format("{}://{}:{}", scheme_of(door.second), host, any.sources.front().port),
                300)},
            .now = text(after_, new_course),
            .was = text(before_, old_course),
            .before = place(before_, old_course),
            .after = place(after_, new_course),
            .hint = ""};
        if (!old_course.passed_on()) {
            difference.code = diag::Code::DiffStreamAdded;
        } else if (!new_course.passed_on()) {
            difference.code = diag::Code::DiffStreamRemoved;
        } else {
            both(old_course, new_course, std::move(difference), name);
            return;
        }
        found_.push_back(std::move(difference));
    }

    void both(const Course& old_course,
              const Course& new_course,
              Difference difference,
              const std::string& name) {
        const Answer before = answer_of(before_.config(), old_course.host->members);
        const Answer after = answer_of(after_.config(), new_course.host->members);
        const bool meet = std::ranges::any_of(before.targets, [&](const std::string& target) {
            return std::ranges::binary_search(after.targets, target);
        });
        const bool same_end = old_course.stream->kind == new_course.stream->kind;
        if (!meet && before.targets != after.targets) {
            difference.code = diag::Code::DiffStreamMoved;
            found_.push_back(difference);
        } else if (!same_end || !(before.shares == after.shares)) {
            found_.push_back(difference);
        } else {
            diff_answers({.before = before,
                          .after = after,
                          .subject = {.text = difference.subjects.front(),
                                      .before = difference.before,
                                      .after = difference.after}},
                         found_);
        }
        if (old_course.stream->tls && new_course.stream->tls) {
            diff_tls_ends(before_.config(),
                          after_.config(),
                          {.before = *old_course.stream->tls,
                           .after = *new_course.stream->tls,
                           .host = name,
                           .subject = {.text = difference.subjects.front(),
                                       .before =
                                           before_.place(old_course.stream->sources.front()),
                                       .after =
                                           after_.place(new_course.stream->sources.front())}},
                          found_);
        }
    }

    static std::string text(const View& view, const Course& course) {
        if (!course.passed_on()) return "is closed";
        const Answer answer = answer_of(view.config(), course.host->members);
        std::string text = predicate(answer);
        if (course.stream->kind == ir::StreamKind::TlsTerminate) text += ", TLS ends here";
        if (course.stream->kind == ir::StreamKind::TlsPassthrough) text += ", TLS is passed on";
        return text;
    }

    static std::optional<Place> place(const View& view, const Course& course) {
        if (course.stream == nullptr) return std::nullopt;
        if (course.host == nullptr) return view.place(course.stream->sources.front());
        const ir::RouteId& route = view.config().routes[course.host->route];
        return Place{.object = {route.kind, route.ns, route.name},
                     .path = diag::Path("spec.rules"),
                     .listener = "",
                     .at = std::nullopt};
    }

    const View& before_;
    const View& after_;
    std::vector<Difference>& found_;
    Index old_index_;
    Index new_index_;
};

/// Without weights, which follow from how many there are.
using Endpoints = std::map<std::string, std::pair<const ir::Backend*, std::set<ir::Endpoint>>>;

Endpoints endpoints_of(const ir::Config& config) {
    Endpoints all;
    for (const ir::Backend& backend : config.backends) {
        if (backend.composite) continue;
        auto& [first, endpoints] = all[target_text(backend)];
        if (first == nullptr) first = &backend;
        for (const ir::Endpoint& endpoint : backend.endpoints)
            endpoints.insert({endpoint.host, endpoint.port, 1, endpoint.cluster});
    }
    return all;
}

std::string endpoints_text(const std::set<ir::Endpoint>& endpoints) {
    constexpr std::size_t shown = 4;
    if (endpoints.empty()) return "has no endpoint";
    std::string text = "has";
    std::size_t count = 0;
    for (const ir::Endpoint& endpoint : endpoints) {
        if (++count > shown) break;
        text += fmt::format(
            "{} {}",
            count > 1 ? "," : "",
            base::quote_for_message(fmt::format("{}:{}", endpoint.host, endpoint.port)));
        if (!endpoint.cluster.empty())
            text += fmt::format(" (cluster {})", base::quote_for_message(endpoint.cluster));
    }
    if (endpoints.size() > shown) text += fmt::format(" and {} more", endpoints.size() - shown);
    return text;
}

}  // namespace

void diff_streams(const View& before, const View& after, std::vector<Difference>& found) {
    StreamDiff(before, after, found).run();
}

void diff_endpoints(const ir::Config& before,
                    const ir::Config& after,
                    std::vector<Difference>& found) {
    const Endpoints old_ones = endpoints_of(before);
    for (const auto& [target, now] : endpoints_of(after)) {
        const auto was = old_ones.find(target);
        if (was == old_ones.end() || was->second.second == now.second) continue;
        const Place place{.object = {"Service", now.first->ns, now.first->name},
                          .path = {},
                          .listener = "",
                          .at = std::nullopt};
        found.push_back({.code = now.second.empty() ? diag::Code::DiffBackendEmpty
                                                    : diag::Code::DiffEndpointsChanged,
                         .subjects = {target},
                         .now = endpoints_text(now.second),
                         .was = endpoints_text(was->second.second),
                         .before = place,
                         .after = place,
                         .hint = ""});
    }
}

}  // namespace gatefile::analysis
