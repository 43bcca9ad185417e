// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/source_text.hpp"

#include <algorithm>
#include <cctype>

#include "gatefile/base/strings.hpp"
#include "printable.hpp"

namespace gatefile::diag {
namespace {

constexpr std::size_t longest_line = 262144;
constexpr std::string_view pem_in_base64 = "LS0tLS1CRUdJTi";  // "-----BEGIN"

bool separates(std::string_view line) {
    return line.starts_with("---") && (line.size() == 3 || line[3] == ' ' || line[3] == '\t');
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !is_word(text[at - 1]);
        if (begins && (end == text.size() || !is_word(text[end]))) return true;
    }
    return false;
}

/// YAML 1.1 ends a line at these too; other lines would be shown than are meant.
bool has_odd_breaks(std::string_view bytes) {
    for (std::size_t at = bytes.find('\r'); at != std::string_view::npos;
         at = bytes.find('\r', at + 1)) {
        if (at + 1 == bytes.size() || bytes[at + 1] != '\n') return true;
    }
    return bytes.find("\xC2\x85") != std::string_view::npos ||
           bytes.find("\xE2\x80\xA8") != std::string_view::npos ||
           bytes.find("\xE2\x80\xA9") != std::string_view::npos;
}

/// `kind: Gateway` and nothing else.
bool is_plain_kind(std::string_view line) {
    if (!line.starts_with("kind:")) return false;
    const std::string_view value = base::trim(line.substr(5));
    return !value.empty() && value != "Secret" && !value.ends_with("List") &&
           std::ranges::all_of(value, [](char c) { return is_word(c); });
}

/// A document in which "Secret" occurs is only shown when it is certainly of another kind: it names
/// its kind in one plain line. So are those where an escape could hide the word.
bool may_be_shown(const std::vector<std::string_view>& lines) {
    std::size_t kinds = 0;
    bool plain = true;
    bool doubtful = false;
    for (const std::string_view line : lines) {
        if (line.find("PRIVATE KEY") != std::string_view::npos) return false;
        if (line.find(pem_in_base64) != std::string_view::npos) return false;
        const bool about_kind = line.find("kind") != std::string_view::npos;
        doubtful = doubtful || has_word(line, "Secret") || has_word(line, "SecretList") ||
                   (about_kind && line.find('\\') != std::string_view::npos);
        const bool in_root = !line.empty() && line[0] != ' ' && line[0] != '#';
        if (!in_root) continue;
        plain = plain && std::string_view("{[\"'?&*!").find(line[0]) == std::string_view::npos;
        if (!about_kind) continue;
        ++kinds;
        plain = plain && is_plain_kind(line);
    }
    return !doubtful || (plain && kinds == 1);
}

/// Not a path that leads out of the chart, nor one that would garble a report.
bool is_template_path(std::string_view path) {
    if (path.empty() || path.size() > 300 || path.front() == '/') return false;
    const auto parts = base::split(path, '/');
    return std::ranges::find(parts, "..") == parts.end() && printable(path) == path;
}

}  // namespace

SourceText::SourceText(std::string bytes) : bytes_(std::move(bytes)) {
    if (has_odd_breaks(bytes_)) return;
    starts_.push_back(bytes_.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    for (std::size_t end = bytes_.find('\n'); end != std::string::npos;
         end = bytes_.find('\n', end + 1)) {
        starts_.push_back(end + 1);
    }
    if (starts_.back() != bytes_.size()) starts_.push_back(bytes_.size());
    const std::size_t count = starts_.size() - 1;
    for (std::size_t first = 0; first < count;) {
        std::vector<std::string_view> lines{at(first)};
        while (first + lines.size() < count && !separates(at(first + lines.size())))
            lines.push_back(at(first + lines.size()));
        if (separates(lines[0])) lines[0].remove_prefix(3);
        documents_.push_back({first, first + lines.size(), may_be_shown(lines)});
        first += lines.size();
    }
}

std::string_view SourceText::at(std::size_t index) const {
    std::string_view text(bytes_);
    text = text.substr(starts_[index], starts_[index + 1] - starts_[index]);
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

const SourceText::Document* SourceText::document_of(std::uint32_t number) const {
    // `end` is an index from 0 and one past the last line: the number of the last line itself.
    const auto found = std::ranges::lower_bound(documents_, number, {}, &Document::end);
    return number == 0 || found == documents_.end() ? nullptr : &*found;
}

std::optional<std::string_view> SourceText::line(std::uint32_t number) const {
    const Document* document = document_of(number);
    if (document == nullptr || !document->shown) return std::nullopt;
    const std::string_view text = at(number - 1);
    if (text.size() > longest_line) return std::nullopt;
    return text;
}

std::string_view SourceText::chart_template(std::uint32_t number) const {
    const Document* document = document_of(number);
    if (document == nullptr || !separates(at(document->first))) return {};
    for (std::size_t index = document->first + 1; index < document->end; ++index) {
        std::string_view text = at(index);
        if (!text.starts_with('#')) return {};
        constexpr std::string_view mark = "# Source: ";
        if (!text.starts_with(mark)) continue;
        text = base::trim(text.substr(mark.size()));
        return is_template_path(text) ? text : std::string_view();
    }
    return {};
}

}  // namespace gatefile::diag
