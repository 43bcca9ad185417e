// SPDX-License-Identifier: Apache-2.0
#include "port.hpp"

#include <optional>
#include <utility>

#include "gatefile/analysis/picture.hpp"

namespace gatefile::agent {

namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

Reply from_verdict(const Verdict& verdict) {
    return {verdict.ok ? 200u : 503u, plain_text, verdict.text};
}

Reply live_page() {
    Reply reply{200, "text/html; charset=utf-8", analysis::write_live_page()};
    reply.policy = analysis::page_policy(true) + "; frame-ancestors 'none'";
    return reply;
}

Reply live_data(LivePicture& picture, std::string_view known_tag) {
    LivePicture::Answer found = picture.answer(known_tag);
    if (found.tag.empty()) return {503, plain_text, "nothing has been translated yet\n"};
    Reply reply{found.json ? 200u : 304u, "application/json", {}};
    reply.shared_body = std::move(found.json);
    reply.tag = std::move(found.tag);
    return reply;
}

Reply not_found(std::string_view text) {
    return {404, plain_text, std::string(text)};
}

}  // namespace

Reply answer(const Question& question, const Served& served) {
    const std::string_view path = question.path;
    if (path == "/livez" || path == "/healthz")
        return from_verdict(served.health.live(question.verbose));
    if (path == "/readyz") return from_verdict(served.health.ready(question.verbose));
    if (path == "/metrics") return {200, metrics_content_type, served.metrics.text()};
    if (served.picture != nullptr && path == "/") return live_page();
    if (served.picture != nullptr && path == "/graph.json")
        return live_data(*served.picture, question.known_tag);
    constexpr std::string_view one_check = "/readyz/";
    if (path.substr(0, one_check.size()) == one_check) {
        const auto verdict = served.health.ready_check(path.substr(one_check.size()));
        return verdict ? from_verdict(*verdict) : not_found("no such check; see /readyz?verbose\n");
    }
    return not_found("not found; there are /livez, /readyz and /metrics\n");
}

base::Result<Port> Port::open(std::string_view address, const Served& served) {
    auto server = HttpServer::open(
        {.address = std::string(address)},
        [served](const Question& question) { return answer(question, served); });
    if (!server) return server.error();
    return Port(std::move(*server));
}

}  // namespace gatefile::agent
