// SPDX-License-Identifier: Apache-2.0
//
// Tests of routes: what is expected of a request, read from YAML and held against an Explanation.
// gatefile(1), TEST, has the format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gatefile/analysis/explain.hpp"
#include "gatefile/tree/node.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::analysis {

enum class ExpectedField : std::uint8_t {
    Outcome,
    Route,    ///< "NS/NAME", or with the kind before it
    Rule,     ///< index or name
    Backend,  ///< "NS/NAME:PORT", of several the whole set
    Status,   ///< 200 for what a backend answers
    Location,
    Path,  ///< and query, as the backend gets it
    Host,
    HeaderSet,      ///< the backend gets exactly this line
    HeaderAdded,    ///< it gets this line
    HeaderRemoved,  ///< it gets none of the name
    ResponseSet,
    ResponseAdded,
    ResponseRemoved,
};
std::string_view field_name(ExpectedField field);  ///< as in the file: "headers.set"

struct Expected {
    ExpectedField field = ExpectedField::Outcome;
    std::string header;               ///< of fields about headers
    std::vector<std::string> values;  ///< one, but for backends
    tree::Position at;
};

struct RouteTest {
    std::string name;
    Question question;
    std::string client_certificate;  ///< a file, beside the test's
    std::vector<Expected> expected;
    tree::Position at;
};

struct RouteTests {
    std::vector<RouteTest> tests;
    std::vector<tree::Fault> faults;
};

/// A list of cases. What is unknown, missing or of the wrong kind is a fault.
RouteTests read_route_tests(const tree::Document& document);

struct Miss {
    Expected expected;
    std::string found;
};

/// What was expected and is not so; nothing when the test passes.
std::vector<Miss> judge(const RouteTest& test, const Explanation& explanation);

/// What a client gets of a live Traefik.
struct LiveAnswer {
    enum class End : std::uint8_t {
        Answered,
        Alert,      ///< TLS was refused, in so many words
        Handshake,  ///< the connection was closed instead of a TLS handshake
        Closed,     ///< the connection was closed instead of an answer
        Failed,     ///< what else there is: a certificate that is not trusted, a timeout
    };
    End end = End::Failed;
    std::string failure;  ///< a clause, where there is no answer
    int status = 0;
    std::vector<ir::Header> headers;
    std::string body;
};

/// What cannot be seen from outside, or only where a backend tells what it got.
struct Unjudged {
    Expected expected;
    std::string why;  ///< a clause
};

struct Verdict {
    std::vector<Miss> misses;
    std::vector<Unjudged> unjudged;
};

/// As judge(). Of a request that meets a filter which may do anything nothing is judged.
Verdict judge_offline(const RouteTest& test, const Explanation& explanation);

/// As judge(), by what came back. A body that is the JSON of the request as a backend got it (of
/// the Gateway API's echo-basic, say) tells the backend, the path, the host and the headers.
Verdict judge_live(const RouteTest& test, const LiveAnswer& answer);

/// The tests with the expectations that hold now, as YAML.
std::string record(const std::vector<std::pair<RouteTest, Explanation>>& tests);

}  // namespace gatefile::analysis
