// SPDX-License-Identifier: Apache-2.0
//
// Configuration for people who go on without us (`gatefile eject`): the same YAML for the file
// provider, with names that say what they are for, and comments.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

struct EjectSettings {
    std::vector<std::string> heading;  ///< lines of the comment at the top
    /// Where an object, or a rule of it, is written ("in.yaml:12"); empty: not known.
    std::function<std::string(const diag::ObjectRef& object, std::optional<std::size_t> rule)>
        place;
    /// Said of each service that lists endpoints; empty: nothing.
    std::string endpoints_note;
};

/// `dynamic` as published in format `file`, or as encode() gives it. Comments hold printable ASCII
/// only and no brace, whatever users wrote: Traefik runs templates over comments too. Without what
/// only an agent needs: the mark of the generation, and UDP routers that Traefik does not serve.
std::string write_ejected(const tree::Node& dynamic, const EjectSettings& settings);

/// Nothing, or an Error (kind Usage) that names the middlewares that only JSON can express: of a
/// directory that was published for the provider plugin.
base::Result<void> refuse_json_only(const tree::Node& dynamic);

}  // namespace gatefile::traefik
