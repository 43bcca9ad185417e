// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/access.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "access_target.hpp"
#include "exec_credential.hpp"
#include "files.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"

namespace gatefile::source {

namespace {

using base::Result;

/// As client-go does with token files.
constexpr std::chrono::seconds read_again_after{60};
/// Many calls may be refused at once, and a program that fails may go on failing.
constexpr std::chrono::seconds run_again_after{10};

bool is_same(const http::Peer& a, const http::Peer& b) {
    return a.ca_pem == b.ca_pem && a.verify == b.verify && a.certificate_pem == b.certificate_pem &&
           a.key_pem == b.key_pem && a.server_name == b.server_name && a.proxy == b.proxy;
}

Result<std::string> checked_token(std::string_view text) {
    const std::string_view token = base::trim(text);
    if (token.empty()) return base::Error{base::ErrorKind::Usage, "it is empty"};
    const bool fits =
        std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!fits) {
        return base::Error{base::ErrorKind::Usage, "it holds characters that no token has"};
    }
    return std::string(token);
}

std::chrono::seconds lifetime(base::Timestamp end) {
    // Within what a steady clock can count; longer than any process lives.
    constexpr std::int64_t most = std::int64_t{10} * 365 * 24 * 3600;
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t now = std::chrono::floor<std::chrono::seconds>(wall).count();
    return std::chrono::seconds(std::clamp(end.seconds, now, now + most) - now);
}

}  // namespace

struct Access::State {
    AccessTarget target;
    std::optional<Clock::time_point> last_read;
    bool is_incomplete = false;  ///< files could not be read yet
    bool refused = false;
    std::string complaint;

    std::string ca_pem;
    std::string certificate_pem;
    base::SecretBytes key_pem;
    std::string token;

    std::optional<ExecCredential> exec;
    std::optional<Clock::time_point> exec_expires;
    std::optional<Clock::time_point> last_run;
    std::optional<base::Error> exec_error;

    std::shared_ptr<const http::Peer> peer;
    Headers headers;

    Result<void> read_files();
    Result<void> run_exec(Clock::time_point now);
    void assemble();

private:
    Result<void> read_authority();
    Result<void> read_client_certificate();
    Result<void> read_token();
    /// A fault is an Error when there is nothing to go on with, otherwise remembered.
    Result<void> keep_or_fail(const base::Error& error, const std::string& whose, bool has_old);
};

Result<void>
Access::State::keep_or_fail(const base::Error& error, const std::string& whose, bool has_old) {
    const base::Error complete = error.within(whose);
    if (!has_old) return complete;
    if (complaint.empty()) complaint = complete.text;
    return {};
}

Result<void> Access::State::read_authority() {
    const ClusterEntry& cluster = target.cluster;
    if (!cluster.certificate_authority_data.empty()) {
        ca_pem = cluster.certificate_authority_data;
        return {};
    }
    if (cluster.certificate_authority.empty()) return {};
    const std::string whose = fmt::format("reading certificate-authority {} of {}",
                                          cluster.certificate_authority,
                                          target.cluster_name);
    auto text = read_file(cluster.certificate_authority);
    if (!text) return keep_or_fail(text.error(), whose, !ca_pem.empty());
    if (*text == ca_pem) return {};
    if (const auto parsed = base::parse_certificate_chain(*text); !parsed) {
        return keep_or_fail(parsed.error(), whose, !ca_pem.empty());
    }
    ca_pem = *std::move(text);
    return {};
}

Result<void> Access::State::read_client_certificate() {
    const UserEntry& user = target.user;
    if (user.client_certificate.empty() && user.client_certificate_data.empty()) return {};
    const bool has_old = !certificate_pem.empty();
    std::string certificate = user.client_certificate_data;
    if (certificate.empty()) {
        auto text = read_file(user.client_certificate);
        if (!text) {
            return keep_or_fail(text.error(),
                                fmt::format("reading client-certificate {} of {}",
                                            user.client_certificate,
                                            target.user_name),
                                has_old);
        }
        certificate = *std::move(text);
    }
    base::SecretBytes key = user.client_key_data;
    if (key.empty()) {
        auto text = read_file(user.client_key);
        if (!text) {
            return keep_or_fail(
                text.error(),
                fmt::format("reading client-key {} of {}", user.client_key, target.user_name),
                has_old);
        }
        key = base::SecretBytes(*std::move(text));
    }
    if (certificate == certificate_pem && key == key_pem) return {};
    // In the middle of a rotation the two files may not belong together.
    if (const auto pair = base::check_key_pair(certificate, key.reveal()); !pair) {
        return keep_or_fail(pair.error(), "the client certificate of " + target.user_name, has_old);
    }
    certificate_pem = std::move(certificate);
    key_pem = std::move(key);
    return {};
}

