// SPDX-License-Identifier: Apache-2.0
#include "pair_keeper.hpp"

#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr KeptText::Words kept_words{
    .file_name = "key-pairs",
    .not_read = "the last good key pairs that --state-dir kept cannot be read",
    .not_kept = "the last good key pairs are not kept; an agent that starts while a Secret is "
                "broken would not have them"};
constexpr std::string_view first_line = "gatefile key pairs 1";
/// Many Secrets that come together are kept once.
constexpr auto quiet = 1s;
constexpr auto again_after = 30s;

/// NAMESPACE NAME CERTIFICATE KEY, the last two in base64.
std::shared_ptr<const api::Secret> parse_line(std::string_view line) {
    const auto words = base::split(line, ' ');
    if (words.size() != 4) return nullptr;
    auto certificate = base::decode_base64(words[2]);
    auto key = base::decode_base64(words[3]);
    if (!certificate || !key) return nullptr;
    api::Secret secret{.meta = {}, .type = "kubernetes.io/tls", .data = {}};
    secret.meta.ns = words[0];
    secret.meta.name = words[1];
    secret.data.emplace_back("tls.crt", base::SecretBytes(std::move(*certificate)));
    secret.data.emplace_back("tls.key", base::SecretBytes(std::move(*key)));
    return std::make_shared<const api::Secret>(std::move(secret));
}

}  // namespace

std::string write_key_pairs(const KeyPairs& pairs) {
    std::string text = fmt::format("{}\n", first_line);
    for (const auto& secret : pairs) {
        text += fmt::format("{} {} {} {}\n",
                            secret->meta.ns,
                            secret->meta.name,
                            base::encode_base64(secret->find("tls.crt")->reveal()),
                            base::encode_base64(secret->find("tls.key")->reveal()));
    }
    return text;
}

std::optional<KeyPairs> parse_key_pairs(std::string_view text) {
    if (text.empty() || text.back() != '\n') return std::nullopt;
    const auto lines = base::split(text.substr(0, text.size() - 1), '\n');
    if (lines.front() != first_line) return std::nullopt;
    KeyPairs pairs;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        auto secret = parse_line(lines[i]);
        if (secret == nullptr) return std::nullopt;
        if (!secret->key_pair().fault) pairs.push_back(std::move(secret));
    }
    return pairs;
}

PairKeeper::PairKeeper(std::optional<std::string> directory, const Log& log)
    : kept_(std::move(directory), kept_words, KeptText::Old::Stays, log) {}

KeyPairs PairKeeper::read() {
    return kept_.read(parse_key_pairs).value_or(KeyPairs());
}

void PairKeeper::turn(Clock::time_point now, source::Cluster& cluster) {
    if (!kept_.is_on()) return;
    if (cluster.take_pairs_changed() && !write_at_) write_at_ = now + quiet;
    if (write_at_ && *write_at_ <= now) flush(cluster);
}

void PairKeeper::flush(const source::Cluster& cluster) {
    if (!write_at_) return;
    write_at_.reset();
    const KeyPairs pairs = cluster.good_pairs();
    std::optional<std::string> text;
    if (!pairs.empty()) text = write_key_pairs(pairs);
    if (!kept_.keep(text)) write_at_ = Clock::now() + again_after;
}

}  // namespace gatefile::agent
