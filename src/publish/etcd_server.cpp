// SPDX-License-Identifier: Apache-2.0
#include "etcd_server.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/publish/secret_file.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::publish {

namespace {

/// etcd counts the operations of each level of nested transactions, and wants the sum of the levels
/// to stay below --max-txn-ops (128): three of 40 hold 64,000 operations, more than it takes bytes.
constexpr std::size_t width = 40;
constexpr std::size_t most_ops = width * width * width - 1;
/// --max-request-bytes is 1.5 MiB; what is put around each operation is counted with it.
constexpr std::size_t most_bytes = 1'400'000;
constexpr std::size_t around_op = 24;
/// Keys in one answer.
constexpr int page = 5000;

/// A JSON string, as etcd's gateway takes keys and values.
std::string base64(std::string_view bytes) {
    return fmt::format("\"{}\"", base::encode_base64(bytes));
}

/// The first key that does not begin with `prefix`.
std::string end_of(std::string prefix) {
    ++prefix.back();
    return prefix;
}

std::string op_text(const Op& op) {
    switch (op.kind) {
    case Op::Kind::Put:
        return fmt::format(
            R"({{"requestPut":{{"key":{},"value":{}}}}})", base64(op.key), base64(op.value));
    case Op::Kind::Remove:
        return fmt::format(R"({{"requestDeleteRange":{{"key":{}}}}})", base64(op.key));
    case Op::Kind::RemoveBelow:
        return fmt::format(R"({{"requestDeleteRange":{{"key":{},"rangeEnd":{}}}}})",
                           base64(op.key),
                           base64(end_of(op.key)));
    }
    return {};
}

/// A JSON list of operations, each at most `width` wide.
std::string nested(std::span<const Op> ops) {
    std::size_t share = 1;
    while (share * width < ops.size())
        share *= width;
    std::string text = "[";
    for (std::size_t first = 0; first < ops.size(); first += share) {
        if (first > 0) text += ',';
        if (share == 1) {
            text += op_text(ops[first]);
            continue;
        }
        const auto part = ops.subspan(first, std::min(share, ops.size() - first));
        text += R"({"requestTxn":{"success":)" + nested(part) + "}}";
    }
    return text + "]";
}

const tree::Node* find(const tree::Node& map, std::string_view key, std::string_view below) {
    const tree::Node* inner = map.find(key);
    return inner == nullptr ? nullptr : inner->find(below);
}

/// 64-bit numbers are strings in this JSON.
Version number_in(const tree::Node* node) {
    if (node == nullptr || !node->is_string()) return 0;
    return static_cast<Version>(base::parse_int(node->as_string()).value_or(0));
}

std::string bytes_in(const tree::Node* node) {
    if (node == nullptr || !node->is_string()) return {};
    return base::decode_base64(node->as_string()).value_or(std::string());
}

base::Error unexpected() {
    return {base::ErrorKind::Refused, "the answer is not etcd's"};
}

/// What etcd says, without what we sent.
base::Error refusal(const http::Response& response) {
    const auto answer = tree::read_json(response.body);
    const tree::Node* message = answer ? answer->root.find("message") : nullptr;
    if (message == nullptr || !message->is_string()) {
        return {base::ErrorKind::Refused,
                fmt::format("HTTP {}: is this etcd's client port?", response.status)};
    }
    return {base::ErrorKind::Refused, base::quote_for_message(message->as_string(), 200)};
}

/// The token is known to that server alone, and to none that was started anew.
bool wants_login(const base::Error& error) {
    return error.text.find("invalid auth token") != std::string::npos ||
           error.text.find("revision of auth store is old") != std::string::npos;
}

class EtcdServer : public StoreServer {
public:
    EtcdServer(const StoreSettings& settings, HttpSession& session)
        : settings_(settings), session_(session) {}

    base::Result<void> log_in() {
        token_.clear();
        if (settings_.user.empty()) return {};
        const auto password = read_word_file(settings_.password_file);
        if (!password) return password.error();
        tree::Arena arena;
        const tree::Entry words[] = {
            {"name", {}, tree::Node::string(settings_.user)},
            {"password", {}, tree::Node::string(*password)},
        };
        const std::string body =
            tree::write_json(tree::Node::map(words), tree::JsonStyle::Compact);
        auto answer = ask_once("/v3/auth/authenticate", body);
        if (!answer) return answer.error();
        const tree::Node* token = answer->root.find("token");
        if (token == nullptr || !token->is_string()) return unexpected();
        token_ = token->as_string();
        return {};
    }

