// SPDX-License-Identifier: Apache-2.0
#include "go_regex_syntax.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "gatefile/base/strings.hpp"

namespace gatefile::base {
namespace {

struct Alias {
    std::string_view name;  ///< as canonical_name() gives it
    std::string_view category;
};

/// unicode.CategoryAliases of Go 1.26, for categories that RE2 knows; sorted by name.
constexpr std::array aliases = {
    Alias{"Closepunctuation", "Pe"},
    Alias{"Cntrl", "Cc"},
    Alias{"Combiningmark", "M"},
    Alias{"Connectorpunctuation", "Pc"},
    Alias{"Control", "Cc"},
    Alias{"Currencysymbol", "Sc"},
    Alias{"Dashpunctuation", "Pd"},
    Alias{"Decimalnumber", "Nd"},
    Alias{"Digit", "Nd"},
    Alias{"Enclosingmark", "Me"},
    Alias{"Finalpunctuation", "Pf"},
    Alias{"Format", "Cf"},
    Alias{"Initialpunctuation", "Pi"},
    Alias{"Letter", "L"},
    Alias{"Letternumber", "Nl"},
    Alias{"Lineseparator", "Zl"},
    Alias{"Lowercaseletter", "Ll"},
    Alias{"Mark", "M"},
    Alias{"Mathsymbol", "Sm"},
    Alias{"Modifierletter", "Lm"},
    Alias{"Modifiersymbol", "Sk"},
    Alias{"Nonspacingmark", "Mn"},
    Alias{"Number", "N"},
    Alias{"Openpunctuation", "Ps"},
    Alias{"Other", "C"},
    Alias{"Otherletter", "Lo"},
    Alias{"Othernumber", "No"},
    Alias{"Otherpunctuation", "Po"},
    Alias{"Othersymbol", "So"},
    Alias{"Paragraphseparator", "Zp"},
    Alias{"Privateuse", "Co"},
    Alias{"Punct", "P"},
    Alias{"Punctuation", "P"},
    Alias{"Separator", "Z"},
    Alias{"Spaceseparator", "Zs"},
    Alias{"Spacingmark", "Mc"},
    Alias{"Surrogate", "Cs"},
    Alias{"Symbol", "S"},
    Alias{"Titlecaseletter", "Lt"},
    Alias{"Uppercaseletter", "Lu"},
};

/// Go looks names up without regard to case, spaces, hyphens and underscores.
std::string canonical_name(std::string_view name) {
    std::string canonical;
    for (const char c : name) {
        if (c == '_' || c == '-' || c == ' ') continue;
        if (canonical.empty())
            canonical += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        else
            canonical += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return canonical;
}

/// A class that RE2 has no name for, as the inside of a bracket expression.
std::optional<std::string_view> spelled_out(std::string_view canonical) {
    if (canonical == "Ascii") return "[:ascii:]";
    if (canonical == "Assigned") return "\\pC\\pL\\pM\\pN\\pP\\pS\\pZ";
    if (canonical == "NotC") return "\\pL\\pM\\pN\\pP\\pS\\pZ";
    if (canonical == "Lc" || canonical == "Casedletter") return "\\p{Ll}\\p{Lt}\\p{Lu}";
    return std::nullopt;
}

class Translation {
public:
    explicit Translation(std::string_view pattern) : rest_(pattern) {}

    Result<std::string> run() {
        while (!rest_.empty()) {
            if (rest_.starts_with("\\Q")) {
                copy_literal();
            } else if (rest_.starts_with("\\C")) {
                return Error{ErrorKind::Usage, "invalid escape sequence: \"\\\\C\""};
            } else if (rest_.front() == '\\') {
                copy_escape(false);
            } else if (rest_.starts_with("(?<")) {
                out_ += "(?P<";
                rest_.remove_prefix(3);
            } else if (rest_.front() == '[') {
                copy_class();
            } else {
                copy(1);
            }
        }
        return std::move(out_);
    }

private:
    void copy(std::size_t count) {
        out_ += rest_.substr(0, count);
        rest_.remove_prefix(std::min(count, rest_.size()));
    }

    void copy_literal() {
        const std::size_t end = rest_.find("\\E");
        copy(end == std::string_view::npos ? rest_.size() : end + 2);
    }

    void copy_class() {
        copy(rest_.starts_with("[^") ? 2 : 1);
        if (rest_.starts_with("]")) copy(1);
        while (!rest_.empty() && rest_.front() != ']') {
            if (rest_.front() == '\\')
                copy_escape(true);
            else
                copy(length_of_posix_class());
        }
        copy(1);
    }

    /// Of "[:alpha:]" at the front; 1 when there is none.
    std::size_t length_of_posix_class() const {
        const std::size_t end = rest_.starts_with("[:") ? rest_.find(":]", 2) : rest_.npos;
        return end == std::string_view::npos ? 1 : end + 2;
    }

    void copy_escape(bool in_class) {
        if (rest_.size() < 3 || (rest_[1] != 'p' && rest_[1] != 'P')) return copy(2);
        bool negated = rest_[1] == 'P';
        std::string_view name = rest_.substr(2, 1);
        std::size_t length = 3;
        if (name == "{") {
            const std::size_t end = rest_.find('}');
            if (end == std::string_view::npos) return copy(2);
            name = rest_.substr(3, end - 3);
            length = end + 1;
        }
        if (name.starts_with('^')) {
            negated = !negated;
            name.remove_prefix(1);
        }
        append_unicode_class(canonical_name(name), negated, in_class);
        rest_.remove_prefix(length);
    }

    void append_unicode_class(std::string name, bool negated, bool in_class) {
        // Go counts code points that are not assigned to C, RE2 has no name for them.
        if (name == "Cn" || name == "Unassigned") {
            name = "Assigned";
            negated = !negated;
        } else if ((name == "C" || name == "Other") && (!in_class || negated)) {
            name = "NotC";
            negated = !negated;
        }
        const auto inside = spelled_out(name);
        if (!inside) {
            const auto alias = std::find_if(
                aliases.begin(), aliases.end(), [&](const Alias& row) { return row.name == name; });
            out_ += negated ? "\\P{" : "\\p{";
            out_ += alias == aliases.end() ? std::string_view(name) : alias->category;
            out_ += '}';
        } else if (!in_class) {
            out_ += negated ? "[^" : "[";
            out_ += *inside;
            out_ += ']';
        } else if (!negated) {
            out_ += *inside;
        } else if (name == "Ascii") {
            out_ += "[:^ascii:]";
        } else {
            // A difference of classes within a class cannot be said in RE2: let it refuse the name.
            out_ += "\\P{" + name + '}';
        }
    }

    std::string_view rest_;
    std::string out_;
};

}  // namespace

Result<std::string> translate_go_pattern(std::string_view pattern) {
    return Translation(pattern).run();
}

}  // namespace gatefile::base
