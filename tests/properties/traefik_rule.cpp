// SPDX-License-Identifier: Apache-2.0
#include "traefik_rule.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "gatefile/base/strings.hpp"

namespace gatefile::properties {
namespace {

/// requestdecorator.parseHost and types.CanonicalDomain.
std::string canonical_domain(std::string_view address) {
    std::string_view host = address;
    const std::size_t first = address.find(':');
    if (first != std::string_view::npos) {
        const bool bracketed = address.front() == '[';
        const std::size_t last = address.rfind(':');
        const std::size_t close = address.find(']');
        if (bracketed && close != std::string_view::npos) {
            host = address.substr(1, close - 1);
        } else if (!bracketed && first == last) {
            host = address.substr(0, first);
        }
    }
    return base::to_lower(base::trim(host));
}

bool is_hex(char digit) {
    return std::isxdigit(static_cast<unsigned char>(digit)) != 0;
}

bool is_unreserved(char byte) {
    return std::isalnum(static_cast<unsigned char>(byte)) != 0 ||
           std::string_view("-._~").find(byte) != std::string_view::npos;
}

char decoded(std::string_view code) {
    return static_cast<char>(std::strtol(std::string(code.substr(1)).c_str(), nullptr, 16));
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(
        out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return out;
}

/// server_entrypoint_tcp.go normalizePath.
std::string normalize_path(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%' || i + 2 >= path.size() || !is_hex(path[i + 1]) ||
            !is_hex(path[i + 2])) {
            out += path[i];
            continue;
        }
        const std::string_view code = path.substr(i, 3);
        const char byte = decoded(code);
        if (is_unreserved(byte)) {
            out += byte;
        } else {
            out += upper(code);
        }
        i += 2;
    }
    return out;
}

/// Go's path.Clean on a rooted path, and the slash that URL.JoinPath keeps.
std::string sanitize_path(const std::string& path) {
    std::vector<std::string> segments;
    std::string segment;
    const auto flush = [&] {
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
        segment.clear();
    };
    for (const char byte : path) {
        if (byte == '/') {
            flush();
        } else {
            segment += byte;
        }
    }
    flush();
    std::string out;
    for (const std::string& kept : segments)
        out += "/" + kept;
    if (out.empty()) return "/";
    if (path.ends_with('/')) out += '/';
    return out;
}

/// mux.go withRoutingPath and its reservedCharacters.
std::string routing_path(std::string_view path) {
    constexpr std::array<std::string_view, 19> reserved{"%3A",
                                                        "%2F",
                                                        "%3F",
                                                        "%23",
                                                        "%5B",
                                                        "%5D",
                                                        "%40",
                                                        "%21",
                                                        "%24",
                                                        "%26",
                                                        "%27",
                                                        "%28",
                                                        "%29",
                                                        "%2A",
                                                        "%2B",
                                                        "%2C",
                                                        "%3B",
                                                        "%3D",
                                                        "%25"};
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%') {
            out += path[i];
            continue;
        }
        const std::string_view code = path.substr(i, 3);
        if (std::ranges::find(reserved, code) != reserved.end()) {
            out += code;
        } else {
            out += decoded(code);
        }
        i += 2;
    }
    return out;
}

struct Signature {
    std::string_view name;
    std::size_t arguments;
    bool is_pattern;
    bool is_path;
};
constexpr std::array<Signature, 10> signatures{{
    {"Host", 1, false, false},
    {"HostRegexp", 1, true, false},
    {"Path", 1, false, true},
    {"PathPrefix", 1, false, true},
    {"PathRegexp", 1, true, false},
    {"Header", 2, false, false},
    {"HeaderRegexp", 2, true, false},
    {"Query", 2, false, false},
    {"QueryRegexp", 2, true, false},
    {"Method", 1, false, false},
}};

bool host_matches(const std::string& host, const std::string& expression) {
    if (expression == "*") return true;
    if (host.empty()) return false;
    if (domain_matches(host, expression)) return true;
    if (expression.ends_with('.') &&
        domain_matches(host, std::string_view(expression).substr(0, expression.size() - 1))) {
        return true;
    }
    return host.ends_with('.') &&
           domain_matches(std::string_view(host).substr(0, host.size() - 1), expression);
}

}  // namespace

