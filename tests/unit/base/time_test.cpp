// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/time.hpp"

#include <doctest/doctest.h>

namespace gatefile::base {

using std::chrono::milliseconds;

TEST_CASE("RFC 3339 there and back") {
    CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == Timestamp{0});
    CHECK(parse_rfc3339("2026-11-23T17:43:28Z") == Timestamp{1795455808});
    CHECK(parse_rfc3339("2026-11-23T17:43:28.999Z") == Timestamp{1795455808});
    CHECK(parse_rfc3339("2026-11-23T18:43:28+01:00") == Timestamp{1795455808});
    CHECK(parse_rfc3339("2026-11-23T12:13:28-05:30") == Timestamp{1795455808});
    CHECK(format_rfc3339(Timestamp{1795455808}) == "2026-11-23T17:43:28Z");
    CHECK(format_rfc3339(Timestamp{-1}) == "1969-12-31T23:59:59Z");
    CHECK(parse_rfc3339("2024-02-29T00:00:00Z").has_value());
}

TEST_CASE("what is no RFC 3339 moment is refused") {
    for (const std::string_view bad : {"",
                                       "2026-11-23",
                                       "2026-11-23T17:43Z",
                                       "2026-11-23T17:43:28",
                                       "2026-11-23 17:43:28Z",
                                       "2026-11-23t17:43:28z",
                                       "2026-11-23T17:43:28.Z",
                                       "2026-11-23T17:43:28+0100",
                                       "2026-13-01T00:00:00Z",
                                       "2025-02-29T00:00:00Z",
                                       "2026-01-01T24:00:00Z",
                                       "2026-01-01T00:60:00Z",
                                       "2026-01-01T00:00:60Z",
                                       "26-01-01T00:00:00Z",
                                       "2026-01-01T00:00:00Zx"})
        CHECK_FALSE(parse_rfc3339(bad).has_value());
}

TEST_CASE("Gateway API durations (GEP-2257)") {
    CHECK(parse_duration("0s") == milliseconds(0));
    CHECK(parse_duration("1h2m3s4ms") == milliseconds(3'723'004));
    CHECK(parse_duration("500ms") == milliseconds(500));
    CHECK(parse_duration("10s30s") == milliseconds(40'000));
    CHECK(parse_duration("99999h") == milliseconds(99'999LL * 3'600'000));
    for (const std::string_view bad :
         {"", "1", "s", "1.5s", "-1s", "1 s", "100000s", "1s1s1s1s1s", "1d", "1us", "1S", "1s "})
        CHECK_FALSE(parse_duration(bad).has_value());
    CHECK(format_go_duration(milliseconds(1500)) == "1500ms");
}

}  // namespace gatefile::base
