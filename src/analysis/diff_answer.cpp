// SPDX-License-Identifier: Apache-2.0
#include "diff_answer.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "diff_filters.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

std::string_view protocol_text(ir::BackendProtocol protocol) {
    switch (protocol) {
    case ir::BackendProtocol::Http:
        return "HTTP";
    case ir::BackendProtocol::H2c:
        return "HTTP/2 in clear";
    case ir::BackendProtocol::Https:
        return "HTTPS";
    case ir::BackendProtocol::Tcp:
        return "TCP";
    case ir::BackendProtocol::Udp:
        return "UDP";
    }
    return "";
}

/// Authorities are shown by a fingerprint: their text says nothing to a reader.
Aspect connection(const ir::Config& config, const ir::Backend& backend) {
    Aspect aspect;
    put(aspect.key, target_text(backend));
    aspect.text = fmt::format("{} by {}", target_text(backend), protocol_text(backend.protocol));
    put(aspect.key, protocol_text(backend.protocol));
    if (backend.composite) {
        const std::string parts = composite_key(config, config.composites[*backend.composite]);
        put(aspect.key, parts);
        aspect.text += fmt::format(" (settings and parts {:.8})", base::sha256_hex(parts));
    }
    if (!backend.tls) return aspect;
    const ir::BackendTls& tls = config.backend_tls[*backend.tls];
    put(aspect.key, tls.server_name);
    put(aspect.key, tls.ca_pem);
    put(aspect.key, tls.uri.value_or(""));
    aspect.text += ", TLS";
    if (!tls.server_name.empty()) aspect.text += " as " + base::quote_for_message(tls.server_name);
    aspect.text += tls.ca_pem.empty() ? " verified by the system's authorities"
                                      : " verified by authorities sha256:" +
                                            base::sha256_hex(tls.ca_pem).substr(0, 12);
    if (tls.uri) aspect.text += " for " + base::quote_for_message(*tls.uri);
    if (tls.client_certificate) {
        const std::string& shown = config.client_certificates[*tls.client_certificate].fingerprint;
        put(aspect.key, shown);
        aspect.text += fmt::format(", showing certificate {:.12}", shown);
    }
    for (const auto& [name, value] : tls.options) {
        put(aspect.key, name);
        put(aspect.key, value);
        aspect.text +=
            fmt::format(", {} {}", base::quote_for_message(name), base::quote_for_message(value));
    }
    return aspect;
}

/// Weights by target ("" for what fails), in lowest terms.
class Shares {
public:
    void add(const std::string& target, int weight) {
        weights_[target] += weight;
        total_ += weight;
        divisor_ = std::accumulate(
            weights_.begin(),
            weights_.end(),
            std::int64_t{0},
            [](std::int64_t sum, const auto& entry) { return std::gcd(sum, entry.second); });
    }

    Aspect aspect() const {
        Aspect aspect;
        for (const auto& [target, weight] : weights_) {
            put(aspect.key, target);
            put(aspect.key, std::to_string(weight / divisor_));
            if (!aspect.text.empty()) aspect.text += ", ";
            aspect.text += target.empty() ? "an error" : target;
            if (weights_.size() > 1) {
                const double percent =
                    100.0 * static_cast<double>(weight) / static_cast<double>(total_);
                aspect.text += fmt::format(" ({:.3g} %)", percent);
            }
        }
        return aspect;
    }

    int failing_per_mille() const {
        const auto failing = weights_.find("");
        if (failing == weights_.end()) return 0;
        return static_cast<int>(std::max<std::int64_t>(1, failing->second * 1000 / total_));
    }

private:
    std::map<std::string, std::int64_t> weights_;
    std::int64_t total_ = 0;
    std::int64_t divisor_ = 1;
};

