// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/access.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "access_target.hpp"
#include "exec_credential.hpp"
#include "exec_process.hpp"
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
/// How often one that runs beside us is looked at, and from when on it is worth a word.
constexpr std::chrono::milliseconds look_every{20};
constexpr std::chrono::seconds worth_a_word{2};

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
    bool waits = false;
    std::optional<AccessSettings> wanted;  ///< the target is not known yet
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
    std::optional<RunningProgram> running;
    std::optional<Clock::time_point> last_look;  ///< at what is running
    std::optional<base::Error> exec_error;

    std::shared_ptr<const http::Peer> peer;
    Headers headers;

    Result<void> find_target();
    Result<void> read_files();
    Result<void> run_exec(Clock::time_point now);
    void assemble();
    bool needs_exec() const;
    bool is_exec_due(Clock::time_point now) const;

private:
    void start_exec(Clock::time_point now);
    void look_at_exec(Clock::time_point now);
    void take_exec(Result<ExecCredential> ran, Clock::time_point now);
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
    auto read = read_authority();
    if (read) read = read_client_certificate();
    if (read) read = read_token();
    const bool in_pod = target.cluster.file.empty();
    if (read || !in_pod) return read;
    return base::Error{read.error().kind,
                       read.error().text +
                           "; if the Pod is to have one, see automountServiceAccountToken"};
}

Result<void> Access::State::find_target() {
    if (!wanted) return {};
    auto found = find_access_target(*wanted);
    if (!found) return found.error();
    target = *std::move(found);
    wanted.reset();
    return {};
}

bool Access::State::needs_exec() const {
    return target.user.exec && token.empty() && target.user.username.empty();
}

bool Access::State::is_exec_due(Clock::time_point now) const {
    if (last_run && now < *last_run + run_again_after) return false;
    return !exec || refused || (exec_expires && now >= *exec_expires);
}

void Access::State::take_exec(Result<ExecCredential> ran, Clock::time_point now) {
    if (ran && !ran->token.empty()) {
        const auto checked = checked_token(ran->token.reveal());
        if (!checked) ran = checked.error().within("the token that the program printed");
    }
    if (!ran) {
        exec_error = ran.error();
        return;
    }
    exec = *std::move(ran);
    exec_error.reset();
    exec_expires.reset();
    refused = false;
    if (exec->expires) exec_expires = now + lifetime(*exec->expires);
}

void Access::State::start_exec(Clock::time_point now) {
    last_run = now;
    const Program program = exec_program(*target.user.exec, target.cluster, ca_pem);
    if (!waits) {
        take_exec(exec_credential(*target.user.exec, run_program(program)), now);
        return;
    }
    auto started = RunningProgram::start(program, now);
    if (started) {
        running = *std::move(started);
    } else {
        take_exec(exec_credential(*target.user.exec, started.error()), now);
    }
}

void Access::State::look_at_exec(Clock::time_point now) {
    last_look = now;
    auto ended = running->turn(now);
    if (!ended) return;
    running.reset();
    take_exec(exec_credential(*target.user.exec, *ended), now);
}

Result<void> Access::State::run_exec(Clock::time_point now) {
    if (!needs_exec()) return {};
    if (!running && is_exec_due(now)) start_exec(now);
    if (running) look_at_exec(now);
    std::optional<base::Error> error = exec_error;
    if (!error && !exec && running && now >= *last_run + worth_a_word) {
        error = base::Error{base::ErrorKind::Refused,
                            fmt::format("{} has not ended yet",
                                        base::quote_for_message(target.user.exec->command))};
    }
    if (!error) return {};
    return keep_or_fail(*error, "the credentials of " + target.user_name, exec.has_value());
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
    auto state = std::make_unique<State>();
    state->waits = settings.waits_for_files;
    state->wanted = settings;
    if (auto found = state->find_target(); !found) {
        if (!state->waits || !settings.waits_for_config) return found.error();
        state->target.origin = settings.kubeconfig.value_or("the kubeconfig");
        state->is_incomplete = true;
    } else if (auto read = state->read_files(); !read) {
        if (!state->waits) return read.error();
        state->is_incomplete = true;
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
    if (auto found = state.find_target(); !found) return found;
    const bool read_due = !state.last_read || now >= *state.last_read + read_again_after;
    if (!state.running && (read_due || state.refused || state.is_incomplete)) {
        state.last_read = now;
        if (auto read = state.read_files(); !read) return read;
        state.is_incomplete = false;
        if (!state.needs_exec()) state.refused = false;
    }
    if (auto ran = state.run_exec(now); !ran) return ran;
    state.assemble();
    return {};
}

bool Access::is_complete() const {
    const State& state = *state_;
    const bool has_exec = !state.waits || !state.needs_exec() || state.exec;
    return !state.is_incomplete && has_exec;
}

std::optional<Access::Clock::time_point> Access::due() const {
    const State& state = *state_;
    if (state.running) return *state.last_look + look_every;
    if (!state.waits || !state.needs_exec() || !state.last_run) return std::nullopt;
    const auto soonest = *state.last_run + run_again_after;
    if (!state.exec || state.refused) return soonest;
    if (!state.exec_expires) return std::nullopt;
    return std::max(soonest, *state.exec_expires);
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
