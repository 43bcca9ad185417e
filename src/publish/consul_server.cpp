// SPDX-License-Identifier: Apache-2.0
#include "consul_server.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/publish/secret_file.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::publish {

namespace {

/// Consul takes 128 in a transaction: one is the guard, and one more may take away what holds
/// readers off.
constexpr std::size_t most_ops = 126;
/// limits.txn_max_req_len is 512 KiB of JSON.
constexpr std::size_t most_bytes = 500'000;
constexpr std::size_t around_op = 60;

std::string op_text(std::string_view verb, std::string_view key, std::string_view rest = {}) {
    // Keys are letters, digits and what --publish and flattening let through; quoted all the same.
    std::string name = tree::write_json(tree::Node::string(key), tree::JsonStyle::Compact);
    name.pop_back();
    return fmt::format(R"({{"KV":{{"Verb":"{}","Key":{}{}}}}})", verb, name, rest);
}

std::string value_text(std::string_view value) {
    return fmt::format(R"(,"Value":"{}")", base::encode_base64(value));
}

std::string op_text(const Op& op) {
    switch (op.kind) {
    case Op::Kind::Put:
        return op_text("set", op.key, value_text(op.value));
    case Op::Kind::Remove:
        return op_text("delete", op.key);
    case Op::Kind::RemoveBelow:
        return op_text("delete-tree", op.key);
    }
    return {};
}

std::string guard_text(const Guard& guard) {
    const std::string index = fmt::format(R"(,"Index":{})", guard.version);
    if (guard.value) return op_text("cas", guard.key, value_text(*guard.value) + index);
    return op_text("check-index", guard.key, index);
}

Version index_in(const tree::Node& item) {
    const tree::Node* index = item.find("ModifyIndex");
    return index == nullptr || !index->is_int() ? 0 : static_cast<Version>(index->as_int());
}

std::string value_in(const tree::Node& item) {
    const tree::Node* value = item.find("Value");
    if (value == nullptr || !value->is_string()) return {};
    return base::decode_base64(value->as_string()).value_or(std::string());
}

base::Error unexpected() {
    return {base::ErrorKind::Refused, "the answer is not Consul's"};
}

base::Error refusal(const http::Response& response) {
    return {base::ErrorKind::Refused,
            fmt::format("HTTP {}: {}",
                        response.status,
                        base::quote_for_message(base::trim(response.body), 200))};
}

/// Why a transaction was rolled back; nothing when it was the guard.
std::optional<base::Error> fault_of(const http::Response& response) {
    const auto answer = tree::read_json(response.body);
    const tree::Node* errors = answer ? answer->root.find("Errors") : nullptr;
    if (errors == nullptr || !errors->is_list() || errors->items().empty())
        return refusal(response);
    const tree::Node& first = errors->items().front();
    const tree::Node* index = first.find("OpIndex");
    const tree::Node* what = first.find("What");
    if (index == nullptr || !index->is_int() || what == nullptr || !what->is_string())
        return unexpected();
    const std::string_view text = what->as_string();
    const bool is_forbidden = text.find("ermission denied") != std::string_view::npos;
    if (index->as_int() == 0 && !is_forbidden) return std::nullopt;
    return base::Error{base::ErrorKind::Refused, base::quote_for_message(text, 200)};
}

class ConsulServer : public StoreServer {
public:
    ConsulServer(HttpSession& session, base::SecretBytes token)
        : session_(session), token_(std::move(token)) {}

    TransactionLimits limits() const override { return {most_ops, most_bytes}; }
    std::size_t op_size(const Op& op) const override {
        return op.key.size() + op.value.size() * 4 / 3 + around_op;
    }

    base::Result<Value> read(const std::string& key) override {
        auto answer = list(key, "");
        if (!answer) return answer.error();
        if (!*answer) return Value{};
        const auto items = (*answer)->root.items();
        if (items.empty()) return Value{};
        return Value{value_in(items.front()), index_in(items.front())};
    }

    base::Result<Pairs> read_below(const std::string& prefix) override {
        auto answer = list(prefix, "&recurse");
        if (!answer) return answer.error();
        Pairs pairs;
        if (!*answer) return pairs;
        for (const tree::Node& item : (*answer)->root.items()) {
            const tree::Node* key = item.find("Key");
            if (key == nullptr || !key->is_string() || !key->as_string().starts_with(prefix))
                return unexpected();
            pairs.emplace_back(key->as_string().substr(prefix.size()), value_in(item));
        }
        std::ranges::sort(pairs);
        return pairs;
    }

    base::Result<std::optional<Version>> apply(const Guard& guard,
                                               const std::vector<Op>& ops) override {
        std::string body = "[" + guard_text(guard);
        for (const Op& op : ops)
            body += "," + op_text(op);
        body += "]";
        auto response = send({.method = "PUT", .url = "/v1/txn", .body = std::move(body)});
        if (!response) return response.error();
        if (response->status == 409) {
            if (auto fault = fault_of(*response)) return std::move(*fault);
            return std::optional<Version>();
        }
        if (response->status != 200) return refusal(*response);
        if (!guard.value) return std::optional<Version>(guard.version);
        const auto answer = tree::read_json(response->body);
        const tree::Node* results = answer ? answer->root.find("Results") : nullptr;
        if (results == nullptr || !results->is_list() || results->items().empty())
            return unexpected();
        const tree::Node* written = results->items().front().find("KV");
        const Version version = written == nullptr ? 0 : index_in(*written);
        if (version == 0) return unexpected();
        return std::optional<Version>(version);
    }

private:
    /// A list of keys; nothing where there is none.
    base::Result<std::optional<tree::Document>> list(const std::string& key,
                                                     std::string_view options) {
        auto response = send({.url = fmt::format("/v1/kv/{}?consistent{}", key, options)});
        if (!response) return response.error();
        if (response->status == 404) return std::optional<tree::Document>();
        if (response->status != 200) return refusal(*response);
        auto document = tree::read_json(response->body);
        if (!document || !document->root.is_list()) return unexpected();
        return std::optional<tree::Document>(std::move(*document));
    }

    base::Result<http::Response> send(http::Call call) {
        call.headers.emplace_back("Content-Type", "application/json");
        if (!token_.empty()) call.headers.emplace_back("X-Consul-Token", token_.reveal());
        return session_.send(std::move(call));
    }

    HttpSession& session_;
    base::SecretBytes token_;
};

}  // namespace

base::Result<std::unique_ptr<StoreServer>> make_consul_server(const StoreSettings& settings,
                                                              HttpSession& session) {
    base::SecretBytes token;
    if (!settings.password_file.empty()) {
        auto read = read_word_file(settings.password_file);
        if (!read) return read.error();
        token = base::SecretBytes(std::move(*read));
    }
    return std::unique_ptr<StoreServer>(
        std::make_unique<ConsulServer>(session, std::move(token)));
}

}  // namespace gatefile::publish
