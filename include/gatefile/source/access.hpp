// SPDX-License-Identifier: Apache-2.0
//
// Where the API server is and who we are to it, found as kubectl finds it: --kubeconfig, else the
// KUBECONFIG list, else ~/.kube/config, else the Pod's ServiceAccount. Merging, relative paths and
// precedence as in client-go's tools/clientcmd.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/http/client.hpp"

namespace gatefile::source {

struct AccessSettings {
    std::optional<std::string> kubeconfig;  ///< --kubeconfig: this file only, it must exist
    std::optional<std::string> context;     ///< --context; absent: current-context
    /// In a Pod, a kubeconfig without a current-context is there for other clusters alone.
    bool is_beside_others = false;
    /// Token and certificate files need not be there yet, and a program runs beside us: refresh()
    /// waits for nothing; see is_complete().
    bool waits_for_files = false;
    /// Nor need the kubeconfig, or what it is to have in it; needs waits_for_files.
    bool waits_for_config = false;
    /// Programs named under users[].user.exec may be run. The agent says no unless told otherwise.
    bool allow_exec = false;
    std::map<std::string, std::string> environment;  ///< KUBECONFIG, HOME, KUBERNETES_SERVICE_…
    std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
};

class Access {
public:
    using Clock = std::chrono::steady_clock;
    using Headers = std::vector<std::pair<std::string, std::string>>;

    /// An Error names the file and the entry that is missing or cannot be used.
    static base::Result<Access> open(const AccessSettings& settings);
    Access(Access&&) noexcept;
    Access& operator=(Access&&) noexcept;
    ~Access();

    /// "https://host:6443", without a slash at the end; empty while the kubeconfig is waited for.
    const std::string& server() const;
    /// Of the context or of the ServiceAccount; "default" when neither has one.
    const std::string& default_namespace() const;
    /// What a message calls this: `context "lab" of /home/u/.kube/config`, `the Pod's
    /// ServiceAccount`.
    const std::string& origin() const;

    /// Reads again what may have been rotated: a token file and a CA file at most once a minute, an
    /// exec credential when it expires. A read that fails keeps what there was. An Error only when
    /// there was nothing. Blocks while a program runs (it is killed after 30 s), but with
    /// AccessSettings::waits_for_files.
    base::Result<void> refresh(Clock::time_point now);
    /// With AccessSettings::waits_for_files, whether all is there; nothing is to be called before,
    /// and it stays.
    bool is_complete() const;
    /// Likewise, when to refresh() though nothing is called: a program runs, or has to.
    std::optional<Clock::time_point> due() const;
    /// What the last refresh() could not read and has kept instead; empty when all is well.
    const std::string& complaint() const;
    /// After a 401: what was cached is read or asked for again at the next refresh(); a program is
    /// run at most every 10 s.
    void refused();

    /// The peer for calls; the same pointer until something was rotated.
    std::shared_ptr<const http::Peer> peer() const;
    /// Authorization and Impersonate-… headers.
    const Headers& headers() const;

private:
    struct State;
    explicit Access(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::source