SeenRequest seen_by_traefik(const ir::Request& request) {
    SeenRequest seen{
        .host = canonical_domain(request.host),
        .routing_path = routing_path(sanitize_path(normalize_path(request.path))),
        .method = request.method,
        .headers = request.headers,
        .query = request.query,
    };
    for (auto& header : seen.headers)
        header.first = base::to_lower(header.first);
    return seen;
}

bool domain_matches(std::string_view domain, std::string_view expression) {
    if (!expression.starts_with('*')) return base::equals_ignoring_case(domain, expression);
    const std::size_t dot = domain.find('.');
    const std::string wild =
        "*" + std::string(dot == std::string_view::npos ? std::string_view() : domain.substr(dot));
    return base::equals_ignoring_case(wild, expression);
}

/// Expressions of Go: || binds weaker than &&, ! strongest.
class RuleParser {
public:
    RuleParser(std::string_view text, TraefikRule& rule, std::string& error)
        : text_(text), rule_(rule), error_(error) {}

    bool run() {
        const std::optional<std::size_t> root = either();
        if (!root) return false;
        skip_blanks();
        if (at_ != text_.size()) return fail("something stands behind the rule");
        rule_.root_ = *root;
        return true;
    }

private:
    using Kind = TraefikRule::Kind;

    std::optional<std::size_t> either() { return chain(Kind::Or, "||"); }

    std::optional<std::size_t> chain(Kind kind, std::string_view word) {
        const auto operand = [&] { return kind == Kind::Or ? chain(Kind::And, "&&") : unary(); };
        std::optional<std::size_t> left = operand();
        while (left && accept(word)) {
            const std::optional<std::size_t> right = operand();
            if (!right) return std::nullopt;
            left = add({.kind = kind, .left = *left, .right = *right});
        }
        return left;
    }

    std::optional<std::size_t> unary() {
        if (accept("!")) {
            const std::optional<std::size_t> operand = unary();
            if (!operand) return std::nullopt;
            return add({.kind = Kind::Not, .left = *operand});
        }
        if (accept("(")) {
            const std::optional<std::size_t> inner = either();
            if (!inner) return std::nullopt;
            if (!accept(")")) return refuse("a parenthesis is not closed");
            return inner;
        }
        return matcher();
    }

