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

/// In a Pod the name is the same at each start of its container.
Member member_of(const AgentSettings& settings,
                 const std::string& ns,
                 const std::string& own_namespace) {
    const std::string pod = variable(settings, "POD_NAME");
    const std::string uid = variable(settings, "POD_UID");
    // An owner in another namespace counts as gone.
    const bool has_owner = !pod.empty() && !uid.empty() && ns == own_namespace;
    const std::string& instance = settings.lease->name;
    return {.name = {.ns = ns,
                     .name = instance + "-" + object_name(has_owner ? pod : settings.identity)},
            .identity = settings.identity,
            .instance = instance,
            .generation = {},
            .owner = has_owner ? std::optional(Member::Pod{pod, uid}) : std::nullopt};
}

}  // namespace

Elector::Elector(const AgentSettings& settings, source::ApiServer& server, const Log& log)
    : log_(log), server_(server),
      ns_(settings.lease->ns.empty() ? server.access().default_namespace() : settings.lease->ns),
      election_({.ns = ns_, .name = settings.lease->name}, settings.identity),
      member_(member_of(settings, ns_, server.access().default_namespace())),
      lease_name_(settings.lease->name), random_(std::random_device{}()) {}

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

source::ApiCall Elector::member_call() const {
    source::ApiCall call{.timeout = 5s};
    const bool is_new = member_next_ == Election::Do::Create;
    call.path = path(is_new ? std::string_view() : member_.name.name);
    if (member_next_ == Election::Do::Read) {
        call.action = action("get", member_.name.name);
        return call;
    }
    call.action = is_new ? action("create", {}) : action("update", member_.name.name);
    call.body = member_body(member_, is_new ? "" : member_version_, base::wall_clock());
    return call;
}

void Elector::tell_of_us(Clock::time_point now) {
    member_due_ = now + member_interval;
    member_call_ =
        server_.call(member_call(), [this, what = member_next_](const source::ApiAnswer& answer) {
            member_call_ = 0;
            told(what, answer);
        });
}

/// After a failure nobody knows what was written, so it is read before anything else.
void Elector::told(Election::Do what, const source::ApiAnswer& answer) {
    const auto document =
        answer.ok() ? tree::read_json(answer.body) : base::Result<tree::Document>(base::Error{});
    const bool is_read = what == Election::Do::Read;
    member_next_ = Election::Do::Read;
    if (document && is_read && !is_of(document->root, member_)) {
        // Another's, by chance.
        member_.name.name = fmt::format("{}-{:x}", member_.name.name.substr(0, 220), random_());
        member_next_ = Election::Do::Create;
    } else if (document) {
        member_version_ = parse_lease(document->root).resource_version;
        member_next_ = Election::Do::Update;
    } else if (answer.status == 404 || (is_read && answer.status == 403)) {
        member_next_ = Election::Do::Create;
    }
    const bool is_gone = answer.status == 404 && what != Election::Do::Create;
    const bool goes_on = (document && is_read) || is_gone || (answer.status == 409 && !is_read);
    if (goes_on) member_due_ = Clock::time_point{};
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
    // What is under way would be built on Leases that are ours no more.
    for (http::Client::Id* id : {&election_call_, &member_call_}) {
        if (*id != 0) server_.cancel(std::exchange(*id, 0));
    }
    member_call_ = server_.call({.action = action("delete", member_.name.name),
                                 .path = path(member_.name.name),
                                 .timeout = 1s},
                                [this](const source::ApiAnswer&) { member_call_ = 0; });
    if (!leads(Clock::now())) return;
    election_call_ = server_.call({.action = action("update", lease_name_),
                                   .path = path(lease_name_),
                                   .body = election_.release_body(base::wall_clock()),
                                   .timeout = 1s},
                                  [this](const source::ApiAnswer&) { election_call_ = 0; });
}

}  // namespace gatefile::agent
