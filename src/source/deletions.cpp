// SPDX-License-Identifier: Apache-2.0
#include "deletions.hpp"

#include <utility>

#include <fmt/format.h>

#include "gatefile/tree/read.hpp"

namespace gatefile::source {

namespace {

using namespace std::chrono_literals;

/// Discovery learns of a definition's end a moment after the first object is gone.
constexpr auto patience_for_many = 500ms;
constexpr auto ask_again = 1s;

/// Whether objects of the resource can still be created.
bool is_alive(const tree::Node& discovery, const Resource& resource) {
    const tree::Node* list = discovery.is_map() ? discovery.find("resources") : nullptr;
    if (list == nullptr || !list->is_list()) return false;
    for (const tree::Node& item : list->items()) {
        const tree::Node* name = item.find("name");
        if (name == nullptr || !name->is_string() || name->as_string() != resource.plural) continue;
        const tree::Node* verbs = item.find("verbs");
        if (verbs == nullptr || !verbs->is_list()) return false;
        for (const tree::Node& verb : verbs->items()) {
            if (verb.is_string() && verb.as_string() == "create") return true;
        }
    }
    return false;
}

}  // namespace

Deletions::~Deletions() {
    for (const auto& [kind, about] : cases_) {
        if (about.call != 0) server_.cancel(about.call);
    }
}

void Deletions::add(const Resource& resource,
                    std::string_view version,
                    diag::ObjectRef object,
                    std::size_t of) {
    Case& about = cases_[std::string(resource.kind)];
    about.resource = &resource;
    about.version = version;
    about.objects.insert(std::move(object));
    const std::size_t count = about.objects.size();
    const bool many = count == of || (count > 10 && count * 4 > of);
    const auto at = Clock::now() + (many ? Clock::duration(patience_for_many) : Clock::duration{});
    if (!about.ask_at || many) about.ask_at = at;
}

void Deletions::forget(const diag::ObjectRef& object) {
    const auto found = cases_.find(object.kind);
    if (found == cases_.end()) return;
    found->second.objects.erase(object);
    found->second.asked.erase(object);
}

std::optional<Deletions::Clock::time_point> Deletions::due() const {
    std::optional<Clock::time_point> next;
    for (const auto& [kind, about] : cases_) {
        if (about.call == 0 && about.ask_at && (!next || *about.ask_at < *next)) {
            next = about.ask_at;
        }
    }
    return next;
}

void Deletions::turn(Clock::time_point now) {
    for (auto& [kind, about] : cases_) {
        if (about.call == 0 && about.ask_at && *about.ask_at <= now) ask(about);
    }
}

void Deletions::ask(Case& about) {
    about.ask_at.reset();
    about.asked = about.objects;
    if (about.asked.empty()) return;
    about.call =
        server_.call({.action = {.verb = "get",
                                 .group = std::string(about.resource->group),
                                 .resource = "",
                                 .ns = {},
                                 .name = {}},
                      .path = fmt::format("/apis/{}/{}", about.resource->group, about.version)},
                     [this, &about](const ApiAnswer& answer) {
                         about.call = 0;
                         answered(about, answer);
                     });
}

void Deletions::answered(Case& about, const ApiAnswer& answer) {
    // Whom the server forbids to ask is not told more by asking again.
    bool believed = answer.status == 403;
    if (answer.ok()) {
        const auto document = tree::read_json(answer.body);
        believed = document && is_alive(document->root, *about.resource);
    } else if (answer.status != 403 && answer.status != 404) {
        about.ask_at = Clock::now() + ask_again;
        return;
    }
    const std::set<diag::ObjectRef> asked = std::exchange(about.asked, {});
    for (const diag::ObjectRef& object : asked)
        about.objects.erase(object);
    if (!about.objects.empty() && !about.ask_at) about.ask_at = Clock::now();
    judge_(asked, believed);
}

}  // namespace gatefile::source
