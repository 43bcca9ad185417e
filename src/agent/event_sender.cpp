// SPDX-License-Identifier: Apache-2.0
#include "event_sender.hpp"

#include <utility>

#include <fmt/format.h>

#include "problems.hpp"

namespace gatefile::agent {

namespace {

/// When thousands of objects turn at once, their status says it; Events of all would say no more
/// and fill the API server.
constexpr std::size_t most_waiting = 200;

}  // namespace

EventSender::~EventSender() {
    if (call_ != 0) server_.cancel(call_);
}

void EventSender::report(std::shared_ptr<const status::Report> report, bool speaks) {
    if (speaks) {
        const auto uid_of = [this](const diag::ObjectRef& object) {
            const source::Live* live = cluster_.live(object);
            return live == nullptr ? std::string() : live->uid;
        };
        for (status::Event& event :
             status::events(*last_,
                            *report,
                            uid_of,
                            {.controller = settings_.translate.build.selection.controller_name,
                            .instance = settings_.identity.substr(0, 128)},
                            base::wall_clock())) {
            if (waiting_.size() < most_waiting) waiting_.push_back(std::move(event));
        }
    }
    last_ = std::move(report);
    if (call_ == 0) send_next();
}

void EventSender::send_next() {
    if (waiting_.empty()) return;
    const status::Event event = std::move(waiting_.front());
    waiting_.pop_front();
    source::Action action{.verb = "create",
                          .group = "events.k8s.io",
                          .resource = "events",
                          .ns = event.ns,
                          .name = {}};
    call_ = server_.call(
        {.action = action,
         .path = fmt::format("/apis/events.k8s.io/v1/namespaces/{}/events", event.ns),
         .body = event.body},
        [this, action](const source::ApiAnswer& answer) {
            call_ = 0;
            // 409: the same Event was created before.
            if (!answer.ok() && answer.status != 409 && complaints_.insert(action.ns).second) {
                log_.write(
                    LogLevel::Warn,
                    "Event not created",
                    {{"error", answer.problem}, {"cure", role_that_cures(answer, action)}});
            }
            send_next();
        });
}

}  // namespace gatefile::agent
