// SPDX-License-Identifier: Apache-2.0
//
// The parts of diff(). Each adds what it finds.
#pragma once

#include <set>
#include <vector>

#include "diff_view.hpp"

namespace gatefile::analysis {

/// Rules (in Config::rules) that a difference was found for.
struct Touched {
    std::set<std::size_t> before;
    std::set<std::size_t> after;
};

void diff_http(const View& before,
               const View& after,
               Touched& touched,
               std::vector<Difference>& found);
void diff_tls(const View& before, const View& after, std::vector<Difference>& found);
/// What listeners run in front of all routes.
void diff_listeners(const View& before, const View& after, std::vector<Difference>& found);
void diff_streams(const View& before, const View& after, std::vector<Difference>& found);
void diff_endpoints(const ir::Config& before,
                    const ir::Config& after,
                    std::vector<Difference>& found);
/// Rules that only one side has and nothing was found for.
void diff_no_effect(const View& before,
                    const View& after,
                    const Touched& touched,
                    std::vector<Difference>& found);

/// What differs, and where either side has it written.
struct Subject {
    std::string text;
    std::optional<Place> before;
    std::optional<Place> after;

    Difference difference(diag::Code code, std::string now, std::string was) const;
};

/// Two answers to one request, neither of them nothing: a Difference for each thing that differs.
struct TwoAnswers {
    const Answer& before;
    const Answer& after;
    Subject subject;
};
void diff_answers(const TwoAnswers& two, std::vector<Difference>& found);

/// How TLS ends for the subject, the clients' name for it being `host`.
struct TwoTls {
    const ir::Tls& before;
    const ir::Tls& after;
    std::string_view host;
    Subject subject;
};
void diff_tls_ends(const ir::Config& before,
                   const ir::Config& after,
                   const TwoTls& two,
                   std::vector<Difference>& found);

}  // namespace gatefile::analysis
