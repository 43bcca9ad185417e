// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gatefile/analysis/explain.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

/// Foreign text, which may hold anything, without the quotes.
std::string plain(std::string_view text) {
    const std::string quoted = base::quote_for_message(text, 1000);
    return quoted.substr(1, quoted.size() - 2);
}

class Text {
public:
    void line(std::string_view label, std::string_view value) {
        out_ += fmt::format("{:<14}{}\n", label, value);
    }
    void more(std::string_view value) { line("", value); }
    void raw(std::string_view value) { out_ += value; }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

std::string any_host(std::string_view hostname) {
    return hostname.empty() ? std::string("any host") : plain(hostname);
}

void print_handshake(const Handshake& handshake, Text& text) {
    text.line("Server name", handshake.sni ? plain(*handshake.sni) : "none is sent");
    std::string shown = "Traefik's own default";
    if (!handshake.certificate.empty()) {
        shown = plain(handshake.certificate);
        if (!handshake.names.empty()) shown += " for " + plain(base::join(handshake.names, ", "));
        shown += handshake.by_name ? "" : ", the default certificate";
        if (handshake.secret && handshake.secret->at && handshake.secret->at->line != 0) {
            const diag::SourcePosition& at = *handshake.secret->at;
            shown += fmt::format(" ({}:{})", plain(at.source), at.line);
        }
    }
    text.line("Certificate", shown);
    std::string options;
    for (const auto& [key, value] : handshake.options)
        options += fmt::format("{}{}: {}", options.empty() ? "" : ", ", plain(key), plain(value));
    if (!options.empty()) text.line("TLS options", options);
    if (!handshake.clients.empty()) text.line("Clients", handshake.clients);
}

void print_steps(std::string_view label, const std::vector<Step>& steps, Text& text) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Written& at = steps[i].written;
        const std::string where = at.at && at.at->line != 0
                                      ? fmt::format(" ({}:{})", plain(at.at->source), at.at->line)
                                      : "";
        text.line(
            i == 0 ? label : "",
            fmt::format("{}. {}: {}{}", i + 1, steps[i].filter, plain(steps[i].effect), where));
    }
}

void print_seen(std::string_view label, const Seen& seen, Text& text) {
    text.line(label, fmt::format("{} {}", plain(seen.method), plain(seen.target)));
    text.more("Host: " + plain(seen.host));
    for (const ir::Header& header : seen.headers)
        text.more(plain(header.name) + ": " + plain(header.value));
}

std::string endpoints_of(const ir::Backend& backend) {
    std::string out;
    for (const ir::Endpoint& endpoint : backend.endpoints) {
        const bool ipv6 = endpoint.host.find(':') != std::string::npos;
        out += fmt::format("{}{}{}{}:{}",
                           out.empty() ? "" : ", ",
                           ipv6 ? "[" : "",
                           plain(endpoint.host),
                           ipv6 ? "]" : "",
                           endpoint.port);
        if (!endpoint.cluster.empty()) {
            out += fmt::format(" ({}, weight {})", plain(endpoint.cluster), endpoint.weight);
        }
    }
    return out.empty() ? "no ready endpoint" : out;
}

std::string backend_of(const ir::Backend& backend) {
    if (backend.composite) {
        return fmt::format("TraefikService {}/{}", plain(backend.ns), plain(backend.name));
    }
    return fmt::format("{}/{}:{} at {}",
                       plain(backend.ns),
                       plain(backend.name),
                       backend.port,
                       endpoints_of(backend));
}

void print_parts(const std::vector<SharePart>& parts, std::size_t depth, Text& text) {
    for (const SharePart& part : parts) {
        text.more(std::string(2 * depth, ' ') + backend_of(part.backend) + ", " + part.role);
        for (const Step& step : part.steps)
            text.more(std::string(2 * depth + 2, ' ') + plain(step.effect));
        print_parts(part.parts, depth + 1, text);
    }
}

void print_shares(const std::vector<Share>& shares, Text& text) {
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const Share& share = shares[i];
        std::string line = "none that can be served";
        if (share.backend) line = backend_of(*share.backend);
        if (shares.size() > 1)
            line += fmt::format(", weight {} ({:.4g} %)", share.weight, share.percent);
        if (share.status) line += fmt::format(", answers {}", *share.status);
        if (share.location) line += " to " + plain(*share.location);
        text.line(i == 0 ? "Backend" : "", line);
        print_parts(share.parts, 1, text);
        text.more("  " + text_of(share.written));
        print_steps("  its filters", share.steps, text);
        if (!share.steps.empty() && share.seen) print_seen("  it sees", *share.seen, text);
    }
}

void print_changes(const std::vector<ir::HeaderChange>& changes, Text& text) {
    std::string_view label = "The answer";
    const auto print = [&](std::string_view verb, std::string_view what) {
        text.line(label, fmt::format("{} {}", verb, plain(what)));
        label = "";
    };
    for (const ir::HeaderChange& change : changes) {
        for (const ir::Header& header : change.set)
            print("has set", header.name + ": " + header.value);
        for (const ir::Header& header : change.add)
            print("gets as well", header.name + ": " + header.value);
        for (const std::string& name : change.remove)
            print("loses", name);
    }
}

void print_losers(const std::vector<Loser>& losers, std::size_t most, Text& text) {
    if (losers.empty()) return;
    text.raw("\nWhat did not take it, nearest first:\n");
    for (std::size_t i = 0; i < std::min(most, losers.size()); ++i) {
        text.raw(fmt::format(
            "  {}: {}: {}\n", text_of(losers[i].written), losers[i].reason, losers[i].why));
    }
    if (losers.size() > most)
        text.raw(fmt::format("  and {} more: --output json has all\n", losers.size() - most));
}

}  // namespace

std::string print_text(const Explanation& explanation, std::size_t losers) {
    Text text;
    text.raw(fmt::format("{} {}\n{}\n\n",
                         plain(explanation.question.method),
                         plain(url_of(explanation.question)),
                         explanation.summary));
    if (!explanation.entry_point.empty()) {
        text.line("Entry point",
                  fmt::format(
                      "{} for port {}", plain(explanation.entry_point), explanation.question.port));
    }
    for (const Written& listener : explanation.listeners)
        text.line("Listener", text_of(listener) + " for " + any_host(explanation.hostname));
    if (explanation.handshake) print_handshake(*explanation.handshake, text);
    if (explanation.taken) {
        const Taken& taken = *explanation.taken;
        text.line("Route", text_of(taken.route) + " for " + any_host(taken.hostname));
        const std::string name =
            taken.rule_name.empty() ? "" : fmt::format(" named {}", plain(taken.rule_name));
        text.line("Rule", text_of(taken.rule) + name);
        if (!taken.condition.empty()) {
            text.line("Match", text_of(taken.match));
            text.more(taken.condition);
        }
    }
    print_steps("Filters", explanation.steps, text);
    for (const std::string& setting : explanation.settings)
        text.line("Setting", setting);
    const auto seen = std::ranges::find_if(
        explanation.shares, [](const Share& share) { return share.seen && share.steps.empty(); });
    if (seen != explanation.shares.end()) print_seen("Backend sees", *seen->seen, text);
    print_shares(explanation.shares, text);
    if (explanation.reply) {
        text.line("Client gets", std::to_string(explanation.reply->status));
        for (const ir::Header& header : explanation.reply->headers)
            text.more(plain(header.name) + ": " + plain(header.value));
    }
    print_changes(explanation.changes, text);
    for (const std::string& note : explanation.notes)
        text.line("Note", note);
    print_losers(explanation.losers, losers, text);
    return text.take();
}

}  // namespace gatefile::analysis
