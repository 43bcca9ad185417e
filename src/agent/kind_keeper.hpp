// SPDX-License-Identifier: Apache-2.0
//
// Of which kinds what is served has objects, kept beside it: an agent that starts and may not read
// one of them knows by this that it is not empty.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/api/snapshot.hpp"
#include "gatefile/source/cluster.hpp"
#include "kept_text.hpp"

namespace gatefile::agent {

/// "HTTPRoute"; "HTTPRoute shop" where the namespaces are followed one by one. Of kinds that are
/// read by name the kind alone: who withholds one Secret must not hold up everything.
using Resources = std::set<std::string, std::less<>>;

/// What is followed: all of Cluster::states(), and of states_by_name().
struct Followed {
    std::vector<source::KindState> kinds;
    std::vector<source::KindState> by_name;
};

/// Those that were listed and have objects.
Resources resources_with_objects(const api::Snapshot& snapshot, const Followed& followed);
/// Of `kept` those that may not be read, and have not been since the start.
Resources lost_resources(const Resources& kept, const Followed& followed);

std::string write_resources(const Resources& resources);
/// Nothing where the text is damaged.
std::optional<Resources> parse_resources(std::string_view text);

class KindKeeper {
public:
    /// Without a directory nothing is kept.
    KindKeeper(std::optional<std::string> directory, const Log& log);

    /// What is kept from before.
    Resources read();
    void keep(const Resources& resources);

private:
    KeptText kept_;
};

}  // namespace gatefile::agent
