// SPDX-License-Identifier: Apache-2.0
//
// The reference matcher: which rule takes a request. It says what the configuration means;
// Traefik's routers must answer the same (tests/properties). A request belongs to the most specific
// listener of its entry point that covers its Host, and never falls to another (listener
// isolation); there hostnames are tried most specific first, within one of them the entries in
// order, and where none matches the next wider hostname is tried.
//
// Values are compared as stock Traefik compares them. Headers and query parameters: one line or
// occurrence that matches is enough, lists are not split at commas. Regular expressions: Go's,
// unanchored, paths included. Paths: see routing_path. Not modelled: what an entry point refuses
// before routing (encoded characters that it denies, a raw "#"), an entry point without
// sanitizePath, CNAME flattening, a Host header that is matched as a header (Go takes it away), a
// Host that begins with a dot (with TLS Traefik takes it for one below "*.x"), the X-Forwarded
// headers that the proxy itself sets, SNI that differs from Host (421).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/ir/ir.hpp"

namespace gatefile::ir {

struct Request {
    std::string entry_point;
    bool tls = false;
    std::string host;  ///< Host header; a port and a dot at the end are ignored
    std::string method = "GET";
    /// As sent, percent-encoding and all, without the query. Empty: a filter has taken it away, and
    /// no exact match takes it.
    std::string path = "/";
    std::vector<std::pair<std::string, std::string>> query;    ///< decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;  ///< in order
};

struct Outcome {
    std::size_t listener = 0;
    std::size_t host = 0;   ///< in Listener::hosts
    std::size_t entry = 0;  ///< in Host::entries
    bool operator==(const Outcome&) const = default;
};

/// The first part of a match that a request does not have.
struct Mismatch {
    enum class Part : std::uint8_t { Method, Path, Header, QueryParam };
    Part part = Part::Method;
    std::size_t index = 0;  ///< in Match::headers or Match::query
    bool operator==(const Mismatch&) const = default;
};

/// Compiles the regular expressions once; keeps a reference to `config`.
class Matcher {
public:
    explicit Matcher(const Config& config);
    ~Matcher();
    Matcher(Matcher&&) noexcept;
    Matcher& operator=(Matcher&&) noexcept;

    /// Nothing: 404. (A listener may have been chosen all the same: isolation.)
    std::optional<Outcome> match(const Request& request) const;

    /// The listener that a request belongs to, whether anything there matches or not.
    std::optional<std::size_t> listener_of(const Request& request) const;
    /// Why a match (of this config) does not take a request; nothing when it does.
    std::optional<Mismatch> mismatch(const Match& match, const Request& request) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Whether `pattern` ("", "a.x" or "*.x") covers a lower-case host without port.
bool hostname_covers(std::string_view pattern, std::string_view host);

/// The name in a Host header or SNI: no port, no brackets, lower case, no dot at the end.
std::string host_name(std::string_view host);

/// A path without "." and ".." segments and repeated slashes. A trailing slash stays.
std::string resolved_path(std::string_view path);

/// The path of a request (as sent) in the spelling in which paths are compared: percent-encoding is
/// taken off but of reserved characters, and it is resolved.
std::string routing_path(std::string_view sent);

/// Whether the path of a request (as sent) is matched by an Exact or Prefix match.
bool path_matches(const PathMatch& match, std::string_view path);

}  // namespace gatefile::ir
