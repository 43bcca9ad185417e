// SPDX-License-Identifier: Apache-2.0
//
// One connection to a Redis, over hiredis (this module is its only user). Commands are queued, sent
// together, and answered in order.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/publish/store.hpp"

struct redisContext;
struct redisReply;

namespace gatefile::publish {

struct RedisContextDeleter {
    void operator()(redisContext* context) const;
};
struct RedisReplyDeleter {
    void operator()(redisReply* reply) const;
};
using RedisReply = std::unique_ptr<redisReply, RedisReplyDeleter>;

class RedisConnection {
public:
    /// Connects, and says who we are.
    static base::Result<RedisConnection> open(const StoreSettings& settings);

    void queue(std::span<const std::string_view> words);
    /// Of the oldest command that was queued and not answered yet; an error reply is an Error.
    base::Result<RedisReply> answer();
    /// One command.
    base::Result<RedisReply> ask(std::initializer_list<std::string_view> words);
    /// Takes the answers of `count` commands; the first Error among them.
    base::Result<void> expect_ok(std::size_t count);

private:
    explicit RedisConnection(redisContext* context) : context_(context) {}
    std::unique_ptr<redisContext, RedisContextDeleter> context_;
};

/// Of a string; empty for all else.
std::string_view text_of(const redisReply& reply);
bool is_nil(const redisReply& reply);
/// Of a number; 0 for all else.
std::size_t size_in(const redisReply& reply);
/// Of an array; empty for all else.
std::span<redisReply* const> items_of(const redisReply& reply);

}  // namespace gatefile::publish
