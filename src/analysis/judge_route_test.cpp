// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "gatefile/analysis/route_test.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"
#include "judging.hpp"

namespace gatefile::analysis {
namespace {

using Texts = std::vector<std::string>;

}  // namespace

std::string quoted(const Texts& texts) {
    Texts out;
    for (const std::string& text : texts)
        out.push_back(base::quote_for_message(text, 300));
    return out.empty() ? "none" : base::join(out, ", ");
}

Texts lines_of(const std::vector<ir::Header>& headers, std::string_view name) {
    Texts out;
    for (const ir::Header& header : headers)
        if (base::equals_ignoring_case(header.name, name)) out.push_back(header.value);
    return out;
}

std::optional<std::string> miss_of(const Texts& wanted, const Texts& got) {
    if (wanted == got) return std::nullopt;
    return quoted(got);
}

std::optional<std::string> miss_of_lines(const Expected& expected, const Texts& lines) {
    const bool any =
        std::ranges::find(lines,
                          expected.values.empty() ? std::string() : expected.values.front()) !=
        lines.end();
    switch (expected.field) {
    case ExpectedField::HeaderRemoved:
    case ExpectedField::ResponseRemoved:
        return lines.empty() ? std::nullopt : std::optional(quoted(lines));
    case ExpectedField::HeaderAdded:
    case ExpectedField::ResponseAdded:
        return any ? std::nullopt : std::optional(quoted(lines));
    default:
        return miss_of(expected.values, lines);
    }
}

namespace {

std::string name_of(const ir::Backend& backend) {
    return fmt::format("{}/{}:{}", backend.ns, backend.name, backend.port);
}

Texts unique(Texts texts) {
    std::ranges::sort(texts);
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    return texts;
}

Texts backends_of(const Explanation& explanation) {
    Texts out;
    for (const Share& share : explanation.shares)
        if (share.backend) out.push_back(name_of(*share.backend));
    return unique(std::move(out));
}

/// What a client may get; a backend's own answer counts as 200.
Texts statuses_of(const Explanation& explanation) {
    if (explanation.reply) return {std::to_string(explanation.reply->status)};
    Texts out;
    if (explanation.outcome != Outcome::Forwarded) return out;
    for (const Share& share : explanation.shares)
        out.push_back(std::to_string(share.status.value_or(200)));
    return unique(std::move(out));
}

std::string location_of(const Explanation& explanation) {
    if (!explanation.reply) return "";
    const Texts lines = lines_of(explanation.reply->headers, "Location");
    return lines.empty() ? "" : lines.front();
}

/// What a filter does to an answer that has no headers, and the names that it takes away.
struct Answer {
    std::vector<ir::Header> headers;
    Texts removed;
};

Answer answer_of(const Explanation& explanation) {
    Answer out;
    if (explanation.reply) out.headers = explanation.reply->headers;
    std::vector<ir::HeaderChange> changes;
    for (const Share& share : explanation.shares)
        changes.insert(changes.end(), share.reply.begin(), share.reply.end());
    changes.insert(changes.end(), explanation.changes.begin(), explanation.changes.end());
    for (const ir::HeaderChange& change : changes) {
        out.headers.insert(out.headers.end(), change.set.begin(), change.set.end());
        out.headers.insert(out.headers.end(), change.add.begin(), change.add.end());
        out.removed.insert(out.removed.end(), change.remove.begin(), change.remove.end());
    }
    return out;
}

/// Null when no backend gets the request.
const Seen* seen_of(const Explanation& explanation) {
    for (const Share& share : explanation.shares)
        if (share.seen) return &*share.seen;
    return nullptr;
}

class Judge {
public:
    explicit Judge(const Explanation& explanation) : found_(explanation) {}

