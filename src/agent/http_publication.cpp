// SPDX-License-Identifier: Apache-2.0
#include "http_publication.hpp"

#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/publish/secret_file.hpp"

namespace gatefile::agent {

namespace {

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

base::Result<HttpServer> serve(const Publication& publication, const HttpTarget& target) {
    ServerSettings settings{.address = target.address};
    settings.connections = max_connections;
    settings.connections_per_address = max_connections_per_address;
    if (!target.certificate_file.empty()) {
        auto chain = publish::read_mounted_file(target.certificate_file);
        if (!chain) return chain.error();
        auto key = publish::read_mounted_file(target.key_file);
        if (!key) return key.error();
        settings.certificate_pem = std::move(*chain);
        settings.key_pem = base::SecretBytes(std::move(*key));
    }
    return HttpServer::open(settings, [&publication, target](const Question& question) {
        return publication.answer(question, target);
    });
}

}  // namespace gatefile::agent
