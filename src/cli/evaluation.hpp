// SPDX-License-Identifier: Apache-2.0
//
// What `explain` and `test` ask: objects, translated once, and the matcher over them.
#pragma once

#include <memory>

#include "gatefile/analysis/explain.hpp"
#include "gatefile/gatefile.hpp"
#include "input.hpp"
#include "settings.hpp"

namespace gatefile::cli {

/// What an Evaluator is made from.
void add_evaluation_options(CLI::App& app, Options& options);

class Evaluator {
public:
    /// Problems of the objects are counted on standard error; `gatefile check` tells them.
    static base::Result<Evaluator> make(const Options& options);

    analysis::Explanation explain(const analysis::Question& question) const;
    const Translation& translation() const { return state_->translation; }
    const graph::Graph& graph() const { return state_->translation.graph; }

private:
    struct State {
        State(Translation made, analysis::ExplainSettings how)
            : translation(std::move(made)), matcher(translation.ir), settings(std::move(how)) {}
        Translation translation;
        ir::Matcher matcher;  ///< refers to the translation
        analysis::ExplainSettings settings;
    };
    explicit Evaluator(std::unique_ptr<State> state) : state_(std::move(state)) {}
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::cli
