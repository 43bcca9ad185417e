// SPDX-License-Identifier: Apache-2.0
//
// JUnit's XML, as CI systems read it (Jenkins' schema; GitLab and GitHub actions take the same):
// <testsuites><testsuite><testcase><failure>. Times are left out, so that the text is stable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatefile::diag {

struct JunitCase {
    std::string group;  ///< classname: what CI systems group by
    std::string name;
    std::string file;        ///< where the case is written; may be empty
    std::uint32_t line = 0;  ///< 0: unknown
    struct Failure {
        std::string type;     ///< a short word, such as a diagnostic's code
        std::string message;  ///< one line
        std::string details;  ///< several lines; may be empty
    };
    std::optional<Failure> failure;  ///< none: passed
    bool skipped = false;
    std::string notes = {};  ///< more to be read, several lines
};

/// One suite with all `cases`, in their order. What XML cannot hold (control characters, bytes that
/// are not UTF-8) becomes U+FFFD.
std::string print_junit(std::string_view suite, std::span<const JunitCase> cases);

}  // namespace gatefile::diag
