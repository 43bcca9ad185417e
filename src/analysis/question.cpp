// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/question.hpp"

#include <algorithm>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/url_path.hpp"

namespace gatefile::analysis {
namespace {

base::Error usage(std::string_view what, std::string_view wanted) {
    return {base::ErrorKind::Usage,
            base::quote_for_message(what, 200) + ": " + std::string(wanted)};
}

/// Nothing when an escape is broken.
std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int byte = base::escaped_byte(text.substr(i));
        if (byte < 0) return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

bool is_ip_address(std::string_view name) {
    return name.find(':') != std::string_view::npos ||
           std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

bool has_blank(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               others.find(c) != std::string_view::npos;
    });
}

}  // namespace

base::Result<Question> make_question(std::string_view method, std::string_view url) {
    constexpr std::string_view wanted = "a URL such as https://shop.example/cart is wanted";
    if (!is_token(method)) return usage(method, "a method such as GET is wanted");
    Question question;
    question.method = method;
    question.tls = url.starts_with("https://");
    if (!question.tls && !url.starts_with("http://")) return usage(url, wanted);
    if (has_blank(url)) return usage(url, "blanks in a URL are written %20");
    std::string_view rest = url.substr(url.find("//") + 2);
    rest = rest.substr(0, rest.find('#'));
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, end);
    rest.remove_prefix(end);
    const std::size_t mark = rest.find('?');
    if (mark != std::string_view::npos) question.query = rest.substr(mark + 1);
    question.bare_mark = rest.ends_with('?') && question.query.empty();
    question.path = rest.substr(0, mark);
    if (question.path.empty()) question.path = "/";

    question.port = question.tls ? 443 : 80;
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    std::string_view name = authority.substr(0, has_port ? colon : authority.size());
    if (name.empty() || name.find('@') != std::string_view::npos) return usage(url, wanted);
    question.host = name;
    if (has_port) {
        const auto port = base::parse_int(authority.substr(colon + 1));
        if (!port || *port < 1 || *port > 65535) return usage(url, "its port is no port");
        if (static_cast<std::uint16_t>(*port) != question.port) question.host = authority;
        question.port = static_cast<std::uint16_t>(*port);
    }
    if (question.tls && name.front() != '[' && !is_ip_address(name)) {
        if (name.ends_with('.')) name.remove_suffix(1);
        question.sni = name;
    }
    return question;
}

base::Result<void> add_header(Question& question, std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = base::trim(line.substr(0, colon));
    if (colon == std::string_view::npos || !is_token(name)) {
        return usage(line, "a header is written \"Name: value\"");
    }
    const std::string_view value = base::trim(line.substr(colon + 1));
    if (base::equals_ignoring_case(name, "Host")) {
        question.host = value;
    } else {
        question.headers.emplace_back(name, value);
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string_view piece : base::split(query, '&')) {
        if (piece.empty()) continue;
        const std::size_t equals = piece.find('=');
        const auto name = unescaped(piece.substr(0, equals));
        const auto value =
            equals == std::string_view::npos ? std::string() : unescaped(piece.substr(equals + 1));
        if (name && value) out.emplace_back(*name, *value);
    }
    return out;
}

std::string url_of(const Question& question) {
    std::string url = question.tls ? "https://" : "http://";
    url += question.host + question.path;
    if (!question.query.empty() || question.bare_mark) url += "?" + question.query;
    return url;
}

}  // namespace gatefile::analysis
