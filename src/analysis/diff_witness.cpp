// SPDX-License-Identifier: Apache-2.0
#include "diff_witness.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/regex_examples.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

/// A segment that nobody matches exactly, and short patterns such as "a" do not either.
constexpr std::string_view own_segment = "~~";

std::vector<std::string> paths_of(const ir::PathMatch& path) {
    switch (path.kind) {
    case ir::PathKind::Exact:
        return {path.value};
    case ir::PathKind::Prefix:
        return {path.value, fmt::format("{}/{}", path.value == "/" ? "" : path.value, own_segment)};
    case ir::PathKind::Regex:
        break;
    }
    std::vector<std::string> paths = base::regex_examples(path.value);
    for (std::string& text : paths) {
        if (!text.starts_with('/')) text.insert(0, "/");
    }
    return paths;
}

std::vector<std::string> values_of(const ir::ValueMatch& match) {
    if (match.kind == ir::ValueKind::Exact) return {match.value};
    return base::regex_examples(match.value);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

void add_missing(Pairs& to, const Pairs& from) {
    for (const auto& pair : from) {
        if (std::ranges::find(to, pair) == to.end()) to.push_back(pair);
    }
}

/// The path that both take, as far as one can see it.
std::optional<std::string> common_path(const std::string& a,
                                       const ir::PathMatch& a_match,
                                       const std::string& b,
                                       const ir::PathMatch& b_match) {
    const auto takes = [](const ir::PathMatch& match, const std::string& path) {
        return match.kind == ir::PathKind::Regex || ir::path_matches(match, path);
    };
    // The longer one first: a pattern may take less than it seems.
    const bool a_first = a.size() >= b.size();
    if (takes(a_first ? b_match : a_match, a_first ? a : b)) return a_first ? a : b;
    if (takes(a_first ? a_match : b_match, a_first ? b : a)) return a_first ? b : a;
    return std::nullopt;
}

std::string
url(std::string_view scheme, std::string_view host, std::uint16_t port, std::string_view path) {
    std::string text = fmt::format("{}://{}", scheme, host.empty() ? "*" : host);
    if (port != (scheme == "https" ? 443 : 80)) text += fmt::format(":{}", port);
    text += path;
    return text;
}

void append_values(std::string& text,
                   std::string_view what,
                   const std::vector<ir::ValueMatch>& values) {
    for (const ir::ValueMatch& value : values) {
        text += fmt::format(" {} {} {} {}",
                            what,
                            base::quote_for_message(value.name),
                            value.kind == ir::ValueKind::Exact ? "=" : "~",
                            base::quote_for_message(value.value));
    }
}

}  // namespace

std::vector<ir::Request>
witnesses(const ir::Match& match, const Door& door, const std::string& host) {
    const std::vector<std::string> paths = paths_of(match.path);
    std::size_t count = paths.size();
    const auto choices = [&](const std::vector<ir::ValueMatch>& matches) {
        std::vector<std::vector<std::string>> all;
        for (const ir::ValueMatch& value : matches) {
            all.push_back(values_of(value));
            count = all.back().empty() || count == 0 ? 0 : std::max(count, all.back().size());
        }
        return all;
    };
    const auto headers = choices(match.headers);
    const auto query = choices(match.query);
    std::vector<ir::Request> requests;
    for (std::size_t i = 0; i < count; ++i) {
        ir::Request request{.entry_point = door.entry_point,
                            .tls = door.tls,
                            .host = host,
                            .method = match.method.value_or("GET"),
                            .path = paths[i % paths.size()],
                            .query = {},
                            .headers = {}};
        for (std::size_t k = 0; k < headers.size(); ++k)
            request.headers.emplace_back(match.headers[k].name, headers[k][i % headers[k].size()]);
        for (std::size_t k = 0; k < query.size(); ++k)
            request.query.emplace_back(match.query[k].name, query[k][i % query[k].size()]);
        requests.push_back(std::move(request));
    }
    // A rule may ask for a method that the others do not: GET is not all there is.
    for (std::size_t i = 0; i < count && !match.method; ++i) {
        requests.push_back(requests[i]);
        requests.back().method = "GATEFILE-DIFF";
    }
    return requests;
}

std::optional<ir::Request> meeting(const ir::Request& a,
                                   const ir::Match& a_match,
                                   const ir::Request& b,
                                   const ir::Match& b_match) {
    if (a_match.method && b_match.method && *a_match.method != *b_match.method) return std::nullopt;
    auto path = common_path(a.path, a_match.path, b.path, b_match.path);
    if (!path) return std::nullopt;
    ir::Request both = a;
    both.path = std::move(*path);
    if (b_match.method) both.method = *b_match.method;
    add_missing(both.headers, b.headers);
    add_missing(both.query, b.query);
    return both;
}

bool has_conditions(const ir::Match& match) {
    return match.method || !match.headers.empty() || !match.query.empty() ||
           match.path.kind == ir::PathKind::Regex;
}

bool has_pattern(const ir::Match& match) {
    const auto is_pattern = [](const ir::ValueMatch& value) {
        return value.kind == ir::ValueKind::Regex;
    };
    return match.path.kind == ir::PathKind::Regex ||
           std::ranges::any_of(match.headers, is_pattern) ||
           std::ranges::any_of(match.query, is_pattern);
}

std::string host_text(const Door& door, std::string_view host, std::uint16_t port) {
    return base::quote_for_message(url(door.tls ? "https" : "http", host, port, ""), 300);
}

std::string
subject_of(const ir::Match& match, const Door& door, std::string_view host, std::uint16_t port) {
    std::string text = match.method ? base::quote_for_message(*match.method) + " " : "";
    std::string path = match.path.value;
    if (match.path.kind == ir::PathKind::Regex) path.clear();
    if (match.path.kind == ir::PathKind::Prefix) path += path.ends_with('/') ? "..." : "/...";
    text += base::quote_for_message(url(door.tls ? "https" : "http", host, port, path), 300);
    if (match.path.kind == ir::PathKind::Regex)
        text += " path ~ " + base::quote_for_message(match.path.value);
    append_values(text, "header", match.headers);
    append_values(text, "query", match.query);
    return text;
}

std::string subject_of(const ir::Request& request, std::string_view host, std::uint16_t port) {
    ir::Match match;
    match.path = {ir::PathKind::Exact, request.path};
    if (request.method != "GET") match.method = request.method;
    for (const auto& [name, value] : request.headers)
        match.headers.push_back({ir::ValueKind::Exact, name, value});
    for (const auto& [name, value] : request.query)
        match.query.push_back({ir::ValueKind::Exact, name, value});
    return subject_of(match, {request.entry_point, request.tls}, host, port);
}

}  // namespace gatefile::analysis
