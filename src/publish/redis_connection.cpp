// SPDX-License-Identifier: Apache-2.0
#include "redis_connection.hpp"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/publish/secret_file.hpp"

namespace gatefile::publish {

namespace {

constexpr timeval connect_timeout{3, 0};
/// Of one answer; a large transaction takes its time.
constexpr timeval answer_timeout{30, 0};

base::Error broken(const redisContext* context) {
    return {base::ErrorKind::Network, context == nullptr ? "no memory" : context->errstr};
}

}  // namespace

void RedisContextDeleter::operator()(redisContext* context) const {
    redisFree(context);
}

void RedisReplyDeleter::operator()(redisReply* reply) const {
    freeReplyObject(reply);
}

std::string_view text_of(const redisReply& reply) {
    const bool has_text = reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS;
    return has_text ? std::string_view(reply.str, static_cast<std::size_t>(reply.len))
                    : std::string_view();
}

bool is_nil(const redisReply& reply) {
    return reply.type == REDIS_REPLY_NIL;
}

std::size_t size_in(const redisReply& reply) {
    const bool counts = reply.type == REDIS_REPLY_INTEGER && reply.integer > 0;
    return counts ? static_cast<std::size_t>(reply.integer) : 0;
}

std::span<redisReply* const> items_of(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_ARRAY) return {};
    return {reply.element, static_cast<std::size_t>(reply.elements)};
}

base::Result<RedisConnection> RedisConnection::open(const StoreSettings& settings) {
    const std::size_t colon = settings.address.rfind(':');
    std::string host = settings.address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    const auto port = base::parse_int(settings.address.substr(colon + 1));
    RedisConnection connection(
        redisConnectWithTimeout(host.c_str(), static_cast<int>(port.value_or(0)), connect_timeout));
    redisContext* const context = connection.context_.get();
    if (context == nullptr || context->err != 0) return broken(context);
    redisSetTimeout(context, answer_timeout);
    if (settings.password_file.empty()) return connection;
    const auto password = read_word_file(settings.password_file);
    if (!password) return password.error();
    auto answer = settings.user.empty() ? connection.ask({"AUTH", *password})
                                        : connection.ask({"AUTH", settings.user, *password});
    if (!answer) return answer.error();
    return connection;
}

void RedisConnection::queue(std::span<const std::string_view> words) {
    std::vector<const char*> starts;
    std::vector<std::size_t> lengths;
    starts.reserve(words.size());
    lengths.reserve(words.size());
    for (const std::string_view word : words) {
        starts.push_back(word.data());
        lengths.push_back(word.size());
    }
    // What goes wrong is kept in the context, and told by answer().
    redisAppendCommandArgv(
        context_.get(), static_cast<int>(words.size()), starts.data(), lengths.data());
}

base::Result<RedisReply> RedisConnection::answer() {
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK) return broken(context_.get());
    RedisReply reply(static_cast<redisReply*>(raw));
    if (reply->type == REDIS_REPLY_ERROR) {
        std::string_view text(reply->str, static_cast<std::size_t>(reply->len));
        // One that does not know AUTH repeats the password.
        text = text.substr(0, text.find(", with args"));
        return base::Error{base::ErrorKind::Refused, base::quote_for_message(text, 200)};
    }
    return reply;
}

base::Result<RedisReply> RedisConnection::ask(std::initializer_list<std::string_view> words) {
    queue(std::span(words.begin(), words.size()));
    return answer();
}

base::Result<void> RedisConnection::expect_ok(std::size_t count) {
    base::Result<void> all;
    for (std::size_t i = 0; i < count; ++i) {
        auto one = answer();
        if (one) continue;
        if (one.error().kind == base::ErrorKind::Network) return one.error();
        if (all) all = one.error();
    }
    return all;
}

}  // namespace gatefile::publish