    /// What there is instead; nothing when it is as expected.
    std::optional<std::string> miss(const Expected& expected) const {
        switch (expected.field) {
        case ExpectedField::Outcome:
            return equal(expected, std::string(outcome_name(found_.outcome)));
        case ExpectedField::Route:
            return route(expected);
        case ExpectedField::Rule:
            return rule(expected);
        case ExpectedField::Backend:
            return miss_of(unique(expected.values), backends_of(found_));
        case ExpectedField::Status:
            return miss_of(expected.values, statuses_of(found_));
        case ExpectedField::Location:
            return equal(expected, location_of(found_));
        case ExpectedField::Path:
            return equal(expected, seen_of(found_) ? seen_of(found_)->target : "");
        case ExpectedField::Host:
            return equal(expected, seen_of(found_) ? seen_of(found_)->host : "");
        case ExpectedField::HeaderSet:
        case ExpectedField::HeaderAdded:
        case ExpectedField::HeaderRemoved:
            if (seen_of(found_) == nullptr) return "no backend gets the request";
            return miss_of_lines(expected, lines_of(seen_of(found_)->headers, expected.header));
        case ExpectedField::ResponseSet:
        case ExpectedField::ResponseAdded:
            return miss_of_lines(expected, lines_of(answer_of(found_).headers, expected.header));
        case ExpectedField::ResponseRemoved:
            return removed(expected);
        }
        return std::nullopt;
    }

private:
    static std::optional<std::string> equal(const Expected& expected, const std::string& got) {
        return miss_of(expected.values, got.empty() ? Texts{} : Texts{got});
    }

    std::optional<std::string> route(const Expected& expected) const {
        if (!found_.taken) return "none";
        const diag::ObjectRef& object = found_.taken->route.object;
        const std::string& wanted = expected.values.front();
        const std::string name = object.ns + "/" + object.name;
        if (wanted == name || wanted == object.kind + " " + name) return std::nullopt;
        return base::quote_for_message(object.kind + " " + name);
    }

    std::optional<std::string> rule(const Expected& expected) const {
        if (!found_.taken) return "none";
        const auto& segments = found_.taken->rule.path.segments();
        const std::string index = std::to_string(std::get<std::size_t>(segments.back()));
        const std::string& name = found_.taken->rule_name;
        if (expected.values.front() == index) return std::nullopt;
        if (!name.empty() && expected.values.front() == name) return std::nullopt;
        return name.empty() ? index : index + " (" + base::quote_for_message(name) + ")";
    }

    std::optional<std::string> removed(const Expected& expected) const {
        const Texts names = answer_of(found_).removed;
        const bool is_removed = std::ranges::any_of(names, [&](const std::string& name) {
            return base::equals_ignoring_case(name, expected.header);
        });
        if (is_removed) return std::nullopt;
        return "no filter removes it";
    }

    const Explanation& found_;
};

/// One case as YAML, by hand: the order of the keys is part of what is read.
class Recorder {
public:
    void add(const RouteTest& test, const Explanation& found) {
        out_ += fmt::format("- name: {}\n  request:\n", text(test.name));
        out_ += fmt::format("    method: {}\n", text(test.question.method));
        out_ += fmt::format("    url: {}\n", text(url_of(with_own_host(test.question))));
        add_request(test);
        out_ += fmt::format("  expect:\n    outcome: {}\n", outcome_name(found.outcome));
        if (found.taken) {
            const diag::ObjectRef& object = found.taken->route.object;
            line("route", fmt::format("{} {}/{}", object.kind, object.ns, object.name));
            const auto& segments = found.taken->rule.path.segments();
            out_ += fmt::format("    rule: {}\n", std::get<std::size_t>(segments.back()));
        }
        const Texts backends = backends_of(found);
        if (!backends.empty()) out_ += "    backend: [" + texts(backends) + "]\n";
        if (const Texts statuses = statuses_of(found); statuses.size() == 1)
            out_ += "    status: " + statuses.front() + "\n";
        if (const std::string location = location_of(found); !location.empty())
            line("location", location);
        if (const Seen* seen = seen_of(found)) {
            const auto same_for_all = [&](auto member) {
                return std::ranges::all_of(found.shares, [&](const Share& share) {
                    return !share.seen || (*share.seen).*member == seen->*member;
                });
            };
            if (same_for_all(&Seen::target)) line("path", seen->target);
            if (same_for_all(&Seen::host)) line("host", seen->host);
            if (same_for_all(&Seen::changes)) add_changes("headers", seen->changes);
        }
        for (const ir::HeaderChange& change : found.changes)
            add_changes("response", change);
    }
    std::string take() { return std::move(out_); }

private:
    static std::string text(std::string_view value) {
        tree::Arena arena;
        std::string json =
            tree::write_json(tree::Node::string(arena.copy(value)), tree::JsonStyle::Compact);
        json.pop_back();
        return json;
    }
    static std::string texts(const Texts& values) {
        Texts out;
        for (const std::string& value : values)
            out.push_back(text(value));
        return base::join(out, ", ");
    }
    void line(std::string_view key, std::string_view value) {
        out_ += fmt::format("    {}: {}\n", key, text(value));
    }

