// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "gatefile/analysis/route_test.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"
#include "judging.hpp"

namespace gatefile::analysis {
namespace {

using Texts = std::vector<std::string>;

/// A request as a backend says that it got it.
struct Echo {
    std::string path;  ///< and query
    std::string host;
    std::vector<ir::Header> headers;
    std::string ns, service, pod;  ///< who it is, as far as it tells
};

std::string text_at(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.find(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

/// {"path": …, "host": …, "headers": {"NAME": ["LINE", …]}}, and who answers.
std::optional<Echo> echo_of(std::string_view body) {
    if (!base::trim(body).starts_with('{')) return std::nullopt;
    const auto document = tree::read_json(body);
    if (!document || !document->root.is_map()) return std::nullopt;
    const tree::Node& root = document->root;
    const tree::Node* headers = root.find("headers");
    Echo echo{.path = text_at(root, "path"),
              .host = text_at(root, "host"),
              .headers = {},
              .ns = text_at(root, "namespace"),
              .service = text_at(root, "service"),
              .pod = text_at(root, "pod")};
    if (!echo.path.starts_with('/') || headers == nullptr || !headers->is_map())
        return std::nullopt;
    for (const tree::Entry& entry : headers->entries()) {
        if (!entry.value.is_list()) return std::nullopt;
        for (const tree::Node& line : entry.value.items()) {
            if (!line.is_string()) return std::nullopt;
            echo.headers.push_back({std::string(entry.key), std::string(line.as_string())});
        }
    }
    return echo;
}

/// What Traefik says itself where no backend is asked, or none answers.
bool is_traefiks_own(const LiveAnswer& answer) {
    constexpr auto pages = std::to_array<std::pair<int, std::string_view>>(
        {{404, "404 page not found"},
         {421, "Misdirected Request"},
         {502, "Bad Gateway"},
         {503, "no available server"},
         {503, "Service Unavailable"},
         {504, "Gateway Timeout"}});
    const std::string_view body = base::trim(answer.body);
    return std::ranges::any_of(pages, [&](const auto& page) {
        return page.first == answer.status && page.second == body;
    });
}

/// "cart" of "cart-7d9f8b6c5d-x2v4q": what a ReplicaSet, DaemonSet or StatefulSet puts behind the
/// name goes. Their random parts have neither vowels nor 0, 1 and 3.
std::string_view owner_of(std::string_view pod) {
    const auto shorter = [](std::string_view name) {
        const std::size_t dash = name.rfind('-');
        return dash == std::string_view::npos ? name : name.substr(0, dash);
    };
    const std::string_view once = shorter(pod);
    const std::string_view last = once.substr(std::min(shorter(once).size() + 1, once.size()));
    const bool is_hash =
        last.size() >= 5 &&
        last.find_first_not_of("bcdfghjklmnpqrstvwxz2456789") == std::string_view::npos;
    return is_hash ? shorter(once) : once;
}

/// Held, missed with what there is instead, or not judged.
struct Finding {
    std::optional<std::string> miss;
    std::optional<std::string> unjudged;
};
constexpr std::string_view no_echo = "the answer does not tell what the backend got";

Finding held() {
    return {};
}
Finding missed(std::string found) {
    return {.miss = std::move(found), .unjudged = std::nullopt};
}
Finding unjudged(std::string_view why) {
    return {.miss = std::nullopt, .unjudged = std::string(why)};
}
Finding of(std::optional<std::string> miss) {
    return {.miss = std::move(miss), .unjudged = std::nullopt};
}

class LiveJudge {
public:
    LiveJudge(const RouteTest& test, const LiveAnswer& answer)
        : answer_(answer), answered_(answer.end == LiveAnswer::End::Answered),
          echo_(answered_ ? echo_of(answer.body) : std::nullopt) {
        // Whoever expects no HTTP has nothing else that a client could see.
        for (const Expected& expected : test.expected) {
            if (expected.field != ExpectedField::Outcome) continue;
            const std::string& wanted = expected.values.front();
            expects_answer_ = wanted != outcome_name(Outcome::Refused) &&
                              wanted != outcome_name(Outcome::Closed) &&
                              wanted != outcome_name(Outcome::NoListener) &&
                              wanted != outcome_name(Outcome::PassedOn);
        }
    }

    Finding find(const Expected& expected) const {
        if (expected.field == ExpectedField::Outcome) return outcome(expected.values.front());
        if (!answered_ && expects_answer_) return missed("no answer: " + answer_.failure);
        switch (expected.field) {
        case ExpectedField::Outcome:
        case ExpectedField::Route:
        case ExpectedField::Rule:
            return unjudged("a client cannot see it");
        case ExpectedField::Backend:
            return backend(expected);
        case ExpectedField::Status:
            return of(miss_of(expected.values, {std::to_string(answer_.status)}));
        case ExpectedField::Location:
            return of(miss_of(expected.values, lines_of(answer_.headers, "Location")));
        case ExpectedField::Path:
            return at_backend([&] { return miss_of(expected.values, {echo_->path}); });
        case ExpectedField::Host:
            return at_backend([&] { return miss_of(expected.values, {echo_->host}); });
        case ExpectedField::HeaderSet:
        case ExpectedField::HeaderAdded:
        case ExpectedField::HeaderRemoved:
            return at_backend([&] {
                return miss_of_lines(expected, lines_of(echo_->headers, expected.header));
            });
        case ExpectedField::ResponseSet:
        case ExpectedField::ResponseAdded:
        case ExpectedField::ResponseRemoved:
            return of(miss_of_lines(expected, lines_of(answer_.headers, expected.header)));
        }
        return held();
    }

private:
    std::string got() const {
        if (!answered_) return "no answer: " + answer_.failure;
        return fmt::format("an answer, {}{}", answer_.status, echo_ ? ", of a backend" : "");
    }

    Finding outcome(std::string_view wanted) const {
        using End = LiveAnswer::End;
        const auto is = [wanted](Outcome one) { return wanted == outcome_name(one); };
        const auto unless = [this](bool good) { return good ? held() : missed(got()); };
        if (is(Outcome::Refused))
            return unless(answer_.end == End::Alert || answer_.end == End::Handshake);
        if (is(Outcome::Closed))
            return unless(answer_.end == End::Closed || answer_.end == End::Handshake);
        if (is(Outcome::NoListener) || is(Outcome::PassedOn))
            return unjudged("a client cannot see it");
        if (!answered_) return missed(got());
        if (is(Outcome::Misdirected)) return unless(answer_.status == 421 && !echo_);
        if (is(Outcome::NotFound)) {
            if (answer_.status != 404 || echo_) return missed(got());
            return is_traefiks_own(answer_) ? held()
                                            : unjudged("this 404 may be Traefik's or a backend's");
        }
        if (is(Outcome::Forwarded)) {
            if (echo_) return held();
            return is_traefiks_own(answer_) ? missed(got()) : unjudged(no_echo);
        }
        if (is(Outcome::Answered)) {
            if (echo_) return missed(got());
            return unjudged("the answer may be Traefik's or a backend's");
        }
        return missed(got());
    }

    template <typename Miss>
    Finding at_backend(const Miss& miss) const {
        if (echo_) return of(miss());
        if (answered_ && is_traefiks_own(answer_)) return missed(got() + " of Traefik's own");
        return unjudged(no_echo);
    }

    Finding backend(const Expected& expected) const {
        if (!echo_) return at_backend([] { return std::optional<std::string>(); });
        if (echo_->ns.empty() || (echo_->service.empty() && echo_->pod.empty()))
            return unjudged("the backend does not tell who it is");
        const std::string name =
            echo_->service.empty() ? std::string(owner_of(echo_->pod)) : echo_->service;
        const bool is_named = std::ranges::any_of(expected.values, [&](std::string_view value) {
            return value.substr(0, value.rfind(':')) == echo_->ns + "/" + name;
        });
        if (is_named) return held();
        return missed(base::quote_for_message(echo_->ns + "/" + name) +
                      (echo_->service.empty() ? ", by its Pod's name" : ""));
    }

    const LiveAnswer& answer_;
    bool answered_;
    bool expects_answer_ = true;
    std::optional<Echo> echo_;
};

}  // namespace

Verdict judge_live(const RouteTest& test, const LiveAnswer& answer) {
    Verdict verdict;
    const LiveJudge judge(test, answer);
    for (const Expected& expected : test.expected) {
        Finding finding = judge.find(expected);
        if (finding.miss) verdict.misses.push_back({expected, std::move(*finding.miss)});
        if (finding.unjudged) verdict.unjudged.push_back({expected, std::move(*finding.unjudged)});
    }
    return verdict;
}

}  // namespace gatefile::analysis
