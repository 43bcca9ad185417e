// SPDX-License-Identifier: Apache-2.0
#include "object_writer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "problems.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr auto retry_after = 2s;

source::ApiCall call_for(const analysis::ObjectWrite& write) {
    const bool is_service = write.object.kind == "Service";
    const std::string_view group = is_service ? "" : "discovery.k8s.io";
    const std::string_view plural = is_service ? "services" : "endpointslices";
    const bool deletes = write.body.empty();
    return {.action = {.verb = deletes ? "delete" : "patch",
                       .group = std::string(group),
                       .resource = std::string(plural),
                       .ns = write.object.ns,
                       .name = write.object.name},
            .path = fmt::format("{}/v1/namespaces/{}/{}/{}{}",
                                is_service ? "/api" : "/apis/discovery.k8s.io",
                                write.object.ns,
                                plural,
                                write.object.name,
                                deletes ? "" : "?fieldManager=gatefile&force=true"),
            .body = write.body,
            .content_type = "application/apply-patch+yaml"};
}

}  // namespace

ObjectWriter::~ObjectWriter() {
    if (call_ != 0) server_.cancel(call_);
}

void ObjectWriter::want(std::vector<analysis::ObjectWrite> writes) {
    std::erase_if(done_, [&](const analysis::ObjectWrite& done) {
        return std::ranges::find(writes, done) == writes.end();
    });
    writes_ = std::move(writes);
}

void ObjectWriter::turn(bool leads, Clock::time_point now) {
    if (retry_at_ && *retry_at_ <= now) retry_at_.reset();
    if (!leads || call_ != 0 || retry_at_) return;
    const auto waits = [this](const analysis::ObjectWrite& write) {
        return std::ranges::find(done_, write) == done_.end() &&
               std::ranges::find(failed_, write) == failed_.end();
    };
    const auto next = std::ranges::find_if(writes_, waits);
    if (next == writes_.end() && !failed_.empty()) {
        // What is refused must not stand in the way of what comes after it.
        failed_.clear();
        retry_at_ = now + retry_after;
        return;
    }
    if (next != writes_.end()) send(*next);
}

void ObjectWriter::send(const analysis::ObjectWrite& write) {
    call_ = server_.call(call_for(write), [this, write](const source::ApiAnswer& answer) {
        answered(write, answer);
    });
}

void ObjectWriter::answered(const analysis::ObjectWrite& write, const source::ApiAnswer& answer) {
    call_ = 0;
    const bool is_gone = write.body.empty() && answer.status == 404;
    if (answer.ok() || is_gone) {
        complaints_.clear();
        done_.push_back(write);
        retry_at_ = Clock::now();
        return;
    }
    complain(write, answer);
    const bool was_heard = answer.status != 0;
    if (was_heard) failed_.push_back(write);
    retry_at_ = Clock::now() + (was_heard ? 0s : retry_after);
}

void ObjectWriter::complain(const analysis::ObjectWrite& write, const source::ApiAnswer& answer) {
    if (!complaints_.insert(write.object.text() + answer.problem).second) return;
    log_.write(LogLevel::Warn,
               write.body.empty() ? "object not deleted" : "object not applied",
               {{"object", write.object.text()},
                {"error", answer.problem},
                {"cure", role_that_cures(answer, call_for(write).action)}});
}

}  // namespace gatefile::agent
