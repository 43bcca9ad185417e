// SPDX-License-Identifier: Apache-2.0
#include "check/rule_syntax.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "check/go_string.hpp"
#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

std::string quote(std::string_view text) {
    return base::quote_for_message(text);
}

/// What a matcher's last value has to be.
enum class Value { Any, Host, Path, Regex, HostRegex, Ip, Sni, Alpn };

struct Known {
    std::string_view name;
    std::size_t least;
    std::size_t most;
    Value value;
};

constexpr std::size_t many = 1000;

constexpr auto http_v3 = std::to_array<Known>({
    {"ClientIP", 1, 1, Value::Ip},
    {"Method", 1, 1, Value::Any},
    {"Host", 1, 1, Value::Host},
    {"HostRegexp", 1, 1, Value::HostRegex},
    {"Path", 1, 1, Value::Path},
    {"PathRegexp", 1, 1, Value::Regex},
    {"PathPrefix", 1, 1, Value::Path},
    {"Header", 2, 2, Value::Any},
    {"HeaderRegexp", 2, 2, Value::Regex},
    {"Query", 1, 2, Value::Any},
    {"QueryRegexp", 1, 2, Value::Regex},
});
constexpr auto http_v2 = std::to_array<Known>({
    {"Host", 1, many, Value::Host},
    {"HostHeader", 1, many, Value::Host},
    {"HostRegexp", 1, many, Value::Any},
    {"ClientIP", 1, many, Value::Ip},
    {"Path", 1, many, Value::Path},
    {"PathPrefix", 1, many, Value::Path},
    {"Method", 1, many, Value::Any},
    {"Headers", 2, 2, Value::Any},
    {"HeadersRegexp", 2, 2, Value::Regex},
    {"Query", 1, many, Value::Any},
});
constexpr auto tcp_v3 = std::to_array<Known>({
    {"ALPN", 1, 1, Value::Alpn},
    {"ClientIP", 1, 1, Value::Ip},
    {"HostSNI", 1, 1, Value::Sni},
    {"HostSNIRegexp", 1, 1, Value::HostRegex},
});
constexpr auto tcp_v2 = std::to_array<Known>({
    {"ALPN", 1, many, Value::Alpn},
    {"ClientIP", 1, many, Value::Ip},
    {"HostSNI", 1, many, Value::Sni},
    {"HostSNIRegexp", 1, many, Value::Any},
});

std::span<const Known> matchers_of(RuleKind kind, std::string_view syntax) {
    if (kind == RuleKind::Http)
        return syntax == "v2" ? std::span<const Known>(http_v2) : std::span<const Known>(http_v3);
    return syntax == "v2" ? std::span<const Known>(tcp_v2) : std::span<const Known>(tcp_v3);
}

