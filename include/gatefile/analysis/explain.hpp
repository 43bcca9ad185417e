// SPDX-License-Identifier: Apache-2.0
//
// What becomes of one request, and why: a pure reading of the graph and of what was made from it.
// The same evaluation answers `explain` and `test`; tests/e2e/differential.py holds it against a
// stock Traefik.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/analysis/question.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"
#include "gatefile/ir/match.hpp"
#include "gatefile/ir/tls_root.hpp"

namespace gatefile::analysis {

/// A part of an object, and where it is written (nowhere: it is from a cluster).
struct Written {
    diag::ObjectRef object;
    diag::Path path;
    std::optional<diag::SourcePosition> at;
};

/// A filter that runs.
struct Step {
    std::string filter;  ///< as in the API: "requestHeaderModifier", or a middleware's type
    Written written;
    std::string effect;  ///< "sets X-A: 1", a clause
};

/// A request as a backend gets it, without what the proxy adds of its own (X-Forwarded-…).
struct Seen {
    std::string method;
    std::string host;
    std::string target;  ///< path and query, encoded
    std::vector<ir::Header> headers;
    ir::HeaderChange changes;  ///< what filters have done to the headers
};

/// A part of a TraefikService.
struct SharePart {
    ir::Backend backend;
    std::string role;  ///< "weight 2", "copied 10 %", "when the first is down"
    std::vector<Step> steps;       ///< its own Middlewares
    std::vector<SharePart> parts;  ///< of a TraefikService in it
};

/// One backendRef and what it gets of the requests.
struct Share {
    Written written;
    int weight = 1;
    double percent = 100;
    std::optional<ir::Backend> backend;
    std::vector<SharePart> parts;  ///< of a TraefikService, which has no endpoints itself
    /// Answered for want of a backend (500, 503), or by a filter of the backendRef.
    std::optional<int> status;
    std::optional<std::string> location;
    std::vector<Step> steps;              ///< its own filters
    std::optional<Seen> seen;             ///< nothing where `status` is
    std::vector<ir::HeaderChange> reply;  ///< its own changes of the answer's headers
};

/// What is answered without a backend.
struct Reply {
    int status = 0;
    std::vector<ir::Header> headers;
};

enum class Outcome : std::uint8_t {
    NoListener,   ///< no Gateway listens there
    Refused,      ///< the TLS handshake fails
    Closed,       ///< the connection is closed, whatever is sent
    PassedOn,     ///< as bytes, to a TLSRoute's or TCPRoute's backend
    Misdirected,  ///< 421: the server name is of another listener than the Host
    NotFound,     ///< 404: no match takes it
    Answered,     ///< by a filter, or with an error
    Forwarded,
};
std::string_view outcome_name(Outcome outcome);  ///< "no-listener", "refused" …

struct Taken {
    Written route;
    Written rule;
    Written match;
    std::string rule_name;  ///< spec.rules[].name; may be empty
    std::string hostname;   ///< that the route has on the listener; empty: any
    std::string condition;  ///< the match in words
};

struct Handshake {
    std::optional<std::string> sni;
    std::string certificate;         ///< "ns/name"; empty: Traefik's own
    std::optional<Written> secret;   ///< that it is in
    std::vector<std::string> names;  ///< that it is for
    bool by_name = false;            ///< it covers the server name; else it is the default
    std::vector<std::pair<std::string, std::string>> options;
    std::string clients;  ///< what is asked of them, in words
};

struct Loser {
    Written written;       ///< a match, or a route that has none which could
    std::string reason;    ///< a stable word: "listener-isolation", "path-length", "header" …
    std::string why;       ///< a clause
    bool matches = false;  ///< it would have taken the request
};

struct Explanation {
    Question question;
    Outcome outcome = Outcome::NoListener;
    std::string summary;  ///< a clause
    std::string entry_point;
    std::vector<Written> listeners;
    std::string hostname;  ///< of the listener; empty: any
    std::optional<Handshake> handshake;
    std::optional<Taken> taken;
    std::vector<Step> steps;
    std::vector<std::string> settings;  ///< timeouts, retries, session persistence
    std::vector<Share> shares;
    std::vector<ir::HeaderChange> changes;  ///< of the answer's headers, in order
    std::optional<Reply> reply;
    std::vector<std::string> notes;
    /// A filter that may change or answer the request in ways that are not known, a clause; what is
    /// said holds for a request that it leaves as it is. Empty: there is none.
    std::string unsure;
    std::vector<Loser> losers;  ///< nearest first
};

/// How Traefik's output format does redirects (redirectRegex tells methods apart).
enum class Redirects : std::uint8_t { Exact, GetOnly, GetAndTemporary };

struct ExplainSettings {
    Redirects redirects = Redirects::Exact;
    /// Where --default-certificate names one, else empty.
    std::string default_certificate;
    /// Other providers are in this Traefik, and the default certificate is theirs.
    bool shared = false;
    std::vector<ir::TlsRoot> tls_roots;  ///< of all HTTPS listeners
    base::Timestamp now;  ///< client certificates are judged at
};

/// `matcher` is of `config`, which lower() made from `graph`.
Explanation explain(const graph::Graph& graph,
                    const ir::Config& config,
                    const ir::Matcher& matcher,
                    const Question& question,
                    const ExplainSettings& settings);

/// Where a part of an object is written.
Written find_written(const graph::Graph& graph, diag::ObjectRef object, diag::Path path);

/// Every foreign word is quoted or escaped. At most `losers` of those that lost are shown.
std::string print_text(const Explanation& explanation, std::size_t losers);
std::string print_json(const Explanation& explanation);
std::string print_json(const Written& written);

/// "HTTPRoute shop/cart spec.rules[1] (shop.yaml:14:5)"
std::string text_of(const Written& written);

}  // namespace gatefile::analysis
