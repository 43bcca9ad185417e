// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <concepts>
#include <vector>

#include "gatefile/analysis/explain.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::analysis {
namespace {

/// JSON by parts; what is not UTF-8 is escaped as in messages.
class Encoder {
public:
    tree::Node text(std::string_view value) {
        if (base::is_utf8(value)) return tree::Node::string(arena_.copy(value));
        const std::string quoted = base::quote_for_message(value, 100'000);
        return tree::Node::string(
            arena_.copy(std::string_view(quoted).substr(1, quoted.size() - 2)));
    }

    template <typename Item, typename Encode>
    tree::Node list(const std::vector<Item>& items, Encode encode) {
        std::vector<tree::Node> nodes;
        nodes.reserve(items.size());
        for (const Item& item : items)
            nodes.push_back(encode(item));
        return tree::Node::list(arena_.copy(nodes));
    }

    tree::Node texts(const std::vector<std::string>& items) {
        return list(items, [&](const std::string& item) { return text(item); });
    }

    class Map {
    public:
        explicit Map(Encoder& encoder) : encoder_(encoder) {}
        Map& add(std::string_view key, tree::Node value) {
            entries_.push_back({key, {}, value});
            return *this;
        }
        Map& add(std::string_view key, std::string_view value) {
            return add(key, encoder_.text(value));
        }
        Map& add_unless_empty(std::string_view key, std::string_view value) {
            return value.empty() ? *this : add(key, value);
        }
        tree::Node end() { return tree::Node::map(encoder_.arena_.copy(entries_)); }

    private:
        Encoder& encoder_;
        std::vector<tree::Entry> entries_;
    };
    Map map() { return Map(*this); }

    tree::Node written(const Written& at) {
        Map out = map();
        out.add("kind", at.object.kind);
        out.add_unless_empty("namespace", at.object.ns).add("name", at.object.name);
        if (!at.path.empty()) out.add("path", at.path.text());
        if (at.at) {
            out.add("source", at.at->source);
            if (at.at->line != 0) out.add("line", tree::Node::integer(at.at->line));
            if (at.at->column != 0) out.add("column", tree::Node::integer(at.at->column));
        }
        return out.end();
    }

    tree::Node headers(const std::vector<ir::Header>& headers) {
        return list(headers, [&](const ir::Header& header) {
            return map().add("name", header.name).add("value", header.value).end();
        });
    }

    tree::Node change(const ir::HeaderChange& change) {
        return map()
            .add("set", headers(change.set))
            .add("add", headers(change.add))
            .add("remove", texts(change.remove))
            .end();
    }

    tree::Node steps(const std::vector<Step>& steps) {
        return list(steps, [&](const Step& step) {
            return map()
                .add("filter", step.filter)
                .add("effect", step.effect)
                .add("at", written(step.written))
                .end();
        });
    }

    tree::Node seen(const Seen& seen) {
        return map()
            .add("method", seen.method)
            .add("host", seen.host)
            .add("target", seen.target)
            .add("headers", headers(seen.headers))
            .add("changes", change(seen.changes))
            .end();
    }

    void add_backend(const ir::Backend& backend, Map& out) {
        out.add("namespace", backend.ns);
        out.add(backend.composite ? "traefikService" : "service", backend.name);
        if (backend.composite) return;
        out.add("port", tree::Node::integer(backend.port));
        out.add("endpoints", list(backend.endpoints, [&](const ir::Endpoint& endpoint) {
                    Map one = map();
                    one.add("host", endpoint.host);
                    one.add("port", tree::Node::integer(endpoint.port));
                    if (endpoint.cluster.empty()) return one.end();
                    one.add("cluster", endpoint.cluster);
                    return one.add("weight", tree::Node::integer(endpoint.weight)).end();
                }));
    }

    tree::Node parts(const std::vector<SharePart>& all) {
        return list(all, [&](const SharePart& part) {
            Map out = map();
            add_backend(part.backend, out);
            out.add("role", part.role);
            if (!part.steps.empty()) out.add("filters", steps(part.steps));
            if (!part.parts.empty()) out.add("parts", parts(part.parts));
            return out.end();
        });
    }

    tree::Node share(const Share& share) {
        Map out = map();
        out.add("at", written(share.written));
        out.add("weight", tree::Node::integer(share.weight));
        out.add("percent", tree::Node::floating(std::round(share.percent * 1000) / 1000));
        if (share.backend) {
            add_backend(*share.backend, out);
            if (!share.parts.empty()) out.add("parts", parts(share.parts));
        }
        if (share.status) out.add("status", tree::Node::integer(*share.status));
        if (share.location) out.add("location", *share.location);
        out.add("filters", steps(share.steps));
        if (share.seen) out.add("seen", seen(*share.seen));
        if (!share.reply.empty()) {
            out.add("responseHeaders",
                    list(share.reply, [&](const auto& one) { return change(one); }));
        }
        return out.end();
    }

    tree::Node handshake(const Handshake& handshake) {
        Map out = map();
        if (handshake.sni) out.add("serverName", *handshake.sni);
        out.add_unless_empty("certificate", handshake.certificate);
        if (handshake.secret) out.add("certificateAt", written(*handshake.secret));
        out.add("certificateNames", texts(handshake.names));
        out.add("certificateByName", tree::Node::boolean(handshake.by_name));
        out.add("options", list(handshake.options, [&](const auto& option) {
                    return map().add("name", option.first).add("value", option.second).end();
                }));
        out.add_unless_empty("clients", handshake.clients);
        return out.end();
    }

    tree::Node taken(const Taken& taken) {
        Map out = map();
        out.add("route", written(taken.route)).add("rule", written(taken.rule));
        out.add_unless_empty("ruleName", taken.rule_name);
        out.add("hostname", taken.hostname);
        if (!taken.condition.empty()) {
            out.add("match", written(taken.match)).add("condition", taken.condition);
        }
        return out.end();
    }

    tree::Node explanation(const Explanation& from) {
        Map out = map();
        out.add("request",
                map().add("method", from.question.method).add("url", url_of(from.question)).end());
        out.add("outcome", outcome_name(from.outcome)).add("summary", from.summary);
        out.add_unless_empty("entryPoint", from.entry_point);
        out.add("listeners", list(from.listeners, [&](const auto& one) { return written(one); }));
        out.add("hostname", from.hostname);
        if (from.handshake) out.add("tls", handshake(*from.handshake));
        if (from.taken) out.add("taken", taken(*from.taken));
        out.add("filters", steps(from.steps)).add("settings", texts(from.settings));
        out.add("backends", list(from.shares, [&](const auto& one) { return share(one); }));
        if (from.reply) {
            out.add("reply",
                    map()
                        .add("status", tree::Node::integer(from.reply->status))
                        .add("headers", headers(from.reply->headers))
                        .end());
        }
        out.add("responseHeaders",
                list(from.changes, [&](const auto& one) { return change(one); }));
        out.add("notes", texts(from.notes));
        out.add_unless_empty("unsure", from.unsure);
        out.add("lost", list(from.losers, [&](const Loser& loser) {
                    return map()
                        .add("at", written(loser.written))
                        .add("reason", loser.reason)
                        .add("why", loser.why)
                        .add("matches", tree::Node::boolean(loser.matches))
                        .end();
                }));
        return out.end();
    }

private:
    tree::Arena arena_;
};

}  // namespace

std::string print_json(const Written& written) {
    Encoder encoder;
    return tree::write_json(encoder.written(written), tree::JsonStyle::Indented);
}

std::string print_json(const Explanation& explanation) {
    Encoder encoder;
    return tree::write_json(encoder.explanation(explanation), tree::JsonStyle::Indented);
}

}  // namespace gatefile::analysis