std::string in_case(std::string_view name, bool upper) {
    std::string text = base::to_lower(name);
    if (!text.empty())
        text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    if (upper) {
        for (char& c : text)
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
}

/// Traefik knows each matcher as it is written, in small and in capital letters, and with the first
/// one large.
const Known* find_matcher(std::span<const Known> known, std::string_view name) {
    const auto found = std::ranges::find_if(known, [&](const Known& matcher) {
        return name == matcher.name || name == base::to_lower(matcher.name) ||
               name == in_case(matcher.name, true) || name == in_case(matcher.name, false);
    });
    return found == known.end() ? nullptr : &*found;
}

class Parser {
public:
    Parser(std::string_view text, std::span<const Known> known) : text_(text), known_(known) {}

    std::optional<RuleFault> run() {
        if (skip(); at_ >= text_.size()) return RuleFault{"the rule is empty", ""};
        if (!expression()) return fault_;
        if (skip(); at_ < text_.size())
            fail(text_[at_] == ')' ? "a \")\" without its \"(\"" : unexpected());
        return fault_;
    }

    std::vector<Matcher> matchers;

private:
    bool fail(std::string text, std::string hint = "") {
        if (!fault_) fault_ = RuleFault{std::move(text), std::move(hint)};
        return false;
    }

    std::string unexpected() const {
        if (at_ >= text_.size()) return "the rule ends too early";
        return fmt::format("unexpected {} in the rule", quote(text_.substr(at_, 20)));
    }

    /// The length of Go's comment that begins here; 0 when none does, or it has no end.
    std::size_t comment_length() const {
        const std::string_view rest = text_.substr(at_);
        if (rest.starts_with("//")) return std::min(rest.find('\n'), rest.size());
        if (!rest.starts_with("/*")) return 0;
        const std::size_t end = rest.find("*/", 2);
        return end == std::string_view::npos ? 0 : end + 2;
    }

    /// Blanks and comments; Go ends an expression at a line break behind a value.
    void skip() {
        broken_ = false;
        while (at_ < text_.size()) {
            const bool blank = std::isspace(static_cast<unsigned char>(text_[at_])) != 0;
            const std::size_t length = blank ? 1 : comment_length();
            if (length == 0) return;
            broken_ = broken_ ||
                      text_.substr(at_, length).find('\n') != std::string_view::npos;
            at_ += length;
        }
    }

    bool takes(std::string_view mark) {
        if (!text_.substr(at_).starts_with(mark)) return false;
        at_ += mark.size();
        return true;
    }

    bool expression() {
        if (++depth_ > 200) return fail("the rule is nested too deep");
        while (true) {
            if (!operand()) return false;
            skip();
            const bool joins =
                text_.substr(at_).starts_with("&&") || text_.substr(at_).starts_with("||");
            if (!joins) break;
            if (broken_)
                return fail("a line of the rule begins with an operator, which Go does not allow",
                            "put && or || at the end of the line before");
            at_ += 2;
            skip();
        }
        --depth_;
        return true;
    }

    bool operand() {
        skip();
        while (takes("!"))
            skip();
        if (takes("(")) {
            if (!expression()) return false;
            if (broken_ || !takes(")"))
                return fail(at_ < text_.size() ? unexpected() : "a \"(\" is not closed");
            return true;
        }
        const std::size_t start = at_;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
            ++at_;
        if (at_ == start) return fail(unexpected());
        return call(text_.substr(start, at_ - start));
    }

    bool call(std::string_view name) {
        const Known* known = find_matcher(known_, name);
        if (known == nullptr) {
            std::vector<std::string_view> names;
            for (const Known& matcher : known_)
                names.push_back(matcher.name);
            const std::string_view near = base::nearest(name, names);
            return fail(fmt::format("there is no matcher {}", quote(name)),
                        near.empty() ? "" : fmt::format("did you mean {}?", near));
        }
        Matcher matcher{std::string(known->name), {}};
        if (skip(); broken_ || !takes("("))
            return fail(fmt::format("{} wants its value in parentheses", known->name));
        if (!values(matcher)) return false;
        if (!check(*known, matcher)) return false;
        matchers.push_back(std::move(matcher));
        return true;
    }

    bool values(Matcher& matcher) {
        while (true) {
            if (skip(); takes(")")) return true;
            if (at_ >= text_.size()) return fail(matcher.name + "(…) is not closed");
            if (text_[at_] != '`' && text_[at_] != '"')
                return fail(fmt::format(
                    "{} wants its value in backquotes: {}", matcher.name, unexpected()));
            const std::size_t length = go_string_length(text_.substr(at_));
            if (length == 0) return fail("a value is not closed");
            auto value = go_unquote(text_.substr(at_, length));
            if (!value) return fail("a value has an escape that Go does not know");
            matcher.values.push_back(std::move(*value));
            at_ += length;
            skip();
            if (takes(",")) continue;
            if (broken_ || !takes(")"))
                return fail(at_ < text_.size() ? unexpected() : matcher.name + "(…) is not closed");
            return true;
        }
    }

    bool check(const Known& known, const Matcher& matcher) {
        const std::size_t count = matcher.values.size();
        if (count < known.least || count > known.most)
            return fail(
                fmt::format("{} takes {} value{}, not {}",
                            known.name,
                            known.most == known.least ? std::to_string(known.least) : "1 or more",
                            known.most == 1 ? "" : "s",
                            count),
                known.most == 1 && count > 1
                    ? fmt::format("write {}(`a`) || {}(`b`)", known.name, known.name)
                    : "");
        if (std::ranges::any_of(matcher.values, &std::string::empty))
            return fail(fmt::format("an empty value of {}", known.name));
        const bool is_name_only = known.value == Value::Regex && known.most == 2 && count == 1;
        const std::string why = is_name_only ? "" : fault_of(known.value, matcher.values.back());
        return why.empty() || fail(fmt::format("{}: {}", known.name, why));
    }

    static bool is_ascii(std::string_view text) {
        return std::ranges::all_of(text,
                                   [](char c) { return static_cast<unsigned char>(c) < 128; });
    }

    static std::string fault_of(Value value, std::string_view text) {
        switch (value) {
        case Value::Any:
            return "";
        case Value::Host:
            return is_ascii(text) ? "" : quote(text) + " is not ASCII; write it in Punycode";
        case Value::Path:
            return text.starts_with('/') ? "" : quote(text) + " does not begin with /";
        case Value::HostRegex:
            if (!is_ascii(text)) return quote(text) + " is not ASCII";
            [[fallthrough]];
        case Value::Regex: {
            const auto compiled = base::Regex::compile(text);
            return compiled ? "" : quote(text) + ": " + compiled.error().text;
        }
        case Value::Ip:
            return is_ip_or_range(text) ? "" : quote(text) + " is no IP address or range";
        case Value::Sni: {
            static const auto pattern = base::Regex::compile(R"(^(\*\.)?[[:word:]\.\-\:]+$)");
            const bool fits = text == "*" || (pattern && pattern->matches(text));
            return fits ? "" : quote(text) + " is no hostname";
        }
        case Value::Alpn:
            return text == "acme-tls/1" ? "acme-tls/1 is Traefik's own" : "";
        }
        return "";
    }

    std::string_view text_;
    std::span<const Known> known_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool broken_ = false;
    std::optional<RuleFault> fault_;
};

}  // namespace

std::variant<std::vector<Matcher>, RuleFault>
check_rule(std::string_view rule, RuleKind kind, std::string_view syntax) {
    Parser parser(rule, matchers_of(kind, syntax));
    if (auto fault = parser.run()) return *std::move(fault);
    return std::move(parser.matchers);
}

std::vector<std::string> values_of(const std::vector<Matcher>& matchers, std::string_view name) {
    std::vector<std::string> values;
    for (const Matcher& matcher : matchers) {
        if (matcher.name != name) continue;
        for (const std::string& value : matcher.values)
            values.push_back(base::to_lower(value));
    }
    return values;
}

bool is_ip_or_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    in6_addr bytes{};
    const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), &bytes) == 1;
    if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return false;
    if (slash == std::string_view::npos) return true;
    const auto bits = base::parse_int(text.substr(slash + 1));
    return bits && *bits >= 0 && *bits <= (is_v4 ? 32 : 128);
}

}  // namespace gatefile::traefik::check
