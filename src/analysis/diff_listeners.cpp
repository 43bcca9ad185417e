// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include "diff_filters.hpp"
#include "diff_parts.hpp"
#include "diff_witness.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

std::vector<Aspect> aspects_of(const ir::Config& config, const ir::Listener& listener) {
    std::vector<Aspect> aspects;
    for (const ir::Filter& filter : listener.filters)
        aspects.push_back(filter_aspect(config, filter));
    return aspects;
}

std::string text_of(const std::vector<Aspect>& aspects) {
    std::vector<std::string> texts;
    for (const Aspect& aspect : aspects)
        texts.push_back(aspect.text);
    return aspects.empty() ? "runs no filter before routes" : "runs first " + base::join(texts, ", ");
}

}  // namespace

void diff_listeners(const View& before, const View& after, std::vector<Difference>& found) {
    for (const auto& [door, listeners] : before.doors()) {
        if (!after.doors().contains(door)) continue;
        std::set<std::string> names;
        for (const auto& [hostname, index] : listeners)
            names.insert(hostname);
        for (const auto& [hostname, index] : after.doors().at(door))
            names.insert(hostname);
        for (const std::string& name : names) {
            const auto old_index = before.listener(door, name);
            const auto new_index = after.listener(door, name);
            if (!old_index || !new_index) continue;
            const ir::Listener& old_one = before.config().listeners[*old_index];
            const ir::Listener& new_one = after.config().listeners[*new_index];
            const auto was = aspects_of(before.config(), old_one);
            const auto now = aspects_of(after.config(), new_one);
            const auto add = [&](diag::Code code, std::string new_text, std::string old_text) {
                found.push_back(
                    {.code = code,
                     .subjects = {host_text(door, name, new_one.sources.front().port)},
                     .now = std::move(new_text),
                     .was = std::move(old_text),
                     .before = before.place(old_one.sources.front()),
                     .after = after.place(new_one.sources.front()),
                     .hint = ""});
            };
            if (old_one.fail.has_value() != new_one.fail.has_value()) {
                add(new_one.fail ? diag::Code::DiffPathRefused : diag::Code::DiffPathRestored,
                    new_one.fail ? "answers every request with an error" : text_of(now),
                    old_one.fail ? "answers every request with an error" : text_of(was));
            } else if (was != now) {
                add(diag::Code::DiffFiltersChanged, text_of(now), text_of(was));
            }
        }
    }
}

}  // namespace gatefile::analysis
