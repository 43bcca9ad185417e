// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/api_server.hpp"

#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::source {

namespace {

constexpr std::size_t most_warnings = 100;

std::string method_of(const Action& action) {
    if (action.verb == "create") return "POST";
    if (action.verb == "update") return "PUT";
    if (action.verb == "patch") return "PATCH";
    if (action.verb == "delete") return "DELETE";
    return "GET";
}

std::string what_of(const Action& action) {
    std::string what = action.resource;
    if (!action.group.empty()) what += "." + action.group;
    if (!action.name.empty()) what += " " + base::quote_for_message(action.name);
    if (!action.ns.empty()) what += " in namespace " + base::quote_for_message(action.ns);
    return what;
}

std::string problem_of(const Access& access, const Action& action, const http::Answer& answer) {
    if (answer.error) {
        const std::string& text = answer.error->text;
        switch (answer.error->failure) {
        case http::Failure::Unreachable:
            return fmt::format(
                "the API server {} cannot be reached{}: {}",
                access.server(),
                access.peer() == nullptr || access.peer()->proxy.empty()
                    ? ""
                    : " by the proxy of its kubeconfig or the environment",
                text);
        case http::Failure::Untrusted:
            return fmt::format("the certificate of the API server {} is not trusted ({}); give its "
                               "CA in {}",
                               access.server(),
                               text,
                               access.origin());
        case http::Failure::TimedOut:
            return fmt::format("the API server {} does not answer: {}", access.server(), text);
        case http::Failure::Broken:
        case http::Failure::TooLarge:
            return fmt::format(
                "the connection to the API server {} broke: {}", access.server(), text);
        }
    }
    const std::string said = message_of(answer.response.body);
    switch (answer.response.status) {
    case 401:
        return fmt::format("the API server does not know us (401): the credentials of {} are "
                           "expired or wrong",
                           access.origin());
    case 403:
        return fmt::format("not allowed (403): {} {}", action.verb, what_of(action));
    default:
        return fmt::format("the API server answers {}: {}", answer.response.status, said);
    }
}

}  // namespace

std::string message_of(std::string_view body) {
    const auto document = tree::read_json(body);
    if (document && document->root.is_map()) {
        const tree::Node* message = document->root.find("message");
        if (message != nullptr && message->is_string())
            return base::quote_for_message(message->as_string(), 500);
    }
    return base::quote_for_message(body.substr(0, 200));
}

void ApiServer::warn(const std::string& text) {
    if (text.empty() || warned_.size() >= most_warnings || warned_.contains(text)) return;
    warned_.insert(text);
    if (observer_.warned) observer_.warned(text);
}

http::Client::Id ApiServer::call(ApiCall call, Done done, http::Chunk chunk) {
    // A failing refresh keeps what there was; what is wrong with it the server will say.
    const auto fresh = access_.refresh(Clock::now());
    warn(fresh ? access_.complaint() : fresh.error().text);
    http::Call request{.method = method_of(call.action),
                       .url = access_.server() + call.path,
                       .headers = access_.headers(),
                       .body = std::move(call.body),
                       .peer = access_.peer(),
                       .timeout = call.timeout};
    request.headers.emplace_back("Accept", std::move(call.accept));
    request.headers.emplace_back("User-Agent", "gatefile/" GATEFILE_VERSION);
    if (!request.body.empty()) request.headers.emplace_back("Content-Type", call.content_type);
    auto ended =
        [this, action = std::move(call.action), done = std::move(done)](http::Answer answer) {
            ApiAnswer out;
            if (answer.error) {
                out.failure = answer.error->failure;
            } else {
                out.status = answer.response.status;
            }
            if (out.status == 401) access_.refused();
            if (observer_.ended) observer_.ended(action, out.status);
            for (const std::string& warning : answer.warnings)
                warn(warning);
            if (!out.ok()) out.problem = problem_of(access_, action, answer);
            out.body = std::move(answer.response.body);
            out.retry_after = answer.retry_after;
            done(std::move(out));
        };
    return client_.start(std::move(request), std::move(ended), std::move(chunk));
}

}  // namespace gatefile::source
