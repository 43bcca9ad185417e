// SPDX-License-Identifier: Apache-2.0
//
// The parts that explain() puts together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gatefile/analysis/explain.hpp"
#include "route_ref.hpp"

namespace gatefile::analysis {

/// What all parts read.
struct Case {
    const graph::Graph& graph;
    const ir::Config& config;
    const ir::Matcher& matcher;
    const Question& question;
    const ExplainSettings& settings;
    ir::Request request;
    bool trusts_forwarded = false;  ///< see graph::SlotPort
};

/// Null when there is none.
const graph::Route* find_route(const graph::Graph& graph, const ir::RouteId& id);
const graph::StreamRoute* find_stream_route(const graph::Graph& graph, const ir::RouteId& id);

/// The hostname as the route has it that led to `hostname` on one of these listeners.
std::string_view written_hostname(const graph::Graph& graph,
                                  const graph::Route& route,
                                  const std::vector<ir::ListenerId>& sources,
                                  std::string_view hostname);

std::vector<Written> listeners_of(const graph::Graph& graph,
                                  const std::vector<ir::ListenerId>& sources);
/// "any host" or the hostname, quoted.
std::string hostname_text(std::string_view hostname);

/// Whose connections the server name chooses on a TLS entry point: an index into Config::listeners
/// or Config::streams; neither when no listener has the name.
struct NameOwner {
    std::optional<std::size_t> listener;
    std::optional<std::size_t> stream;
};
NameOwner owner_of_name(const Case& one);

/// The TLS handshake with such a listener, told in `out`. False: it ends there, and `out` has the
/// outcome.
bool shake_hands(const Case& one, const NameOwner& owner, Explanation& out);
/// The same where TLS ends for what is passed on as bytes.
bool shake_hands(const Case& one, const ir::Stream& stream, Explanation& out);
/// 421: the Host, which the listener has, has other TLS options than the server name. Where that is
/// left to chance `out` has a note.
bool is_misdirected(const Case& one, std::size_t listener, Explanation& out);

/// Fills in everything from the route on.
void follow_rule(const Case& one, const ir::Outcome& outcome, Explanation& out);
void follow_stream(const Case& one, const ir::Stream& stream, Explanation& out);

/// Every match and route that did not take the request.
std::vector<Loser> losers_of(const Case& one,
                             std::optional<std::size_t> listener,
                             const std::optional<ir::Outcome>& winner);

/// Every TLSRoute and TCPRoute that did not get the connection; `taken` is the one that did.
std::vector<Loser> stream_losers(const Case& one, const std::optional<Taken>& taken);

/// A match in words: "path Exact /a, header X-A: 1".
std::string condition_text(const ir::Match& match);

}  // namespace gatefile::analysis
