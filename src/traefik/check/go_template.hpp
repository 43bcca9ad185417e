// SPDX-License-Identifier: Apache-2.0
//
// Go's text/template as far as its parser goes, with the functions that Traefik's file provider
// has. Nothing is executed: a file whose actions are constant strings and comments is written out,
// any other depends on running it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatefile/tree/node.hpp"

namespace gatefile::traefik::check {

struct TemplateFault {
    tree::Position at;
    std::string text;
};

/// The text, and for each of its lines the line of the file that it comes from.
struct TemplateText {
    std::string text;
    std::vector<std::uint32_t> lines;
};

/// What the text is depends on running the template: the first action that does so.
struct TemplateRuns {
    tree::Position at;
};

std::variant<TemplateText, TemplateRuns, TemplateFault> parse_template(std::string_view source);

}  // namespace gatefile::traefik::check
