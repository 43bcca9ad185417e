// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/gatefile.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace gatefile::cli {

int check(const Options& options) {
    auto settings = translation_settings(options, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    settings->keys = traefik::Keys::Omit;
    diag::Diagnostics reading;
    auto manifests = source::read_manifests(manifest_settings(options), reading);
    if (!manifests) return fail(manifests.error());
    auto translation = translate(manifests->snapshot, *settings, std::move(reading));
    if (!translation) return fail(translation.error());
    if (auto reported = write_reports(options.reports, translation->diagnostics, Stream::Out);
        !reported) {
        return fail(reported.error());
    }
    return translation->diagnostics.has_errors() ? exit_findings : exit_ok;
}

}  // namespace gatefile::cli