    TransactionLimits limits() const override { return {most_ops, most_bytes}; }
    std::size_t op_size(const Op& op) const override {
        return op.key.size() * (op.kind == Op::Kind::RemoveBelow ? 2 : 1) + op.value.size() +
               around_op;
    }

    base::Result<Value> read(const std::string& key) override {
        auto answer = ask("/v3/kv/range", fmt::format(R"({{"key":{}}})", base64(key)));
        if (!answer) return answer.error();
        const tree::Node* found = answer->root.find("kvs");
        if (found == nullptr || !found->is_list() || found->items().empty()) return Value{};
        const tree::Node& item = found->items().front();
        return Value{bytes_in(item.find("value")), number_in(item.find("mod_revision"))};
    }

    base::Result<Pairs> read_below(const std::string& prefix) override {
        Pairs pairs;
        std::string from = prefix;
        const std::string end = end_of(prefix);
        Version revision = 0;
        while (true) {
            auto answer = ask("/v3/kv/range",
                              fmt::format(R"({{"key":{},"rangeEnd":{},"limit":"{}","revision":"{}"}})",
                                          base64(from), base64(end), page, revision));
            if (!answer) return answer.error();
            // The pages after the first are of the same moment.
            if (revision == 0) revision = number_in(find(answer->root, "header", "revision"));
            const tree::Node* found = answer->root.find("kvs");
            if (found == nullptr || !found->is_list() || found->items().empty()) return pairs;
            for (const tree::Node& item : found->items()) {
                std::string key = bytes_in(item.find("key"));
                from = key + '\0';
                if (!key.starts_with(prefix)) return unexpected();
                pairs.emplace_back(key.substr(prefix.size()), bytes_in(item.find("value")));
            }
            const tree::Node* more = answer->root.find("more");
            if (more == nullptr || !more->is_bool() || !more->as_bool()) return pairs;
        }
    }

    base::Result<std::optional<Version>> apply(const Guard& guard,
                                               const std::vector<Op>& ops) override {
        std::vector<Op> all;
        all.reserve(ops.size() + 1);
        if (guard.value) all.push_back({Op::Kind::Put, guard.key, *guard.value});
        all.insert(all.end(), ops.begin(), ops.end());
        auto answer = ask(
            "/v3/kv/txn",
            fmt::format(
                R"({{"compare":[{{"key":{},"target":"MOD","result":"EQUAL","modRevision":"{}"}}],"success":{}}})",
                base64(guard.key), guard.version, nested(all)));
        if (!answer) return answer.error();
        const tree::Node* succeeded = answer->root.find("succeeded");
        if (succeeded == nullptr || !succeeded->is_bool() || !succeeded->as_bool())
            return std::optional<Version>();
        if (!guard.value) return std::optional<Version>(guard.version);
        const Version revision = number_in(find(answer->root, "header", "revision"));
        if (revision == 0) return unexpected();
        return std::optional<Version>(revision);
    }

private:
    base::Result<tree::Document> ask(const std::string& path, const std::string& body) {
        auto answer = ask_once(path, body);
        if (answer || token_.empty() || !wants_login(answer.error())) return answer;
        if (auto in = log_in(); !in) return in.error();
        return ask_once(path, body);
    }

    base::Result<tree::Document> ask_once(const std::string& path, const std::string& body) {
        http::Call call{.method = "POST", .url = path, .body = body};
        call.headers.emplace_back("Content-Type", "application/json");
        if (!token_.empty()) call.headers.emplace_back("Authorization", token_);
        auto response = session_.send(std::move(call));
        if (!response) return response.error();
        if (response->status != 200) return refusal(*response);
        auto document = tree::read_json(response->body);
        if (!document) return unexpected();
        return document;
    }

    const StoreSettings& settings_;
    HttpSession& session_;
    std::string token_;  ///< empty: nobody in particular
};

}  // namespace

base::Result<std::unique_ptr<StoreServer>> make_etcd_server(const StoreSettings& settings,
                                                            HttpSession& session) {
    auto server = std::make_unique<EtcdServer>(settings, session);
    if (auto in = server->log_in(); !in) return in.error();
    return std::unique_ptr<StoreServer>(std::move(server));
}

}  // namespace gatefile::publish
