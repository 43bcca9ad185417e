// SPDX-License-Identifier: Apache-2.0
#include "elector.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/tree/read.hpp"
#include "problems.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr auto member_interval = 5s;
constexpr auto count_interval = 2s;

/// A name for an object out of an identity: lower case, no underscores.
std::string object_name(std::string_view text) {
    std::string name;
    for (const char c : text) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        name += plain ? lower : '-';
    }
    return name.substr(0, 200);
}

std::string variable(const AgentSettings& settings, const std::string& name) {
    const auto found = settings.environment.find(name);
    return found == settings.environment.end() ? "" : found->second;
}

}  // namespace

Elector::Elector(const AgentSettings& settings, source::ApiServer& server, const Log& log)
    : log_(log), server_(server),
      ns_(settings.lease->ns.empty() ? server.access().default_namespace() : settings.lease->ns),
      election_({.ns = ns_, .name = settings.lease->name}, settings.identity),
      member_{
          .name = {.ns = ns_, .name = settings.lease->name + "-" + object_name(settings.identity)},
          .identity = settings.identity,
          .instance = settings.lease->name,
          .generation = {},
          .owner = {}},
      lease_name_(settings.lease->name), random_(std::random_device{}()) {
    const std::string pod = variable(settings, "POD_NAME");
    const std::string uid = variable(settings, "POD_UID");
    if (!pod.empty() && !uid.empty()) member_.owner = Member::Pod{pod, uid};
}

Elector::~Elector() {
    for (const http::Client::Id id : {election_call_, member_call_, count_call_}) {
        if (id != 0) server_.cancel(id);
    }
}

double Elector::random() {
    return static_cast<double>(random_() - std::minstd_rand::min()) /
           (static_cast<double>(std::minstd_rand::max()) + 1);
}

std::string Elector::path(std::string_view name, std::string_view query) const {
    std::string path = fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", ns_);
    if (!name.empty()) path += fmt::format("/{}", name);
    if (!query.empty()) path += fmt::format("?{}", query);
    return path;
}

source::Action Elector::action(std::string_view verb, std::string_view name) const {
    return {.verb = std::string(verb),
            .group = "coordination.k8s.io",
            .resource = "leases",
            .ns = ns_,
            .name = std::string(name)};
}

std::optional<Elector::Clock::time_point> Elector::due() const {
    std::optional<Clock::time_point> next;
    const auto consider = [&next](Clock::time_point at) {
        if (!next || at < *next) next = at;
    };
    const auto now = Clock::now();
    if (election_call_ == 0) {
        const Election::Step step = election_.next(now);
        consider(step.what == Election::Do::Wait ? step.at : now);
    }
    if (member_call_ == 0) consider(member_due_);
    if (led_ && count_call_ == 0) consider(count_due_);
    return next;
}

void Elector::turn(Clock::time_point now) {
    if (election_call_ == 0) elect(now);
    if (member_call_ == 0 && member_due_ <= now) tell_of_us(now);
    if (led_ && count_call_ == 0 && count_due_ <= now) count_agents(now);
    if (leads(now) == led_) return;
    led_ = !led_;
    log_.write(LogLevel::Info,
               led_ ? "this agent writes status" : "another agent writes status",
               {{"lease", ns_ + "/" + lease_name_}, {"holder", election_.holder()}});
}

void Elector::elect(Clock::time_point now) {
    const Election::Step step = election_.next(now);
    if (step.what == Election::Do::Wait) return;
    source::ApiCall call{.timeout = 5s};
    switch (step.what) {
    case Election::Do::Wait:
        return;
    case Election::Do::Read:
        call.action = action("get", lease_name_);
        call.path = path(lease_name_);
        break;
    case Election::Do::Create:
        call.action = action("create", {});
        call.path = path({});
        call.body = election_.body(base::wall_clock());
        break;
    case Election::Do::Update:
        call.action = action("update", lease_name_);
        call.path = path(lease_name_);
        call.body = election_.body(base::wall_clock());
        break;
    }
    election_call_ = server_.call(std::move(call),
                                  [this, what = step.what, now](const source::ApiAnswer& answer) {
                                      election_call_ = 0;
                                      answered(what, answer, now);
                                  });
}

void Elector::answered(Election::Do what, const source::ApiAnswer& answer, Clock::time_point sent) {
    const auto now = Clock::now();
    const bool reading = what == Election::Do::Read;
    if (reading && answer.status == 404) {
        election_.saw(std::nullopt, now, random());
        return;
    }
    const auto document =
        answer.ok() ? tree::read_json(answer.body) : base::Result<tree::Document>(base::Error{});
    if (document) {
        const LeaseState lease = parse_lease(document->root);
        if (reading) {
            election_.saw(lease, now, random());
        } else {
            election_.wrote(lease, sent);
        }
        complained_ = false;
    } else if (answer.status == 409) {
        election_.conflicted(now);
    } else {
        election_.failed(now, random());
        complain(answer);
    }
}

void Elector::complain(const source::ApiAnswer& answer) {
    if (std::exchange(complained_, true)) return;
    log_.write(LogLevel::Warn,
               "Lease not kept",
               {{"error", answer.problem},
                {"cure", role_that_cures(answer, action("get", lease_name_))}});
}

void Elector::tell_of_us(Clock::time_point now) {
    member_due_ = now + member_interval;
    const bool is_new = member_version_.empty();
    source::ApiCall call{.action =
                             action(is_new ? "create" : "update", is_new ? "" : member_.name.name),
                         .path = path(is_new ? std::string_view() : member_.name.name),
                         .body = member_body(member_, member_version_, base::wall_clock()),
                         .timeout = 5s};
    member_call_ = server_.call(std::move(call), [this](const source::ApiAnswer& answer) {
        member_call_ = 0;
        told(answer);
    });
}

void Elector::told(const source::ApiAnswer& answer) {
    const auto document =
        answer.ok() ? tree::read_json(answer.body) : base::Result<tree::Document>(base::Error{});
    member_version_ = document ? parse_lease(document->root).resource_version : std::string();
    if (answer.status != 409) return;
    // It exists, or it was written by another: of no use to build on.
    member_.name.name = fmt::format("{}-{:x}", member_.name.name.substr(0, 220), random_());
}

void Elector::count_agents(Clock::time_point now) {
    count_due_ = now + count_interval;
    source::ApiCall call{
        .action = action("list", {}),
        .path =
            path({}, fmt::format("labelSelector={}%3D{}", "gatefile.dev%2Finstance", lease_name_)),
        .timeout = 5s};
    count_call_ = server_.call(std::move(call), [this](const source::ApiAnswer& answer) {
        count_call_ = 0;
        const auto document = answer.ok() ? tree::read_json(answer.body)
                                          : base::Result<tree::Document>(base::Error{});
        if (!document) return;
        members_.saw(document->root, Clock::now());
        counted_ = true;
    });
}

void Elector::serving(const std::string& generation) {
    if (member_.generation == generation) return;
    member_.generation = generation;
    member_due_ = Clock::time_point{};
}

Members::Count Elector::count(const std::string& generation) const {
    return members_.count(generation, Clock::now());
}

void Elector::release() {
    if (!leads(Clock::now())) return;
    // What is under way would be built on a Lease that is ours no more.
    if (election_call_ != 0) server_.cancel(election_call_);
    election_call_ = server_.call({.action = action("update", lease_name_),
                                   .path = path(lease_name_),
                                   .body = election_.release_body(base::wall_clock()),
                                   .timeout = 1s},
                                  [this](const source::ApiAnswer&) { election_call_ = 0; });
}

}  // namespace gatefile::agent
