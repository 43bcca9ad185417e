// SPDX-License-Identifier: Apache-2.0
#include "live_picture.hpp"

#include <utility>

#include <fmt/format.h>

#include "gatefile/analysis/explain.hpp"
#include "gatefile/analysis/picture.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::agent {

LivePicture::LivePicture(const Settings& settings)
    : instance_(fmt::format("{:x}", base::wall_clock().seconds)) {
    use(settings);
}

void LivePicture::use(const Settings& settings) {
    const std::scoped_lock lock(mutex_);
    settings_ = settings;
    settings_.keep_stages = false;
    settings_.keys = traefik::Keys::Omit;
}

void LivePicture::show(Objects objects) {
    const std::scoped_lock lock(mutex_);
    objects_ = std::move(objects);
    ++version_;
}

void LivePicture::tell(State state) {
    const std::scoped_lock lock(mutex_);
    if (state == state_) return;
    state_ = std::move(state);
    ++version_;
}

std::string LivePicture::tag() const {
    return fmt::format("\"{}-{}-{}\"", objects_.generation.substr(0, 12), instance_, version_);
}

LivePicture::Answer LivePicture::answer(std::string_view known, Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    if (!objects_.snapshot) return {};
    asked_ = now;
    std::string current = tag();
    if (current == known) return {std::move(current), nullptr};
    if (made_of_ != current || !made_) {
        made_.reset();
        made_ = std::make_shared<const std::string>(write());
        made_of_ = current;
    }
    return {std::move(current), made_};
}

void LivePicture::rest(Clock::time_point now) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock && made_ && now - asked_ > kept_for) made_.reset();
}

std::string LivePicture::write() const {
    analysis::Picture picture;
    Settings settings = settings_;
    settings.now = base::wall_clock();
    const auto translation = translate(objects_.snapshot, settings, objects_.found_while_reading);
    if (translation) {
        picture = analysis::picture(
            translation->graph, translation->diagnostics, analysis::MatchValues::Hide);
    }
    for (const auto& [object, text] : state_.faults) {
        analysis::PictureProblem problem;
        problem.code = "traefik-refused";
        problem.severity = diag::Severity::Error;
        problem.object = object;
        problem.message = text;
        if (translation) problem.at = analysis::find_written(translation->graph, object, {}).at;
        analysis::add_problem(picture, std::move(problem));
    }
    tree::Arena arena;
    const auto text = [&arena](const std::string& value) {
        return tree::Node::string(arena.copy(value));
    };
    const std::string words =
        fmt::format("generation {}: {}", objects_.generation.substr(0, 12), state_.text);
    const std::vector<tree::Entry> state{{"generation", {}, text(objects_.generation)},
                                         {"text", {}, text(words)},
                                         {"tone", {}, text(state_.tone)},
                                         {"problem", {}, text(state_.problem)}};
    const std::vector<tree::Entry> whole{{"state", {}, tree::Node::map(arena.copy(state))}};
    std::string extra =
        tree::write_json(tree::Node::map(arena.copy(whole)), tree::JsonStyle::Compact);
    // Its members only.
    extra = extra.substr(1, extra.rfind('}') - 1);
    return analysis::write_picture_json(picture, extra);
}

}  // namespace gatefile::agent
