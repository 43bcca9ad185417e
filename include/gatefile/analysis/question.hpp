// SPDX-License-Identifier: Apache-2.0
//
// A request as a client makes it, before anybody has looked at it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::analysis {

struct Question {
    std::string method = "GET";
    bool tls = false;
    std::uint16_t port = 80;  ///< a listener's, or an entry point's own
    std::string host;         ///< Host header, with a port where it is not the scheme's
    std::string path = "/";   ///< as sent, percent-encoding and all
    std::string query;        ///< as sent, without the "?"
    bool bare_mark = false;   ///< a "?" with nothing behind it
    std::vector<std::pair<std::string, std::string>> headers;  ///< in order, Host not among them
    std::optional<std::string> sni;  ///< TLS: the server name; none: the client sends none
    std::string client_certificate;  ///< TLS: PEM, leaf first; empty: the client shows none
    std::string gateway_ns;          ///< with `gateway`: only this Gateway is looked at
    std::string gateway;
};

/// From an http or https URL. SNI is its host without a dot at the end, unless that is an IP
/// address. An Error (Usage) says
/// what is wrong with it.
base::Result<Question> make_question(std::string_view method, std::string_view url);

/// Adds "Name: value"; a Host takes the place of the URL's.
base::Result<void> add_header(Question& question, std::string_view line);

/// The parameters of a query, as Go reads them: those with a bad escape are left out.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

/// The URL again, for messages.
std::string url_of(const Question& question);

}  // namespace gatefile::analysis
