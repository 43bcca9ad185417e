// SPDX-License-Identifier: Apache-2.0
//
// JSON written as it comes: reports are long and flat, and tree is below this module.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatefile::diag {

/// As a JSON string; bytes that are not UTF-8 are shown as \x... .
void append_json(std::string& out, std::string_view text);

/// An object's members one by one, with the commas that they need. Nested values are appended to
/// what start() gives.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

    void text(std::string_view key, std::string_view value);
    void number(std::string_view key, std::size_t value);
    std::string& start(std::string_view key);
    void end() { out_ += '}'; }

private:
    std::string& out_;
    bool first_ = true;
};

}  // namespace gatefile::diag