    std::optional<std::size_t> matcher() {
        skip_blanks();
        TraefikRule::Node node;
        while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) {
            node.name += text_[at_++];
        }
        const auto signature = std::ranges::find(signatures, node.name, &Signature::name);
        if (signature == signatures.end()) return refuse("unknown matcher '" + node.name + "'");
        if (!accept("(")) return refuse("no arguments");
        do {
            std::optional<std::string> argument = literal();
            if (!argument) return std::nullopt;
            if (argument->empty()) return refuse("an argument is empty");
            node.arguments.push_back(std::move(*argument));
        } while (accept(","));
        if (!accept(")")) return refuse("arguments are not closed");
        if (node.arguments.size() != signature->arguments) return refuse("number of arguments");
        if (signature->is_path && !node.arguments[0].starts_with('/'))
            return refuse("no rooted path");
        const bool about_host = node.name.starts_with("Host");
        if (about_host && !is_ascii(node.arguments[0])) return refuse("a host is not ASCII");
        if (signature->is_pattern) {
            base::Result<base::Regex> pattern = base::Regex::compile(node.arguments.back());
            if (!pattern) return refuse("a regular expression does not compile");
            node.pattern = std::move(*pattern);
        }
        return add(std::move(node));
    }

    static bool is_ascii(std::string_view text) {
        return std::ranges::all_of(
            text, [](char byte) { return static_cast<unsigned char>(byte) < 128; });
    }

    /// A string of Go source: no NUL, UTF-8.
    std::optional<std::string> literal() {
        skip_blanks();
        if (at_ >= text_.size()) return refuse_text("an argument is missing");
        const char quote = text_[at_++];
        if (quote != '`' && quote != '"') return refuse_text("an argument is no string");
        std::string out;
        while (at_ < text_.size() && text_[at_] != quote) {
            const char byte = text_[at_++];
            if (byte == '\0') return refuse_text("NUL in a string");
            if (quote == '`' ? byte == '\r' : byte == '\n') return refuse_text("a bare line end");
            if (quote == '"' && byte == '\\') {
                if (!escape(out)) return std::nullopt;
            } else {
                out += byte;
            }
        }
        if (at_ >= text_.size()) return refuse_text("a string is not closed");
        ++at_;
        return out;
    }

    bool escape(std::string& out) {
        constexpr std::string_view letters = "abfnrtv\\\"";
        constexpr std::string_view values = "\a\b\f\n\r\t\v\\\"";
        if (at_ >= text_.size()) return fail("a string is not closed");
        const char letter = text_[at_++];
        if (letter == 'x' && at_ + 2 <= text_.size() && is_hex(text_[at_]) &&
            is_hex(text_[at_ + 1])) {
            out += decoded(text_.substr(at_ - 1, 3));
            at_ += 2;
            return true;
        }
        const std::size_t known = letters.find(letter);
        if (known == std::string_view::npos) return fail("unknown escape");
        out += values[known];
        return true;
    }

    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
    }
    bool accept(std::string_view word) {
        skip_blanks();
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    bool fail(std::string why) {
        error_ = std::move(why) + " at " + std::to_string(at_);
        return false;
    }
    std::nullopt_t refuse(std::string why) {
        fail(std::move(why));
        return std::nullopt;
    }
    std::nullopt_t refuse_text(std::string why) { return refuse(std::move(why)); }
    std::size_t add(TraefikRule::Node node) {
        rule_.nodes_.push_back(std::move(node));
        return rule_.nodes_.size() - 1;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    TraefikRule& rule_;
    std::string& error_;
};

std::optional<TraefikRule> TraefikRule::parse(std::string_view text, std::string& error) {
    TraefikRule rule;
    if (!base::is_utf8(text)) {
        error = "not UTF-8";
        return std::nullopt;
    }
    if (!RuleParser(text, rule, error).run()) return std::nullopt;
    return rule;
}

bool TraefikRule::matches_at(std::size_t node, const SeenRequest& request) const {
    const Node& at = nodes_[node];
    switch (at.kind) {
    case Kind::And:
        return matches_at(at.left, request) && matches_at(at.right, request);
    case Kind::Or:
        return matches_at(at.left, request) || matches_at(at.right, request);
    case Kind::Not:
        return !matches_at(at.left, request);
    case Kind::Matcher:
        return matcher_matches(at, request);
    }
    return false;
}

bool TraefikRule::matcher_matches(const Node& node, const SeenRequest& request) {
    const std::string& first = node.arguments[0];
    if (node.name == "Host") return host_matches(request.host, first);
    if (node.name == "HostRegexp") return node.pattern->matches(request.host);
    if (node.name == "Path") return request.routing_path == first;
    if (node.name == "PathPrefix") return request.routing_path.starts_with(first);
    if (node.name == "PathRegexp") return node.pattern->matches(request.routing_path);
    if (node.name == "Method") return request.method == upper(first);
    const auto value_matches = [&](const std::string& value) {
        return node.pattern ? node.pattern->matches(value) : value == node.arguments[1];
    };
    const bool about_headers = node.name.starts_with("Header");
    const std::string wanted = about_headers ? base::to_lower(first) : first;
    return std::ranges::any_of(
        about_headers ? request.headers : request.query,
        [&](const auto& pair) { return pair.first == wanted && value_matches(pair.second); });
}

std::vector<std::string> TraefikRule::domains() const {
    std::vector<std::string> found;
    for (const Node& node : nodes_) {
        if (node.kind == Kind::Matcher && node.name == "Host") {
            found.push_back(base::to_lower(node.arguments[0]));
        }
    }
    return found;
}

}  // namespace gatefile::properties
