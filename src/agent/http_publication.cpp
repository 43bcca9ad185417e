// SPDX-License-Identifier: Apache-2.0
#include "http_publication.hpp"

#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "gatefile/publish/secret_file.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 2s;
constexpr std::string_view plain_text = "text/plain; charset=utf-8";
/// Many Traefiks may ask from behind one address.
constexpr unsigned max_connections = 1024;
constexpr unsigned max_connections_per_address = 256;

/// Takes the same time whatever differs: of equally long hashes all is compared.
bool is_same(std::string_view given, std::string_view wanted) {
    const std::string a = base::sha256_hex(given);
    const std::string b = base::sha256_hex(wanted);
    int differences = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        differences |= a[i] ^ b[i];
    return differences == 0;
}

bool may_ask(std::string_view authorization, const std::string& token_file) {
    const auto token = publish::read_word_file(token_file);
    constexpr std::string_view scheme = "bearer ";
    return token && authorization.size() > scheme.size() &&
           base::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme) &&
           is_same(base::trim(authorization.substr(scheme.size())), *token);
}

/// If-None-Match: a list of tags, weak ones too, or *.
bool names(std::string_view known, std::string_view tag) {
    for (std::string_view one : base::split(known, ',')) {
        one = base::trim(one);
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == "*" || one == tag) return true;
    }
    return false;
}

}  // namespace

struct Publication::State {
    std::mutex mutex;
    std::shared_ptr<const std::string> bytes;
    std::string generation;
};

Publication::Publication() : state_(std::make_unique<State>()) {}
Publication::~Publication() = default;

void Publication::show(std::shared_ptr<const std::string> bytes, std::string generation) {
    const std::lock_guard lock(state_->mutex);
    state_->bytes = std::move(bytes);
    state_->generation = std::move(generation);
}

Reply Publication::answer(const Question& question, const HttpTarget& target) const {
    if (!target.token_file.empty() && !may_ask(question.authorization, target.token_file))
        return {401, plain_text, "the token is wanted\n"};
    if (question.path != target.path) return {404, plain_text, "not found\n"};
    const std::lock_guard lock(state_->mutex);
    if (!state_->bytes) return {503, plain_text, "nothing is published yet\n"};
    Reply reply{200, "application/yaml", {}};
    reply.tag = fmt::format("\"{}\"", state_->generation);
    reply.generation = state_->generation;
    if (names(question.known_tag, reply.tag)) {
        reply.status = 304;
    } else {
        reply.shared_body = state_->bytes;
    }
    return reply;
}

struct PublicationServer::Pair {
    std::string chain;
    base::SecretBytes key;
    base::Timestamp not_after;
    std::string id;
};

base::Result<PublicationServer::Pair> PublicationServer::read(const HttpTarget& target) {
    auto chain = publish::read_mounted_file(target.certificate_file);
    if (!chain) return chain.error();
    auto key = publish::read_mounted_file(target.key_file);
    if (!key) return key.error();
    const auto certificate = base::parse_certificate_chain(*chain);
    if (!certificate) return certificate.error().within(target.certificate_file);
    if (const auto fits = base::check_key_pair(*chain, *key); !fits)
        return fits.error().within(target.certificate_file + ", " + target.key_file);
    const std::string id = base::sha256_hex(*chain + *key);
    return Pair{std::move(*chain), base::SecretBytes(std::move(*key)), certificate->not_after, id};
}

base::Result<PublicationServer>
PublicationServer::open(const Publication& publication, HttpTarget target, const Log& log) {
    ServerSettings settings{.address = target.address};
    settings.connections = max_connections;
    settings.connections_per_address = max_connections_per_address;
    ShownCertificate shown{.file = target.certificate_file, .not_after = {}, .fault = {}};
    std::string id;
    if (!target.certificate_file.empty()) {
        auto pair = read(target);
        if (!pair) return pair.error();
        settings.certificate_pem = std::move(pair->chain);
        settings.key_pem = std::move(pair->key);
        shown.not_after = pair->not_after;
        id = std::move(pair->id);
    }
    auto server = HttpServer::open(settings, [&publication, target](const Question& question) {
        return publication.answer(question, target);
    });
    if (!server) return server.error();
    PublicationServer opened(std::move(target), log, std::move(*server));
    opened.shown_ = std::move(shown);
    opened.id_ = std::move(id);
    return opened;
}

bool PublicationServer::turn(Clock::time_point now) {
    if (shown_.file.empty() || now < look_at_) return false;
    look_at_ = now + look_every;
    auto pair = read(target_);
    if (!pair) {
        note(pair.error().text);
        return false;
    }
    const bool is_other = pair->id != id_;
    if (is_other) {
        auto done = server_.show(std::move(pair->chain), std::move(pair->key));
        if (!done) {
            note(done.error().text);
            return false;
        }
        id_ = std::move(pair->id);
        shown_.not_after = pair->not_after;
        log_->write(LogLevel::Info,
                    "another certificate is shown by --publish",
                    {{"file", shown_.file}, {"until", base::format_rfc3339(shown_.not_after)}});
    }
    note({});
    return is_other;
}

void PublicationServer::note(std::string fault) {
    const bool stays = std::exchange(seen_, fault) == fault;
    // Of two files that are written one after the other the first is new for a moment.
    if (fault == shown_.fault || (!fault.empty() && !stays)) return;
    shown_.fault = std::move(fault);
    if (shown_.fault.empty()) return;
    log_->write(LogLevel::Warn,
                "the certificate files of --publish cannot be used; the pair from before is shown",
                {{"error", shown_.fault}});
}

}  // namespace gatefile::agent
