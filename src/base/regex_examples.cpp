// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/regex_examples.hpp"

#include <algorithm>
#include <bitset>
#include <optional>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::base {
namespace {

/// Which of several possibilities is taken throughout an example.
struct Taste {
    bool last_of_class = false;
    std::size_t alternative = 0;  ///< the last one where there are fewer
    bool longer = false;
};

/// No example needs more; patterns are written by strangers.
constexpr std::size_t max_length = 1024;
constexpr int max_depth = 50;

using Characters = std::bitset<128>;

void add_range(Characters& set, char first, char last) {
    for (int c = first; c <= last; ++c)
        set.set(static_cast<std::size_t>(c));
}

/// \d, \w, \s and their opposites; nothing for other letters.
std::optional<Characters> perl_class(char letter) {
    Characters set;
    switch (letter) {
    case 'd':
    case 'D':
        add_range(set, '0', '9');
        break;
    case 'w':
    case 'W':
        add_range(set, '0', '9');
        add_range(set, 'A', 'Z');
        add_range(set, 'a', 'z');
        set.set('_');
        break;
    case 's':
    case 'S':
        for (const char c : {' ', '\t', '\n', '\f', '\r'})
            set.set(static_cast<std::size_t>(c));
        break;
    default:
        return std::nullopt;
    }
    return letter >= 'a' ? set : ~set;
}

/// Writes one text by walking along the pattern. What it does not know ends the walk: the examples
/// are tried afterwards, so a misunderstanding costs an example and never a wrong one.
class Writer {
public:
    Writer(std::string_view pattern, Taste taste) : rest_(pattern), taste_(taste) {}

    std::optional<std::string> write() {
        auto text = alternatives(0);
        if (!rest_.empty() || failed_) return std::nullopt;
        return text;
    }

private:
    bool take(std::string_view token) {
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    char next() {
        if (rest_.empty()) {
            failed_ = true;
            return '\0';
        }
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    std::string alternatives(int depth) {
        if (depth > max_depth) failed_ = true;
        std::string chosen = sequence(depth);
        for (std::size_t i = 1; !failed_ && take("|"); ++i) {
            std::string other = sequence(depth);
            if (i <= taste_.alternative) chosen = std::move(other);
        }
        return chosen;
    }

    std::string sequence(int depth) {
        std::string text;
        while (!failed_ && !rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
            text += repeated(atom(depth));
            if (text.size() > max_length) failed_ = true;
        }
        return text;
    }

    std::string repeated(const std::string& text) {
        std::size_t least = 1;
        std::size_t most = 1;
        if (take("*")) {
            least = 0;
            most = 3;
        } else if (take("+")) {
            most = 3;
        } else if (take("?")) {
            least = 0;
        } else if (const auto bounds = counts()) {
            least = bounds->first;
            most = bounds->second;
        } else {
            return text;
        }
        take("?");
        std::string out;
        const std::size_t times = taste_.longer ? most : least;
        for (std::size_t i = 0; i < times && out.size() <= max_length; ++i)
            out += text;
        return out;
    }

    /// "{2}", "{2,}", "{2,4}"; anything else in braces is text.
    std::optional<std::pair<std::size_t, std::size_t>> counts() {
        if (!rest_.starts_with('{')) return std::nullopt;
        const std::size_t end = rest_.find('}');
        if (end == std::string_view::npos) return std::nullopt;
        const auto parts = split(rest_.substr(1, end - 1), ',');
        const auto least = parse_int(parts[0]);
        if (!least || *least < 0 || parts.size() > 2) return std::nullopt;
        auto most = least;
        if (parts.size() == 2) most = parts[1].empty() ? *least + 2 : parse_int(parts[1]);
        if (!most || *most < *least) return std::nullopt;
        rest_.remove_prefix(end + 1);
        return std::pair(static_cast<std::size_t>(*least), static_cast<std::size_t>(*most));
    }

    std::string atom(int depth) {
        const char c = next();
        switch (c) {
        case '^':
        case '$':
            return "";
        case '.':
            return taste_.last_of_class ? "z" : "a";
        case '(':
            return group(depth);
        case '[':
            return from_class();
        case '\\':
            return escape();
        default:
            return std::string(1, c);
        }
    }

    std::string group(int depth) {
        if (take("?")) {
            if (take("P<") || take("<")) {
                while (!failed_ && next() != '>') {
                }
            } else {
                char flag = next();
                while (!failed_ && flag != ':' && flag != ')')
                    flag = next();
                if (flag == ')') return "";  // flags for what follows
            }
        }
        std::string text = alternatives(depth + 1);
        if (!take(")")) failed_ = true;
        return text;
    }

    std::string escape() {
        const char c = next();
        if (c == 'A' || c == 'z') return "";
        if (const auto set = perl_class(c)) return pick(*set);
        return std::string(1, literal(c));
    }

    char literal(char escaped) {
        switch (escaped) {
        case 't':
            return '\t';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        default:
            break;
        }
        const bool letter =
            (escaped >= 'a' && escaped <= 'z') || (escaped >= 'A' && escaped <= 'Z');
        if (letter || (escaped >= '0' && escaped <= '9')) failed_ = true;
        return escaped;
    }

    /// The rest of "[...]".
    std::string from_class() {
        const bool negated = take("^");
        Characters set;
        bool first = true;
        while (!failed_ && (first || !rest_.starts_with(']'))) {
            first = false;
            if (rest_.starts_with("[:")) {
                failed_ = true;
                return "";
            }
            char from = next();
            if (from == '\\') {
                from = next();
                if (const auto perl = perl_class(from)) {
                    set |= *perl;
                    continue;
                }
                from = literal(from);
            }
            char to = from;
            if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
                next();
                to = next();
                if (to == '\\') to = literal(next());
            }
            if (from < 0 || to < from) failed_ = true;
            if (!failed_) add_range(set, from, to);
        }
        next();
        return failed_ ? "" : pick(negated ? ~set : set);
    }

    /// Letters and digits where there are any; they pass through paths and headers unchanged.
    std::string pick(const Characters& set) {
        std::string plain;
        std::string printable;
        for (char c = ' '; c < 127; ++c) {
            if (!set.test(static_cast<std::size_t>(c))) continue;
            printable += c;
            if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
                plain += c;
        }
        const std::string& candidates = plain.empty() ? printable : plain;
        if (candidates.empty()) failed_ = true;
        if (failed_) return "";
        return std::string(1, taste_.last_of_class ? candidates.back() : candidates.front());
    }

    std::string_view rest_;
    Taste taste_;
    bool failed_ = false;
};

}  // namespace

std::vector<std::string> regex_examples(std::string_view go_pattern) {
    const auto compiled = Regex::compile(go_pattern);
    if (!compiled) return {};
    std::vector<std::string> examples;
    for (const Taste taste : {Taste{false, 0, false},
                              Taste{true, 1000, true},
                              Taste{true, 1, false},
                              Taste{false, 2, true},
                              Taste{true, 3, false},
                              Taste{false, 4, false}}) {
        auto text = Writer(go_pattern, taste).write();
        if (text && compiled->matches(*text) &&
            std::ranges::find(examples, *text) == examples.end()) {
            examples.push_back(std::move(*text));
        }
    }
    return examples;
}

}  // namespace gatefile::base
