// SPDX-License-Identifier: Apache-2.0
#include <span>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"
#include "page_files.hpp"
#include "words.hpp"

namespace gatefile::analysis {

namespace {

std::string file_text(std::string_view name) {
    for (const base::EmbeddedFile& file : page_files()) {
        if (file.name == name) return std::string(file.bytes);
    }
    return {};
}

std::string script() {
    return file_text("columns.js") + file_text("page.js");
}

std::string source_hash(const std::string& text) {
    return fmt::format("'sha256-{}'", base::encode_base64(base::sha256(text)));
}

void replace(std::string& text, std::string_view mark, std::string_view by) {
    if (const auto at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), by);
}

/// JSON that no HTML parser sees the end of a script element or a comment in. These characters
/// stand inside of strings only.
std::string for_script_element(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        const std::string_view ahead = json.substr(i, 3);
        if (c == '<' || c == '>' || c == '&') {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else if (ahead == "\xe2\x80\xa8" || ahead == "\xe2\x80\xa9") {
            out += ahead[2] == '\xa8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            out += c;
        }
    }
    return out;
}

std::string json_string(std::string_view text) {
    tree::Arena arena;
    std::string json =
        tree::write_json(tree::Node::string(arena.copy(as_utf8(text))), tree::JsonStyle::Compact);
    while (!json.empty() && json.back() == '\n')
        json.pop_back();
    return json;
}

std::string page(const std::string& data, bool live) {
    std::string text = file_text("page.html");
    replace(text, "{{policy}}", page_policy(live));
    replace(text, "{{style}}", file_text("page.css"));
    replace(text, "{{script}}", script());
    // Last: what it says is not ours.
    replace(text, "{{data}}", for_script_element(data));
    return text;
}

}  // namespace

std::string page_policy(bool live) {
    return fmt::format(
        "default-src 'none'; script-src {}; style-src {}; connect-src {}; img-src data:; base-uri "
        "'none'; form-action 'none'",
        source_hash(script()),
        source_hash(file_text("page.css")),
        live ? "'self'" : "'none'");
}

std::string write_page(const Picture& picture, const PageSettings& settings) {
    const std::string extra = fmt::format(
        "\"title\": {}, \"link\": {}", json_string(settings.title), json_string(settings.link));
    return page(write_picture_json(picture, extra), false);
}

std::string write_live_page() {
    return page("{\"live\": \"graph.json\"}", true);
}

}  // namespace gatefile::analysis
