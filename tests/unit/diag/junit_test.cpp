// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/junit.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace gatefile::diag {
namespace {

TEST_CASE("a suite counts its failures and says where each case is written") {
    const std::vector<JunitCase> cases{
        {.group = "a.yaml", .name = "first", .file = "a.yaml", .line = 3, .failure = {}},
        {.group = "a.yaml",
         .name = "second",
         .file = {},
         .failure = JunitCase::Failure{"status", "expected 200", "expected: 200\nfound: 404\n"}},
    };
    CHECK(print_junit("routes", cases) ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<testsuites tests=\"2\" failures=\"1\" errors=\"0\">\n"
          "  <testsuite name=\"routes\" tests=\"2\" failures=\"1\" errors=\"0\">\n"
          "    <testcase classname=\"a.yaml\" name=\"first\" file=\"a.yaml\" line=\"3\"/>\n"
          "    <testcase classname=\"a.yaml\" name=\"second\">\n"
          "      <failure type=\"status\" message=\"expected 200\">expected: 200\nfound: 404\n"
          "</failure>\n"
          "    </testcase>\n"
          "  </testsuite>\n"
          "</testsuites>\n");
}

TEST_CASE("nobody's text can leave its place, or make the text something else than XML") {
    const std::vector<JunitCase> cases{
        {.group = "g", .name = "\"><&\n\x01\xFFz\xEF\xBF\xBF\xC3\xA9", .file = {}, .failure = {}}};
    const std::string text = print_junit("s", cases);
    CHECK(text.find("name=\"&quot;&gt;&lt;&amp;&#10;\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xC3\xA9"
                    "\"/>") != std::string::npos);
}

}  // namespace
}  // namespace gatefile::diag
