// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/regex_set.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <re2/re2.h>
#include <re2/set.h>

#include "go_regex_syntax.hpp"

namespace gatefile::base {

namespace {

re2::RE2::Options quiet_options() {
    re2::RE2::Options options;
    options.set_log_errors(false);
    return options;
}

}  // namespace

struct RegexSet::Compiled {
    re2::RE2::Set set{quiet_options(), re2::RE2::UNANCHORED};
    std::vector<std::size_t> places;  ///< of what is in the set
};

RegexSet::RegexSet(std::span<const std::string> go_patterns) {
    auto compiled = std::make_unique<Compiled>();
    for (std::size_t i = 0; i < go_patterns.size(); ++i) {
        const auto pattern = translate_go_pattern(go_patterns[i]);
        if (!pattern) continue;
        if (compiled->set.Add({pattern->data(), pattern->size()}, nullptr) >= 0)
            compiled->places.push_back(i);
    }
    if (compiled->places.empty() || !compiled->set.Compile()) return;
    compiled_ = std::move(compiled);
}

RegexSet::~RegexSet() = default;
RegexSet::RegexSet(RegexSet&&) noexcept = default;
RegexSet& RegexSet::operator=(RegexSet&&) noexcept = default;

std::optional<std::size_t> RegexSet::first_in(std::string_view text) const {
    if (!compiled_) return std::nullopt;
    std::vector<int> found;
    if (!compiled_->set.Match({text.data(), text.size()}, &found)) return std::nullopt;
    const int first = *std::ranges::min_element(found);
    return compiled_->places[static_cast<std::size_t>(first)];
}

}  // namespace gatefile::base
