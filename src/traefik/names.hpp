// SPDX-License-Identifier: Apache-2.0
//
// Names of what we emit: readable, stable, injective. Parts are joined by `_`, which no name of
// Kubernetes holds; what else does not belong into a name of Traefik's is escaped.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "gatefile/ir/ir.hpp"

namespace gatefile::traefik {

/// Different lists of parts never give the same name. Letters, digits, `-` and `.` stay, `*.` at
/// the start of a hostname is `~.`, an empty part `~any`, other bytes are `~` and two hexadecimal
/// digits. Above 200 bytes the end gives way to a hash behind `~~`.
std::string make_name(std::initializer_list<std::string_view> parts);

/// A name put together of names, cut like make_name() cuts.
std::string shortened(std::string name);

/// "<kind>_<ns>_<name>_r<rule>[_v-<variant>]"
std::string rule_name(const ir::RouteId& route, const ir::Rule& rule);

/// What is behind "_m<match>_" in the names of the routers of one hostname: `label` is the listener's.
std::string place_of(std::string_view label, std::string_view hostname);

/// "<rule>_m<match>_<place>", the router of one match of a rule.
std::string leaf_name(std::string_view rule, std::size_t match, std::string_view place);

/// "tcproute_<ns>_<name>_r0": such a route has one rule.
std::string stream_name(const ir::RouteId& route);

/// "<stream>_<entry point>[_<hostname>]"
std::string stream_router_name(const ir::RouteId& route,
                               std::string_view entry_point,
                               std::string_view hostname);

/// A listener of the config as an escaped part, unique among its listeners.
std::string listener_label(const ir::Config& config, const ir::Listener& listener);

/// A name made by make_name() with one more part.
std::string with_part(std::string_view name, std::string_view part);

/// Put in front of the name of a UDP router: all other names come after the one and before the
/// other. No name of ours begins like that.
inline constexpr std::string_view first_of_names = "-";
inline constexpr std::string_view last_of_names = "~";

/// Prefix of routers that only lead on (roots, index and hostname nodes): what dashboards and
/// relabelling rules drop from router metrics.
inline constexpr std::string_view index_prefix = "gf-index";

}  // namespace gatefile::traefik