    /// The request with the Host that its URL would give it: that of a header may name another port.
    static Question with_own_host(Question question) {
        const auto parsed = make_question("GET", "http://" + question.host);
        if (!parsed || parsed->port == question.port) return question;
        const std::string port = fmt::format(":{}", parsed->port);
        if (question.host.ends_with(port)) question.host.resize(question.host.size() - port.size());
        if (question.port != (question.tls ? 443 : 80))
            question.host += fmt::format(":{}", question.port);
        return question;
    }

    void add_request(const RouteTest& test) {
        std::set<std::string> names;
        const bool other_host = with_own_host(test.question).host != test.question.host;
        if (other_host || !test.question.headers.empty()) out_ += "    headers:\n";
        if (other_host) out_ += fmt::format("      Host: {}\n", text(test.question.host));
        for (const auto& [name, value] : test.question.headers) {
            if (!names.insert(base::to_lower(name)).second) continue;
            Texts lines;
            for (const auto& [other, one] : test.question.headers)
                if (base::equals_ignoring_case(other, name)) lines.push_back(one);
            out_ += fmt::format("      {}: [{}]\n", text(name), texts(lines));
        }
        if (test.question.tls) line("sni", test.question.sni.value_or(""));
        if (!test.client_certificate.empty()) line("clientCertificate", test.client_certificate);
        if (!test.question.gateway.empty())
            line("gateway", test.question.gateway_ns + "/" + test.question.gateway);
    }

    void add_changes(std::string_view key, const ir::HeaderChange& change) {
        if (change.set.empty() && change.add.empty() && change.remove.empty()) return;
        out_ += fmt::format("    {}:\n", key);
        const auto headers = [&](std::string_view verb, const std::vector<ir::Header>& list) {
            if (!list.empty()) out_ += fmt::format("      {}:\n", verb);
            for (const ir::Header& header : list)
                out_ += fmt::format("        {}: {}\n", text(header.name), text(header.value));
        };
        headers("set", change.set);
        headers("added", change.add);
        if (!change.remove.empty()) out_ += "      removed: [" + texts(change.remove) + "]\n";
    }

    std::string out_;
};

}  // namespace

std::vector<Miss> judge(const RouteTest& test, const Explanation& explanation) {
    std::vector<Miss> out;
    const Judge judge(explanation);
    for (const Expected& expected : test.expected) {
        if (auto found = judge.miss(expected)) out.push_back({expected, std::move(*found)});
    }
    return out;
}

Verdict judge_offline(const RouteTest& test, const Explanation& explanation) {
    Verdict verdict;
    if (explanation.unsure.empty()) {
        verdict.misses = judge(test, explanation);
        return verdict;
    }
    for (const Expected& expected : test.expected)
        verdict.unjudged.push_back({expected, explanation.unsure});
    return verdict;
}

std::string record(const std::vector<std::pair<RouteTest, Explanation>>& tests) {
    Recorder recorder;
    for (const auto& [test, explanation] : tests)
        recorder.add(test, explanation);
    return recorder.take();
}

}  // namespace gatefile::analysis
