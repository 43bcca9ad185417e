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

/// The tests with the expectations that hold now, as YAML.
std::string record(const std::vector<std::pair<RouteTest, Explanation>>& tests);

}  // namespace gatefile::analysis