void sort_unique(std::vector<std::string>& texts) {
    std::ranges::sort(texts);
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

void sort_unique(std::vector<Aspect>& aspects) {
    std::ranges::sort(aspects, {}, &Aspect::key);
    aspects.erase(std::unique(aspects.begin(), aspects.end()), aspects.end());
}

/// Filters of a member count for its share only, so its target belongs to their key. Where one
/// target has several members, so do their weights.
void add_member_filters(const ir::Config& config,
                        const ir::Member& member,
                        bool repeated,
                        Answer& answer) {
    const std::string target =
        member.backend ? target_text(config.backends[*member.backend]) : "an error";
    for (const ir::Filter& filter : member.filters) {
        Aspect aspect = filter_aspect(config, filter);
        put(aspect.key, target);
        if (repeated) put(aspect.key, std::to_string(member.weight));
        aspect.text += fmt::format(" (for {})", target);
        answer.filters.push_back(std::move(aspect));
    }
}

void forward(const ir::Config& config, const ir::Forward& action, Answer& answer) {
    answer.kind = AnswerKind::Forward;
    std::map<std::optional<std::size_t>, int> seen;
    for (const ir::Member& member : action.members)
        ++seen[member.backend];
    Shares shares;
    for (const ir::Member& member : action.members) {
        add_member_filters(config, member, seen[member.backend] > 1, answer);
        if (!member.backend) {
            shares.add("", member.weight);
            put(answer.key, std::to_string(member.fail.status));
            continue;
        }
        const ir::Backend& backend = config.backends[*member.backend];
        answer.targets.push_back(target_text(backend));
        answer.connections.push_back(connection(config, backend));
        shares.add(target_text(backend), member.weight);
    }
    answer.shares = shares.aspect();
    answer.failing = shares.failing_per_mille();
    sort_unique(answer.targets);
    sort_unique(answer.connections);
}

Aspect retry_aspect(const ir::Rule& rule) {
    if (!rule.retry) return {"", "no retries"};
    Aspect aspect;
    put(aspect.key, std::to_string(rule.retry->attempts));
    std::vector<std::string> codes;
    for (const int code : rule.retry->codes)
        codes.push_back(std::to_string(code));
    sort_unique(codes);
    put(aspect.key, base::join(codes, ","));
    aspect.text = fmt::format("{} retries", rule.retry->attempts);
    if (!codes.empty()) aspect.text += " on " + base::join(codes, ", ");
    if (rule.retry->backoff) {
        put(aspect.key, std::to_string(rule.retry->backoff->count()));
        aspect.text += " after " + duration_text(*rule.retry->backoff);
    }
    return aspect;
}

Aspect stickiness_aspect(const ir::Rule& rule) {
    if (!rule.stickiness) return {"", "no session persistence"};
    const ir::Stickiness& sticky = *rule.stickiness;
    Aspect aspect;
    put(aspect.key, sticky.cookie.value_or(""));
    put(aspect.key, sticky.path.value_or(""));
    put(aspect.key, sticky.max_age ? std::to_string(sticky.max_age->count()) : "");
    aspect.text = "session persistence";
    if (sticky.cookie) aspect.text += " by cookie " + base::quote_for_message(*sticky.cookie);
    if (sticky.path) aspect.text += " below " + base::quote_for_message(*sticky.path);
    if (sticky.max_age) aspect.text += " for " + duration_text(*sticky.max_age);
    return aspect;
}

void seal(Answer& answer) {
    std::string key = std::move(answer.key);
    put(key, std::to_string(static_cast<int>(answer.kind)));
    put(key, std::to_string(answer.status));
    put(key, answer.shares.key);
    put(key, answer.redirect.key);
    for (const Aspect& filter : answer.filters)
        put(key, filter.key);
    put(key, answer.request_timeout ? std::to_string(answer.request_timeout->count()) : "");
    put(key, answer.backend_timeout ? std::to_string(answer.backend_timeout->count()) : "");
    put(key, answer.retry.key);
    put(key, answer.stickiness.key);
    for (const Aspect& connection : answer.connections)
        put(key, connection.key);
    answer.key = std::move(key);
}

}  // namespace

void put(std::string& key, std::string_view part) {
    key += std::to_string(part.size());
    key += ':';
    key += part;
}

std::string duration_text(std::chrono::milliseconds duration) {
    const bool whole = duration.count() % 1000 == 0;
    return whole ? fmt::format("{}s", duration.count() / 1000)
                 : fmt::format("{}ms", duration.count());
}

std::string target_text(const ir::Backend& backend) {
    if (backend.composite) return fmt::format("TraefikService {}/{}", backend.ns, backend.name);
    return fmt::format("Service {}/{}:{}", backend.ns, backend.name, backend.port);
}

Answer answer_of(const ir::Config& config, const ir::Rule& rule) {
    Answer answer;
    if (const auto* fail = std::get_if<ir::Fail>(&rule.action)) {
        // Nothing else of the rule is seen by anybody.
        answer.status = fail->status;
        seal(answer);
        return answer;
    }
    answer.status = 0;
    for (const ir::Filter& filter : rule.filters) {
        if (const auto* redirect = std::get_if<ir::Redirect>(&filter)) {
            answer.redirect = redirect_aspect(*redirect);
        } else {
            answer.filters.push_back(filter_aspect(config, filter));
        }
    }
    if (const auto* action = std::get_if<ir::Forward>(&rule.action)) {
        forward(config, *action, answer);
        answer.request_timeout = rule.request_timeout;
        answer.backend_timeout = rule.backend_timeout;
        answer.retry = retry_aspect(rule);
        answer.stickiness = stickiness_aspect(rule);
    } else {
        answer.kind = AnswerKind::Redirect;
    }
    seal(answer);
    return answer;
}

Answer answer_of(const ir::Config& config, const std::vector<ir::StreamMember>& members) {
    Answer answer;
    if (members.empty()) {
        seal(answer);
        return answer;
    }
    ir::Forward action;
    for (const ir::StreamMember& member : members)
        action.members.push_back({.backend = member.backend, .weight = member.weight});
    answer.status = 0;
    forward(config, action, answer);
    seal(answer);
    return answer;
}

std::string predicate(const Answer& answer) {
    switch (answer.kind) {
    case AnswerKind::Forward:
        return "goes to " + answer.shares.text;
    case AnswerKind::Redirect:
        return "is redirected " + answer.redirect.text;
    case AnswerKind::Fail:
        return fmt::format("is answered {}", answer.status);
    }
    return "";
}

}  // namespace gatefile::analysis
