// SPDX-License-Identifier: Apache-2.0
//
// `test --against`: a live Traefik in place of the manifests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatefile/analysis/route_test.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/probe/live.hpp"

namespace CLI {
class App;
}

namespace gatefile::cli {

struct LiveOptions {
    std::vector<std::string> against;
    std::string ca_file;
    bool insecure = false;
    std::string timeout;
};
void add_live_options(CLI::App& app, LiveOptions& options);

class LiveTraefik {
public:
    static base::Result<LiveTraefik> make(const LiveOptions& options);

    /// Why the test cannot be sent: a clause.
    std::optional<std::string> obstacle(const analysis::RouteTest& test) const;
    /// An Error when nobody is there.
    base::Result<analysis::Verdict> judge(const analysis::RouteTest& test) const;

private:
    std::vector<probe::Address> addresses_;
    probe::Asking how_;
};

}  // namespace gatefile::cli
