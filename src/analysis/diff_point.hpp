// SPDX-License-Identifier: Apache-2.0
//
// What changes for one hostname at one door.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "diff_parts.hpp"

namespace gatefile::analysis {

class PointDiff {
public:
    PointDiff(const View& before,
              const View& after,
              Touched& touched,
              std::vector<Difference>& found)
        : before_(before), after_(after), touched_(touched), found_(found) {}

    /// Both sides have a listener for it.
    void compare(const Door& door, const std::string& hostname);

private:
    /// A match that is to be tried, and the sides that have it at the hostname itself.
    struct Candidate {
        const ir::Match* match = nullptr;
        std::size_t number = 0;
        bool in_before = false;
        bool in_after = false;
        std::vector<ir::Request> requests;  ///< the first of its witnesses
    };
    struct Point {
        Door door;
        std::string hostname;
        std::uint16_t port = 0;
        std::vector<View::Link> before;
        std::vector<View::Link> after;
        std::vector<Candidate> candidates;
        std::map<std::size_t, std::size_t> by_number;  ///< in candidates
        /// Answers before and after that were told, so that a meeting adds only what is new.
        std::set<std::pair<std::size_t, std::size_t>> told;
    };
    struct Asked {
        ir::Request request;
        std::optional<ir::Outcome> before;
        std::optional<ir::Outcome> after;
    };

    void gather(Point& point, const View& view, bool is_before, bool wider);
    /// Leaves what changed and what meets it. A wider match without conditions does not: what both
    /// take is what the other one takes.
    void keep_affected(Point& point);
    void try_alone(Point& point, Candidate& candidate);
    void try_meetings(Point& point);
    void meet(Point& point, const Candidate& a, const Candidate& b);
    Asked ask(ir::Request request);
    bool differs(const Asked& asked) const;
    std::pair<std::size_t, std::size_t> numbers(const Asked& asked) const;
    /// Taken before, and now never, though it is still there.
    bool is_shadowed(const Point& point,
                     const Candidate& candidate,
                     const std::vector<Asked>& all) const;
    bool is_order(const Asked& asked);
    void report(Point& point, const std::string& subject, const Asked& asked, bool shadowed);
    void report_one_sided(Point& point, const std::string& subject, const Asked& asked);
    void report_taken(const std::string& subject, const Asked& asked, diag::Code code);
    void report_unknown(const std::string& subject,
                        std::string now,
                        const Place& before,
                        const Place& after);
    bool spend(std::size_t cost);
    /// Whether the other side has the entry that took the request at the same hostname.
    bool is_still_in(const View& other,
                     std::size_t listener,
                     const View& mine,
                     const ir::Outcome& outcome);

    const View& before_;
    const View& after_;
    Touched& touched_;
    std::vector<Difference>& found_;
    /// Comparisons of an entry with a request that remain for what is not linear.
    std::uint64_t budget_ = 200'000'000;
    std::map<const Content*, std::set<std::pair<std::size_t, std::size_t>>> sets_;
};

}  // namespace gatefile::analysis