Result<void> Access::State::read_token() {
    const UserEntry& user = target.user;
    if (token.empty() && !user.token.empty()) {
        auto checked = checked_token(user.token.reveal());
        if (!checked) return checked.error().within("the token of " + target.user_name);
        token = *std::move(checked);
    }
    if (user.token_file.empty()) return {};
    const std::string whose =
        fmt::format("reading the token file {} of {}", user.token_file, target.user_name);
    const auto text = read_file(user.token_file);
    if (!text) return keep_or_fail(text.error(), whose, !token.empty());
    auto checked = checked_token(*text);
    if (!checked) return keep_or_fail(checked.error(), whose, !token.empty());
    token = *std::move(checked);
    return {};
}

Result<void> Access::State::read_files() {
    if (auto read = read_authority(); !read) return read;
    if (auto read = read_client_certificate(); !read) return read;
    return read_token();
}

Result<void> Access::State::run_exec(Clock::time_point now) {
    const bool has_other = !token.empty() || !target.user.username.empty();
    if (!target.user.exec || has_other) return {};
    const bool due = !exec || refused || (exec_expires && now >= *exec_expires);
    const bool resting = last_run && now < *last_run + run_again_after;
    if (due && !resting) {
        last_run = now;
        auto ran = run_exec_entry(*target.user.exec, target.cluster, ca_pem);
        if (ran && !ran->token.empty()) {
            const auto checked = checked_token(ran->token.reveal());
            if (!checked) ran = checked.error().within("the token that the program printed");
        }
        if (ran) {
            exec = *std::move(ran);
            exec_error.reset();
            exec_expires.reset();
            refused = false;
            if (exec->expires) exec_expires = now + lifetime(*exec->expires);
        } else {
            exec_error = ran.error();
        }
    }
    if (!exec_error) return {};
    return keep_or_fail(*exec_error, "the credentials of " + target.user_name, exec.has_value());
}

void Access::State::assemble() {
    http::Peer next{.ca_pem = ca_pem,
                    .verify = !target.cluster.insecure_skip_tls_verify,
                    .certificate_pem = certificate_pem,
                    .key_pem = key_pem,
                    .server_name = target.cluster.tls_server_name,
                    .proxy = target.proxy};
    std::string_view bearer = token;
    if (exec) {
        bearer = exec->token.reveal();
        if (!exec->certificate_pem.empty()) {
            next.certificate_pem = exec->certificate_pem;
            next.key_pem = exec->key_pem;
        }
    }
    if (!peer || !is_same(*peer, next)) peer = std::make_shared<const http::Peer>(std::move(next));
    headers = make_access_headers(target.user, bearer);
}

Result<Access> Access::open(const AccessSettings& settings) {
    auto target = find_access_target(settings);
    if (!target) return target.error();
    auto state = std::make_unique<State>();
    state->target = *std::move(target);
    if (auto read = state->read_files(); !read) {
        const bool in_pod = state->target.cluster.file.empty();
        state->is_incomplete = settings.waits_for_files;
        if (!in_pod && !state->is_incomplete) return read.error();
        if (!state->is_incomplete)
            return base::Error{read.error().kind,
                               read.error().text +
                                   "; if the Pod is to have one, see automountServiceAccountToken"};
    }
    state->assemble();
    return Access(std::move(state));
}

Access::Access(std::unique_ptr<State> state) : state_(std::move(state)) {}
Access::Access(Access&&) noexcept = default;
Access& Access::operator=(Access&&) noexcept = default;
Access::~Access() = default;

const std::string& Access::server() const {
    return state_->target.server;
}

const std::string& Access::default_namespace() const {
    return state_->target.default_namespace;
}

const std::string& Access::origin() const {
    return state_->target.origin;
}

Result<void> Access::refresh(Clock::time_point now) {
    State& state = *state_;
    state.complaint.clear();
    const bool read_due = !state.last_read || now >= *state.last_read + read_again_after;
    if (read_due || state.refused || state.is_incomplete) {
        state.last_read = now;
        if (auto read = state.read_files(); !read) return read;
        state.is_incomplete = false;
        if (!state.target.user.exec) state.refused = false;
    }
    if (auto ran = state.run_exec(now); !ran) return ran;
    state.assemble();
    return {};
}

bool Access::is_complete() const {
    return !state_->is_incomplete;
}

void Access::refused() {
    state_->refused = true;
}

const std::string& Access::complaint() const {
    return state_->complaint;
}

std::shared_ptr<const http::Peer> Access::peer() const {
    return state_->peer;
}

const Access::Headers& Access::headers() const {
    return state_->headers;
}

}  // namespace gatefile::source
