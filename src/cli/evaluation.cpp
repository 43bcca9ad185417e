// SPDX-License-Identifier: Apache-2.0
#include "evaluation.hpp"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "exit.hpp"
#include "gatefile/analysis/unknown.hpp"
#include "gatefile/traefik/tls_roots.hpp"
#include "progress.hpp"

namespace gatefile::cli {

namespace {

analysis::Redirects redirects_of(const Settings& settings) {
    if (settings.render.format == traefik::Format::Plugin) return analysis::Redirects::Exact;
    return settings.approximate ? analysis::Redirects::GetAndTemporary
                                : analysis::Redirects::GetOnly;
}

/// How many problems there are, and where they are told of.
void tell_of_faults(const diag::Diagnostics& found, bool from_cluster) {
    const auto unknown = std::ranges::count(
        found.items(), diag::Code::ReferenceUnknown, &diag::Diagnostic::code);
    if (unknown > 0) {
        print_error(
            fmt::format("gatefile: {} reference{} to objects that are not among those read, and "
                        "taken not to exist; --with FILE|DIR gives them\n",
                        unknown,
                        unknown == 1 ? " leads" : "s lead"));
    }
    const auto errors = found.count(diag::Severity::Error);
    if (errors == 0) return;
    print_error(fmt::format("gatefile: {} error{} in these objects, gatefile check tells {}{}\n",
                            errors,
                            errors == 1 ? "" : "s",
                            errors == 1 ? "it" : "them",
                            from_cluster ? " of what gatefile snapshot writes" : ""));
}

}  // namespace

void add_evaluation_options(CLI::App& app, Options& options) {
    add_input_options(app, options, From::Anywhere);
    add_context_options(app, options);
    add_access_options(app, options);
    add_traefik_options(app, options);
    app.add_option("--now", options.now, "The moment to judge certificates at (RFC 3339)")
        ->type_name("TIME");
    // What stands behind an option and its value is the request.
    for (CLI::Option* option : app.get_options()) {
        if (!option->get_lnames().empty()) option->allow_extra_args(false);
    }
}

base::Result<Evaluator> Evaluator::make(const Options& options) {
    auto settings = translation_settings(options, DefaultFormat::AsStaticConfig);
    if (!settings) return settings.error();
    analysis::ExplainSettings how{.redirects = redirects_of(*settings),
                                  .default_certificate = settings->render.default_certificate
                                                             ? options.default_certificate
                                                             : std::string(),
                                  .shared = settings->render.shared,
                                  .tls_roots = {},
                                  .now = settings->now.value_or(base::wall_clock())};
    settings->keys = traefik::Keys::Omit;
    settings->now.reset();
    diag::Diagnostics reading;
    auto snapshot = read_objects(options, reading);
    if (!snapshot) return snapshot.error();
    const Progress progress("translating");
    auto translation = translate(*snapshot, *settings, std::move(reading));
    if (!translation) return translation.error();
    how.tls_roots = traefik::tls_roots(translation->ir, translation->render);
    tell_of_faults(analysis::grade_unknown(**snapshot, translation->diagnostics),
                   reads_cluster(options));
    return Evaluator(std::make_unique<State>(std::move(*translation), std::move(how)));
}

analysis::Explanation Evaluator::explain(const analysis::Question& question) const {
    return analysis::explain(state_->translation.graph,
                             state_->translation.ir,
                             state_->matcher,
                             question,
                             state_->settings);
}

}  // namespace gatefile::cli
