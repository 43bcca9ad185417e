// SPDX-License-Identifier: Apache-2.0
//
// What is wrong, who is at fault, and what cures it: for `gatefile status` and the metrics.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certificate_times.hpp"
#include "fault_probe.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/cluster.hpp"
#include "gatefile/status/report.hpp"
#include "http_publication.hpp"
#include "keeper.hpp"
#include "proof.hpp"
#include "store_worker.hpp"

namespace gatefile::agent {

enum class Who : std::uint8_t { ApiServer, Gatefile, Traefik, Objects };
std::string_view who_name(Who who);  ///< "API server", "gatefile", "Traefik", "objects"

/// The Role that cures what RBAC refused (analysis::role_for); "" when it refused nothing.
std::string role_that_cures(const std::optional<source::Action>& denied);
/// The same of an answer to `action`.
std::string role_that_cures(const source::ApiAnswer& answer, const source::Action& action);

struct Problem {
    Who who = Who::Gatefile;
    std::string_view code;  ///< "api-server-unreachable"; for objects the diagnostic's
    std::string subject;    ///< object or kind that it is about; may be empty
    std::string what;       ///< a clause
    std::string cure;       ///< a clause; may be empty
    std::optional<base::Timestamp> since = {};
    bool is_wrong = true;  ///< false: worth knowing, and nothing fails yet
};

/// Errors in objects, as many as anybody reads.
struct ObjectErrors {
    static constexpr std::size_t most = 50;
    struct Item {
        std::string_view code;
        std::string object;
        std::string what;
        std::string cure;  ///< the finding's hint, else what the code's page says
    };
    std::vector<Item> items;
    std::size_t count = 0;
};
ObjectErrors errors_of(const diag::Diagnostics& diagnostics);

/// What became of the last attempt to publish.
struct PublishTrouble {
    enum class Kind : std::uint8_t { None, Failed, Held };
    Kind kind = Kind::None;
    std::string text;  ///< the failure itself
    std::optional<base::Timestamp> since = {};

    void note(Kind now, const std::string& what);
};

/// Which services of what is held go on with the servers of then; a clause.
std::string stale_note(const Keeper::Waiting& waiting);

/// What is known of a cluster beside the home.
struct MemberSituation {
    const MemberSettings* settings = nullptr;
    std::string server;
    bool is_read = false;        ///< once at least, so that what it had is served
    bool is_kept = false;        ///< not read, and what an earlier agent read of it is served
    bool is_waited_for = false;  ///< nothing is published before it was read
    std::size_t held_objects = 0;
    std::vector<source::KindState> kinds = {};
    std::string credentials_fault = {};  ///< why nothing is asked there
};

/// All that the loop knows. What is referred to outlives it.
struct Situation {
    const AgentSettings& settings;
    const Keeper& keeper;
    const Proof& proof;
    const FaultProbe& faults;
    const PublishTrouble& trouble;
    const ObjectErrors& errors;
    const std::vector<CertificateTime>& certificates;
    const status::Report* report = nullptr;  ///< null: nothing was translated yet
    std::string server = {};                 ///< of a cluster, where it is known
    std::string credentials_fault = {};      ///< why nothing is asked there
    std::vector<source::KindState> kinds = {};
    std::string newer_bundle = {};  ///< BundleProbe::newer()
    std::vector<MemberSituation> members = {};
    std::size_t held_objects = 0;  ///< of all clusters
    StoresState stores = {};
    std::vector<ShownCertificate> shown = {};  ///< what the agent answers with over TLS
    base::Timestamp now = {};
    std::string entry_points_wanted = {};  ///< StaticProbe::problem()
};

/// By who is at fault, worst first. `since` is only set where the situation knows it.
std::vector<Problem> problems_of(const Situation& situation);

/// Remembers since when each problem is there.
class ProblemTimes {
public:
    /// Fills in `since`; what is gone is forgotten.
    void note(std::vector<Problem>& problems, base::Timestamp now);

private:
    std::map<std::pair<std::string, std::string>, base::Timestamp> since_;
};

}  // namespace gatefile::agent
