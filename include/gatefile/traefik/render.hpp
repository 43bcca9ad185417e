// SPDX-License-Identifier: Apache-2.0
//
// IR to Traefik's model. Total on what the graph let through: whatever Traefik would make of a
// conflict by chance is decided here and said as a diagnostic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/ir/ir.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/neighbour.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::traefik {

/// How our roots rank among other providers' routers on the same entry point.
enum class Coexist : std::uint8_t { Yield, Win };

/// Tree is what is published; Flat (one router per match under the listener) is the same answers
/// without an index and exists for the property test and the bench.
enum class Shape : std::uint8_t { Tree, Flat };

/// Where requests come in again: those with a deadline over several tries, and those that ask for
/// authorisation.
struct InnerEntryPoint {
    std::string name;
    std::string address;  ///< HOST:PORT
    /// What marks are made of; whoever can guess it, and reach the entry point, can leave out the
    /// filters of such a rule.
    std::string secret;
};

struct RenderSettings {
    Format format = Format::File;
    Coexist coexist = Coexist::Yield;
    Shape shape = Shape::Tree;
    /// Other providers have routers in this Traefik: no listener gets TLS options only to be told
    /// apart from others, and those without any stay out of Host(), because one foreign router for
    /// the host with other options would take the children from the root.
    bool shared = false;
    /// Routers of other providers that are known of.
    std::vector<Neighbour> neighbours;
    /// --default-certificate own|FILE; absent: only what design.md §3.3 allows.
    std::optional<Certificate> default_certificate;
    /// --approximate: redirects of format `file` answer methods other than GET with 307 or 308,
    /// else with 500.
    bool approximate = false;
    std::optional<InnerEntryPoint> inner;  ///< absent: no rule needs it (translate() fills it in)
    std::string inner_secret;              ///< for `inner`
};

Dynamic
render(const ir::Config& config, const RenderSettings& settings, diag::Diagnostics& diagnostics);

}  // namespace gatefile::traefik
